"""Who answers for a registration: at every moment exactly one (domain.md, What must be true, 3)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from contracts.events.ids import AuthorityId
from services.routing.domain.authority import Authorities
from services.routing.domain.handover import HandoverStatus
from services.routing.domain.triage import Queue


class ResponsibleKind(StrEnum):
    AUTHORITY = "authority"  # it has accepted
    TRIAGE_QUEUE = "triage_queue"
    EVENT_AUTHORITY = "event_authority"  # where it happened, until an authority at home has accepted
    OTHER_REGISTRATION = "other_registration"  # the same person: whoever answers for that
    NOBODY = "nobody"  # forgotten
    CLOSED = "closed"  # by a person: nobody at home follows up


@dataclass(frozen=True, slots=True)
class ResponsibleParty:
    who: ResponsibleKind
    name: str | None = None  # the code of the authority, or the queue


_ENDED: Final = {
    HandoverStatus.FORGOTTEN: ResponsibleKind.NOBODY,
    HandoverStatus.MERGED: ResponsibleKind.OTHER_REGISTRATION,
    HandoverStatus.CLOSED: ResponsibleKind.CLOSED,
}


def responsible_party(
    held_by: AuthorityId | None,
    status: HandoverStatus,
    queue: str | None,
    event_authority: AuthorityId | None,
) -> ResponsibleParty:
    """Tell who holds it. `held_by` has accepted; `queue` has the case that is undecided."""
    if status in _ENDED:
        return ResponsibleParty(_ENDED[status])
    if held_by is not None:
        return ResponsibleParty(ResponsibleKind.AUTHORITY, held_by)
    if status is HandoverStatus.REFUSED:
        return ResponsibleParty(ResponsibleKind.TRIAGE_QUEUE, Queue.HANDOVER)
    if status is HandoverStatus.UNRESOLVED and queue is not None:
        return ResponsibleParty(ResponsibleKind.TRIAGE_QUEUE, queue)
    return ResponsibleParty(ResponsibleKind.EVENT_AUTHORITY, event_authority)


def with_existing_authority(
    found: ResponsibleParty, named: Iterable[AuthorityId], authorities: Authorities, on: date
) -> ResponsibleParty:
    """Go from an event authority to the first of those named which exists, or has been taken over.

    Where none does, whoever keeps the triage queue of handovers answers until the incident is corrected.
    """
    if found.who is not ResponsibleKind.EVENT_AUTHORITY or found.name is None:
        return found
    current = (authorities.current(code, on) for code in (found.name, *named))
    known = next((row for row in current if row is not None), None)
    if known is None:
        return ResponsibleParty(ResponsibleKind.TRIAGE_QUEUE, Queue.HANDOVER)
    return ResponsibleParty(ResponsibleKind.EVENT_AUTHORITY, known.id)
