"""One rendered message to one person by one channel. It exists in memory only."""

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
    """The addressee: the person, a custody holder or a guardian. Only the field of the channel is set."""

    name: str = field(repr=False)
    cpr: str | None = field(default=None, repr=False)  # ten digits
    phone: PhoneNumber | None = field(default=None, repr=False)
    email: EmailAddress | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """A message to send. `idempotency_key`: a UUIDv4 per attempt, kept on every retry.

    It is the MeMo messageUUID, the SF1601 X-TransaktionsId, the SMS reference and the base of the Message-ID.
    `created_at` is the time of the attempt, so that a retry has the same bytes. Raise ValueError.
    """

    attempt_id: AttemptId
    idempotency_key: UUID
    incident_id: IncidentId
    channel: Channel
    exercise: bool
    created_at: datetime
    language: str  # ISO 639-1, of the text
    addressee: MessageAddressee
    subject: str = field(repr=False)
    body: str = field(repr=False)  # plain text; see channels/digital_post/document.py for the markup
    recipients: int = 1  # how many Digital Post may be written to, one after the other

    def __post_init__(self) -> None:
        if self.idempotency_key.version != _RANDOM:
            raise ValueError("the idempotency key must be a UUID of version 4")
        if self.created_at.tzinfo is None:
            raise ValueError("created_at must have a time zone")


@dataclass(frozen=True, slots=True)
class Composed:
    """A message with all its bytes, built before the provider is called."""

    message: OutgoingMessage
    content: bytes = field(repr=False)
