"""Wiring."""

from kit.loops import Loop
from kit.service import Service
from services.registration import api
from services.registration.blind_index import BlindIndex
from services.registration.forgetting import KeyDeletion
from services.registration.importing.tidying import ImportTidying
from services.registration.registering import Desk
from services.registration.retaining import Retention
from services.registration.settings import Settings


def build() -> Service:
    settings = Settings()
    service = Service("registration", settings)
    desk = Desk(service.database, service.keyring, BlindIndex(service.master))
    service.loop(Loop("key deletion", KeyDeletion(desk).round, every=5.0))
    service.loop(Loop("retention", Retention(desk, service.clock).round, every=60.0), after_batch=False)
    tidying = ImportTidying(desk, service.clock, days=settings.import_bad_rows_days)
    service.loop(Loop("import tidying", tidying.round, every=30.0))
    service.include(
        api.routes(
            desk,
            service.clock,
            import_batch=settings.import_batch,
            import_largest_bytes=settings.import_largest_bytes,
        )
    )
    return service


def main() -> None:
    build().run()
