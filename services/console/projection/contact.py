"""One planned contact, as the events tell of it, in any order and any number of times.

Every event is evidence: a whole contact as that event alone knows it. Two of them merge to the stronger one,
so what is known does not depend on the order of arrival: topics are not ordered among each other.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from contracts.events.vocabulary import StepKind


class ContactState(StrEnum):
    REQUESTED = "requested"
    IN_DOUBT = "in_doubt"
    HANDED_OVER = "handed_over"
    DELIVERED = "delivered"
    FAILED = "failed"
    LISTED = "listed"  # on a call list
    CONCLUDED = "concluded"
    WITHHELD = "withheld"


_OPEN: Final = (ContactState.REQUESTED, ContactState.LISTED, ContactState.IN_DOUBT, ContactState.HANDED_OVER)
_STRENGTH: Final = dict.fromkeys(_OPEN, 0) | {
    ContactState.WITHHELD: 1,
    ContactState.FAILED: 2,
    ContactState.CONCLUDED: 3,
    ContactState.DELIVERED: 4,
}
_AMONG_OPEN: Final = {state: rank for rank, state in enumerate(_OPEN)}  # where two have the same time


@dataclass(frozen=True, slots=True)
class Contact:
    wave_id: UUID
    municipality: str
    kind: StepKind
    state: ContactState
    at: datetime
    channel: str = ""
    reason: str = ""  # why withheld or failed; the outcome of a call
    handed_over: bool = False  # at some time, by some channel


def merge(known: Contact, told: Contact) -> Contact:
    """Keep the stronger. An end stays the end; of what is under way the latest counts."""
    stronger = max(known, told, key=_key)
    if stronger.handed_over or not (known.handed_over or told.handed_over):
        return stronger
    return Contact(
        stronger.wave_id,
        stronger.municipality,
        stronger.kind,
        stronger.state,
        stronger.at,
        stronger.channel,
        stronger.reason,
        handed_over=True,
    )


def _key(contact: Contact) -> tuple[int, datetime, int, str, str, str]:
    return (
        _STRENGTH[contact.state],
        contact.at,
        _AMONG_OPEN.get(contact.state, 0),
        contact.channel,
        contact.reason,
        contact.municipality,
    )
