"""The interface of a delivery provider."""

from datetime import timedelta
from typing import Protocol
from uuid import UUID

from contracts.events.vocabulary import Channel
from services.notify.domain.message import Composed, OutgoingMessage
from services.notify.domain.outcome import Enquiry, Outcome, Rejected


class DeliveryProvider(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def channel(self) -> Channel: ...

    @property
    def real(self) -> bool:
        """Whether it reaches people. A real provider never gets a message of an exercise."""
        ...

    @property
    def promises_idempotency(self) -> bool:
        """Whether a repeated key has one effect only."""
        ...

    @property
    def enquiry_after(self) -> timedelta | None:
        """The time after a call from which `Absent` is reliable; None: the provider cannot be asked."""
        ...

    def compose(self, message: OutgoingMessage) -> Composed | Rejected:
        """Build all bytes without a call. A rejection is final for this channel."""
        ...

    async def send(self, composed: Composed) -> Outcome:
        """Send within a time limit of its own. Never raise for an error of the provider.

        Return InDoubt as soon as the provider may have acted and its answer is not known.
        """
        ...

    async def enquire(self, idempotency_key: UUID) -> Enquiry:
        """Ask for the outcome of a call. An error is EnquiryFailed, never Absent."""
        ...

    async def close(self) -> None: ...
