"""What notify says: what became of each message. Topic notify.v1."""

from typing import ClassVar

from contracts.events.ids import AttemptId
from contracts.events.outreach import ContactEvent
from contracts.events.vocabulary import Channel, WithheldReason
from contracts.wire.event import Moment

TOPIC = "notify.v1"


class MessageEvent(ContactEvent):
    topic: ClassVar[str] = TOPIC


class ContactHandedOver(MessageEvent):
    """The provider took the message; whether it arrived is told by a receipt."""

    attempt_id: AttemptId
    channel: Channel
    handed_over_at: Moment


class ContactDelivered(MessageEvent):
    attempt_id: AttemptId
    channel: Channel
    delivered_at: Moment


class ContactFellBack(MessageEvent):
    """One channel failed for good, so the next is tried."""

    failed_channel: Channel
    next_channel: Channel
    code: str
    failed_at: Moment


class ContactFailed(MessageEvent):
    """Every channel failed for good: a person has to look."""

    channel: Channel
    code: str  # the provider's own, or ours; never free text
    failed_at: Moment


class ContactInDoubt(MessageEvent):
    """The provider's answer never came: it may or may not have been sent, so nobody sends it again."""

    attempt_id: AttemptId
    channel: Channel
    in_doubt_at: Moment


class MessageWithheld(MessageEvent):
    """Not sent: the last look, at the moment of sending, said no."""

    reason: WithheldReason
    withheld_at: Moment
