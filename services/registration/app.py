"""Wire the service."""

from urllib.parse import urlsplit

from kit.runtime.loops import Loop
from kit.runtime.service import Service
from services.registration import api, handlers
from services.registration.api import printed_forms
from services.registration.documents.pdf_renderer import PdfRenderer
from services.registration.public import routes as public
from services.registration.public import static_files
from services.registration.public.dependencies import Dependencies as PublicDependencies
from services.registration.public.pages import PublicPages
from services.registration.public.rate_limit import RateLimiter, RateLimits, parse_proxies
from services.registration.resources import Resources
from services.registration.settings import Settings
from services.registration.store.blind_index import BlindIndex
from services.registration.workers.current_numbers import CurrentNumbers
from services.registration.workers.duplicate_matcher import DuplicateMatcher
from services.registration.workers.golden_record import GoldenRecords
from services.registration.workers.import_cleanup import ImportCleanup
from services.registration.workers.index_upgrade import IndexUpgrade
from services.registration.workers.key_deletion import KeyDeletion
from services.registration.workers.retention import Retention


def build() -> Service:
    settings = Settings()
    service = Service("registration", settings)
    service.edge.large |= api.LARGE
    resources = Resources(service.database, service.keyring, BlindIndex(service.master))
    service.consume(handlers.WANTED, handlers.handler(service.clock))
    service.loop(Loop("current numbers", CurrentNumbers(resources, service.clock).round, every=2.0))
    service.loop(Loop("key deletion", KeyDeletion(resources).round, every=5.0))
    service.loop(Loop("index upgrade", IndexUpgrade(resources).round, every=60.0), after_batch=False)
    service.loop(Loop("golden records", GoldenRecords(resources, service.clock).round, every=2.0))
    service.loop(Loop("duplicates", DuplicateMatcher(resources, service.clock).unhurried_round, every=1.0))
    service.loop(Loop("retention", Retention(resources, service.clock).round, every=60.0), after_batch=False)
    tidying = ImportCleanup(resources, service.clock, days=settings.import_bad_rows_days)
    service.loop(Loop("import tidying", tidying.round, every=30.0))
    service.include(
        api.routes(
            resources,
            service.clock,
            import_batch=settings.import_batch,
            import_largest_bytes=settings.import_largest_bytes,
        ),
        printed_forms.routes(resources, service.clock, PdfRenderer(settings.assets_dir, settings.public_url)),
    )
    _open_to_the_public(service, settings, resources)
    return service


def _open_to_the_public(service: Service, settings: Settings, resources: Resources) -> None:
    limits = RateLimits(
        settings.public_per_client,
        settings.public_per_incident,
        settings.public_proxy_header,
        parse_proxies(settings.public_proxies),
    )
    limiter = RateLimiter(service.database, service.clock, service.master, limits)
    service.loop(Loop("public attempts", limiter.delete_old_attempts, every=60.0))
    files, static = static_files.routes(settings.assets_dir)
    deps = PublicDependencies(resources, service.clock, limiter, PublicPages(static))
    if host := urlsplit(settings.public_url).hostname:
        service.edge.hosts = {*(service.edge.hosts or ()), host}
    service.include(files, public.routes(deps))


def main() -> None:
    build().run()
