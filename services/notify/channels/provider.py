"""What a provider of a channel must do, and what it says about itself."""

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
        """Whether it reaches people: then it never gets an exercise message."""
        ...

    @property
    def promises_idempotency(self) -> bool:
        """Whether the same key sent again has one effect."""
        ...

    @property
    def enquiry_after(self) -> timedelta | None:
        """How long after a call `Absent` can be believed; None: the provider cannot be asked."""
        ...

    def compose(self, message: OutgoingMessage) -> Composed | Rejected:
        """Make every byte, and call nobody. What cannot be made is final for this channel."""
        ...

    async def send(self, composed: Composed) -> Outcome:
        """Answer within a time limit of its own. Raises nothing that the provider does.

        InDoubt as soon as the provider may have acted and the answer is not known.
        """
        ...

    async def enquire(self, idempotency_key: UUID) -> Enquiry:
        """Ask what became of a call. An error is Unknown, never Absent."""
        ...

    async def close(self) -> None: ...
