"""Who answers for a registration: at every moment exactly one (domain.md, What must be true, 3)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from contracts.ids import AuthorityId
from services.routing.domain.handover import Status
from services.routing.domain.triage import Queue


class Who(StrEnum):
    AUTHORITY = "authority"  # it has accepted
    TRIAGE_QUEUE = "triage_queue"
    EVENT_AUTHORITY = "event_authority"  # where it happened, until an authority at home has accepted
    OTHER_REGISTRATION = "other_registration"  # the same person: whoever answers for that
    NOBODY = "nobody"  # forgotten


@dataclass(frozen=True, slots=True)
class Holder:
    who: Who
    name: str | None = None  # the authority, or the queue


_ENDED: Final = {Status.FORGOTTEN: Who.NOBODY, Status.MERGED: Who.OTHER_REGISTRATION}


def holder(
    held_by: AuthorityId | None, status: Status, queue: str | None, event_authority: AuthorityId | None
) -> Holder:
    """Tell who holds it. `held_by` has accepted; `queue` has the case that is undecided."""
    if status in _ENDED:
        return Holder(_ENDED[status])
    if held_by is not None:
        return Holder(Who.AUTHORITY, held_by)
    if status is Status.REFUSED:
        return Holder(Who.TRIAGE_QUEUE, Queue.HANDOVER)
    if status is Status.UNRESOLVED and queue is not None:
        return Holder(Who.TRIAGE_QUEUE, queue)
    return Holder(Who.EVENT_AUTHORITY, event_authority)
