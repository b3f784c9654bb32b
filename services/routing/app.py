"""Wiring."""

from datetime import timedelta

from kit.runtime.loops import Loop
from kit.runtime.service import Service
from services.routing import api, handlers, metrics
from services.routing.authorities import directory
from services.routing.authorities.directory import Directory
from services.routing.authorities.files import load
from services.routing.register.lookup import PersonRegister
from services.routing.register.sf1520 import Sf1520Register
from services.routing.settings import Settings
from services.routing.workers import gauges
from services.routing.workers.decide_cases import CaseWork
from services.routing.workers.escalation import Escalating
from services.routing.workers.gauges import MeasuringUnknown
from services.routing.workers.redecide import Reopening


def build(register: PersonRegister | None = None) -> Service:
    """`register`: another one than SF1520, for a measurement of everything but the wire."""
    settings = Settings()
    load(official=settings.official_authorities)  # a wrong setting is told at the start
    service = Service("routing", settings)
    authorities = Directory(service.database, settings.official_authorities)
    deadlines = settings.handover_deadlines()
    service.consume(handlers.WANTED, handlers.handler(service.clock, deadlines))

    work = CaseWork(
        service.database,
        service.keyring,
        register or _sf1520(settings),
        authorities,
        service.clock,
        settings.patience(),
        batch=settings.case_batch,
        lease=timedelta(seconds=settings.case_lease_seconds),
        deadlines=deadlines,
    )
    service.loop(Loop("cases", work.round, every=0.5))
    service.loop(
        Loop("cases-beside", work.round, every=0.5)
    )  # one decides while the other's rows are written
    reopening = Reopening(service.database, authorities, service.clock, batch=settings.reopen_batch)
    service.loop(Loop("reopen", reopening.round, every=5.0), after_batch=False)
    service.loop(
        Loop("authorities", authorities.round, every=directory.EVERY), after_batch=False, decides=False
    )
    escalating = Escalating(
        service.database, authorities, service.clock, settings.deadlines(), batch=settings.case_batch
    )
    service.loop(Loop("escalation", escalating.round, every=5.0), after_batch=False)
    service.loop(Loop("expired-consents", escalating.expired, every=600.0), after_batch=False)
    service.collector.add_query("cases", gauges.measure, ages=gauges.AGES, counts=gauges.COUNTS)
    unknown = MeasuringUnknown(service.database, authorities, service.clock)
    service.loop(Loop("unknown-authorities", unknown.round, every=60.0), after_batch=False, decides=False)

    service.include(
        api.routes(
            service.database,
            service.keyring,
            authorities,
            service.clock,
            settings.deadlines(),
            assets_dir=settings.assets_dir,
        )
    )
    return service


def _sf1520(settings: Settings) -> PersonRegister:
    made = Sf1520Register(settings.sf1520())
    metrics.REGISTER_BREAKER_OPEN.set_function(lambda: made.is_left_alone)
    return made


def main() -> None:
    build().run()
