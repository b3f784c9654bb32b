"""The events of notify: the outcome of each message. Topic notify.v1."""

from typing import ClassVar

from contracts.events.ids import AttemptId
from contracts.events.outreach import ContactEvent
from contracts.events.vocabulary import Channel, WithheldReason
from contracts.wire.event import Moment

TOPIC = "notify.v1"


class MessageEvent(ContactEvent):
    topic: ClassVar[str] = TOPIC


class ContactHandedOver(MessageEvent):
    """The provider accepted the message. A receipt reports whether it arrived."""

    attempt_id: AttemptId
    channel: Channel
    handed_over_at: Moment


class ContactDelivered(MessageEvent):
    attempt_id: AttemptId
    channel: Channel
    delivered_at: Moment


class ContactFellBack(MessageEvent):
    """One channel failed finally, so the next is tried."""

    failed_channel: Channel
    next_channel: Channel
    code: str
    failed_at: Moment


class ContactFailed(MessageEvent):
    """Every channel failed finally. A person must act."""

    channel: Channel
    code: str  # the provider's own, or ours; never free text
    failed_at: Moment


class ContactInDoubt(MessageEvent):
    """The provider never answered, so the outcome is unknown. The message is not sent again automatically."""

    attempt_id: AttemptId
    channel: Channel
    in_doubt_at: Moment


class MessageWithheld(MessageEvent):
    """Not sent: the last check, at the moment of sending, refused it."""

    reason: WithheldReason
    withheld_at: Moment
