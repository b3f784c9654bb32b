"""The party responsible for a registration: exactly one at every moment."""

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
    AUTHORITY = "authority"  # it has accepted the handover
    TRIAGE_QUEUE = "triage_queue"
    EVENT_AUTHORITY = "event_authority"  # until a home authority has accepted
    OTHER_REGISTRATION = "other_registration"  # the registration this one is merged into
    NOBODY = "nobody"  # erased
    CLOSED = "closed"  # closed by an official: no home authority follows up


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
    """Return the responsible party. `held_by`: the authority that accepted; `queue`: of an undecided case."""
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
    """Replace an event authority by the first named authority that exists, or its successor.

    If none exists, the triage queue of handovers is responsible until the incident is corrected.
    """
    if found.who is not ResponsibleKind.EVENT_AUTHORITY or found.name is None:
        return found
    current = (authorities.current(code, on) for code in (found.name, *named))
    known = next((row for row in current if row is not None), None)
    if known is None:
        return ResponsibleParty(ResponsibleKind.TRIAGE_QUEUE, Queue.HANDOVER)
    return ResponsibleParty(ResponsibleKind.EVENT_AUTHORITY, known.id)
