"""Set the gauges of open cases and of unknown authorities."""

from contracts.events.vocabulary import HandoverStep
from kit.database.database import Database, Session
from kit.runtime.clock import Clock
from kit.runtime.metrics import exercise
from services.routing import metrics
from services.routing.authorities.directory import AuthorityDirectory
from services.routing.domain.triage import Queue
from services.routing.domain.unknown_authority import unknown_event_authorities
from services.routing.store import escalations, home_cases, incident_authorities, triage

AGES = (metrics.OLDEST_CASE,)
COUNTS = (metrics.CASES_OPEN, metrics.TRIAGE_OVERDUE, metrics.HANDOVERS_OVERDUE)


async def set_gauges(session: Session) -> None:
    """Set the gauges of open and overdue cases for a scrape."""
    open_cases = {(row.bucket, row.exercise): row for row in await home_cases.count_open_cases(session)}
    late_cases = {(row.queue, row.exercise): row for row in await triage.count_overdue(session)}
    late_handovers = {(row.step, row.exercise): row for row in await escalations.count_overdue(session)}
    for is_exercise in (False, True):
        word = exercise(is_exercise)
        for bucket in ("waiting", "register_away", "triage"):
            row = open_cases.get((bucket, is_exercise))
            metrics.CASES_OPEN.labels(bucket, word).set(row.cases if row else 0)
        ages = [row.oldest for (_, of), row in open_cases.items() if of is is_exercise]
        metrics.OLDEST_CASE.labels(word).set(max(ages, default=0.0))
        for queue in Queue:
            case = late_cases.get((queue, is_exercise))
            metrics.TRIAGE_OVERDUE.labels(queue, word).set(case.cases if case else 0)
        for step in HandoverStep:
            handover = late_handovers.get((step, is_exercise))
            metrics.HANDOVERS_OVERDUE.labels(step, word).set(handover.handovers if handover else 0)


class UnknownAuthorityGauge:
    """Counts unknown authorities over all incidents and people; too expensive for each scrape."""

    def __init__(self, database: Database, directory: AuthorityDirectory, clock: Clock) -> None:
        self._database, self._directory, self._clock = database, directory, clock

    async def round(self) -> bool:
        authorities, now = (await self._directory.edition()).authorities, self._clock.now()
        known = sorted({row.id for row in authorities.table.authorities})
        async with self._database.transaction() as session:
            told = await incident_authorities.load_incidents(session)
            consents = await incident_authorities.count_naming_only_unknown(session, known, now)
        gauge = metrics.UNKNOWN_AUTHORITIES
        for is_exercise in (False, True):
            wrong = [
                one
                for one in told
                if one.exercise is is_exercise and unknown_event_authorities(one, authorities)
            ]
            gauge.labels("incident", exercise(is_exercise)).set(len(wrong))
            gauge.labels("consent", exercise(is_exercise)).set(consents.get(is_exercise, 0))
        return False
