"""Wiring."""

from datetime import timedelta

from kit.runtime.loops import Loop
from kit.runtime.service import Service
from services.routing import api, handlers
from services.routing.authorities import directory
from services.routing.authorities.directory import AuthorityDirectory
from services.routing.authorities.files import load_authorities
from services.routing.register.lookup import PersonRegister
from services.routing.register.sf1520 import Sf1520Register
from services.routing.settings import Settings
from services.routing.workers import gauges
from services.routing.workers.decide_cases import DecisionWorker
from services.routing.workers.escalation import EscalationWorker
from services.routing.workers.gauges import UnknownAuthorityGauge
from services.routing.workers.redecide import RedecisionWorker


def build(register: PersonRegister | None = None) -> Service:
    """Build the service. `register` replaces SF1520 in measurements."""
    settings = Settings()
    load_authorities(official=settings.official_authorities)  # fail at start on a wrong setting
    service = Service("routing", settings)
    authorities = AuthorityDirectory(service.database, settings.official_authorities)
    deadlines = settings.handover_deadlines()
    service.consume(handlers.CONSUMED, handlers.handler(service.clock, deadlines))

    work = DecisionWorker(
        service.database,
        service.keyring,
        register or Sf1520Register(settings.sf1520()),
        authorities,
        service.clock,
        settings.patience(),
        batch=settings.case_batch,
        lease=timedelta(seconds=settings.case_lease_seconds),
        deadlines=deadlines,
    )
    service.loop(Loop("cases", work.round, every=0.5))
    service.loop(Loop("cases-beside", work.round, every=0.5))  # one decides while the other writes its rows
    _add_upkeep(service, authorities, settings)

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


def _add_upkeep(service: Service, authorities: AuthorityDirectory, settings: Settings) -> None:
    """Add the loops that need no new message: redecisions, new authorities, deadlines, expired consents."""
    reopening = RedecisionWorker(service.database, authorities, service.clock, batch=settings.reopen_batch)
    service.loop(Loop("reopen", reopening.round, every=5.0), after_batch=False)
    service.loop(
        Loop("authorities", authorities.round, every=directory.ROUND_SECONDS),
        after_batch=False,
        decides=False,
    )
    escalating = EscalationWorker(
        service.database, authorities, service.clock, settings.deadlines(), batch=settings.case_batch
    )
    service.loop(Loop("escalation", escalating.round, every=5.0), after_batch=False)
    service.loop(Loop("expired-consents", escalating.expired, every=600.0), after_batch=False)
    service.collector.add_query("cases", gauges.set_gauges, ages=gauges.AGES, counts=gauges.COUNTS)
    unknown = UnknownAuthorityGauge(service.database, authorities, service.clock)
    service.loop(Loop("unknown-authorities", unknown.round, every=60.0), after_batch=False, decides=False)


def main() -> None:
    build().run()
