"""State of one planned contact, from events in any order and with repetition.

Each event maps to a whole contact. Of two contacts, the merge keeps the stronger one. So the state does not
depend on the order of arrival: topics are not ordered among each other.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from contracts.events.vocabulary import StepKind


class ContactStage(StrEnum):
    REQUESTED = "requested"
    IN_DOUBT = "in_doubt"
    HANDED_OVER = "handed_over"
    DELIVERED = "delivered"
    FAILED = "failed"
    LISTED = "listed"  # on a call list
    CONCLUDED = "concluded"
    WITHHELD = "withheld"


_OPEN: Final = (ContactStage.REQUESTED, ContactStage.LISTED, ContactStage.IN_DOUBT, ContactStage.HANDED_OVER)
_STRENGTH: Final = dict.fromkeys(_OPEN, 0) | {
    ContactStage.WITHHELD: 1,
    ContactStage.FAILED: 2,
    ContactStage.CONCLUDED: 3,
    ContactStage.DELIVERED: 4,
}
_AMONG_OPEN: Final = {state: rank for rank, state in enumerate(_OPEN)}  # decides between two of the same time


@dataclass(frozen=True, slots=True)
class Contact:
    wave_id: UUID
    municipality: str
    kind: StepKind
    state: ContactStage
    at: datetime
    channel: str = ""
    reason: str = ""  # why withheld or failed; the outcome of a call
    handed_over: bool = False  # at any time, by any channel


def merge(known: Contact, incoming: Contact) -> Contact:
    """Keep the stronger contact. A final state stays final; of open states the latest counts."""
    stronger = max(known, incoming, key=_key)
    if stronger.handed_over or not (known.handed_over or incoming.handed_over):
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
