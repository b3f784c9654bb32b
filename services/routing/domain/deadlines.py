"""Deadlines of handover steps and triage queues."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from contracts.events.vocabulary import HandoverStep
from services.routing.domain.handover import DEFAULT_HANDOVER_DEADLINES, HandoverDeadlines, HandoverState
from services.routing.domain.triage import Queue

DEFAULT_TRIAGE_HOURS: Final[Mapping[Queue, float]] = MappingProxyType(
    {
        Queue.UNREADABLE: 4,
        Queue.HANDOVER: 8,
        Queue.IDENTITY: 24,
        Queue.ADDRESS: 24,
        Queue.REGISTER: 24,
        Queue.ABROAD: 48,
        Queue.DOUBT: 72,
    }
)


@dataclass(frozen=True, slots=True)
class TriageDeadlines:
    """How long a case may wait in each triage queue. `hours` overrides the defaults."""

    hours: Mapping[Queue, float] = field(default_factory=dict)

    def allowed(self, queue: Queue) -> timedelta:
        return timedelta(hours=self.hours.get(queue, DEFAULT_TRIAGE_HOURS[queue]))

    def due_at(self, queue: Queue, since: datetime) -> datetime:
        return since + self.allowed(queue)


DEFAULT_TRIAGE_DEADLINES: Final = TriageDeadlines()


@dataclass(frozen=True, slots=True)
class Deadlines:
    handovers: HandoverDeadlines = DEFAULT_HANDOVER_DEADLINES
    triage: TriageDeadlines = DEFAULT_TRIAGE_DEADLINES


DEFAULT_DEADLINES: Final = Deadlines()


def late_step(
    state: HandoverState,
    answer_by: datetime,
    contact_by: datetime | None,
    at: datetime,
    *,
    do_not_contact: bool,
) -> HandoverStep | None:
    """Return the overdue step, or None. No first contact is due if the person wants none."""
    if state is HandoverState.OFFERED and answer_by <= at:
        return HandoverStep.ACCEPTANCE
    if state is HandoverState.ACCEPTED and contact_by is not None and contact_by <= at and not do_not_contact:
        return HandoverStep.FIRST_CONTACT
    return None
