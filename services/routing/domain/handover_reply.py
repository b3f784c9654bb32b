"""The replies of an authority to an offer, and their effect in each state."""

from enum import StrEnum
from typing import Final

from services.routing.domain.handover import HandoverState


class HandoverReply(StrEnum):
    ACCEPT = "accept"
    REFUSE = "refuse"
    FIRST_CONTACT = "first_contact"


class ReplyEffect(StrEnum):
    MADE = "made"
    ALREADY = "already"  # a repeated reply
    CONFLICT = "conflict"  # the state does not allow the reply


_EFFECTS: Final = {
    (HandoverReply.ACCEPT, HandoverState.OFFERED): ReplyEffect.MADE,
    (HandoverReply.ACCEPT, HandoverState.ACCEPTED): ReplyEffect.ALREADY,
    (HandoverReply.ACCEPT, HandoverState.CONTACTED): ReplyEffect.ALREADY,
    (HandoverReply.REFUSE, HandoverState.OFFERED): ReplyEffect.MADE,
    (HandoverReply.REFUSE, HandoverState.REFUSED): ReplyEffect.ALREADY,
    (HandoverReply.FIRST_CONTACT, HandoverState.ACCEPTED): ReplyEffect.MADE,
    (HandoverReply.FIRST_CONTACT, HandoverState.CONTACTED): ReplyEffect.ALREADY,
}


def reply_effect(ask: HandoverReply, state: HandoverState) -> ReplyEffect:
    return _EFFECTS.get((ask, state), ReplyEffect.CONFLICT)


def state_after_acceptance(*, person_reached: bool) -> HandoverState:
    # a call may have reached the person before the authority accepted
    return HandoverState.CONTACTED if person_reached else HandoverState.ACCEPTED
