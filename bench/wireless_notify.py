"""notify as in production, with in-memory providers that accept each message at once."""

from datetime import timedelta
from uuid import UUID

from contracts.events.vocabulary import Channel
from services.notify import app
from services.notify.domain.message import Composed, OutgoingMessage
from services.notify.domain.outcome import Accepted, Enquiry, EnquiryFailed, Fault, Outcome, Rejected


class Memory:
    name = "memory"
    real = False
    promises_idempotency = False
    enquiry_after: timedelta | None = None

    def __init__(self, channel: Channel) -> None:
        self.channel = channel

    def compose(self, message: OutgoingMessage) -> Composed | Rejected:
        return Composed(message, b"")

    async def send(self, composed: Composed) -> Outcome:
        return Accepted(str(composed.message.idempotency_key))

    async def enquire(self, idempotency_key: UUID) -> Enquiry:
        del idempotency_key
        return EnquiryFailed(Fault.CANNOT_BE_ASKED)

    async def close(self) -> None:
        """Nothing is open."""


if __name__ == "__main__":
    channels = (Channel.DIGITAL_POST, Channel.SMS, Channel.EMAIL)
    app.build([Memory(channel) for channel in channels]).run()
