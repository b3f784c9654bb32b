"""One message to one person by one channel, opened and rendered: it lives in memory only."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from contracts.events.ids import AttemptId, IncidentId
from contracts.events.vocabulary import Channel
from contracts.rules.email import EmailAddress
from contracts.rules.phone import PhoneNumber

_RANDOM: Final = 4  # MeMo 1.1, memoUuidType: version 4 only


@dataclass(frozen=True, slots=True)
class MessageAddressee:
    """Who it is delivered to: the person, or a custody holder or guardian. What the channel needs is set."""

    name: str = field(repr=False)
    cpr: str | None = field(default=None, repr=False)  # ten digits
    phone: PhoneNumber | None = field(default=None, repr=False)
    email: EmailAddress | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """`idempotency_key` is a UUIDv4, made once per attempt and kept on every retry.

    It is the MeMo messageUUID, the SF1601 X-TransaktionsId, the SMS reference and the root of the Message-ID.
    `created_at` is the attempt's, not the call's, so that a retry is the same bytes. Raises ValueError.
    """

    attempt_id: AttemptId
    idempotency_key: UUID
    incident_id: IncidentId
    channel: Channel
    exercise: bool
    created_at: datetime
    language: str  # ISO 639-1: what the text is written in
    addressee: MessageAddressee
    subject: str = field(repr=False)
    body: str = field(repr=False)  # plain text; see channels/digital_post/document.py for its marks

    def __post_init__(self) -> None:
        if self.idempotency_key.version != _RANDOM:
            raise ValueError("the idempotency key must be a UUID of version 4")
        if self.created_at.tzinfo is None:
            raise ValueError("created_at must say its time zone")


@dataclass(frozen=True, slots=True)
class Composed:
    """A message with every byte that is sent of it: nothing is made while a provider listens."""

    message: OutgoingMessage
    content: bytes = field(repr=False)
