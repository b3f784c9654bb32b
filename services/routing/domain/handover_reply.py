"""What an authority may answer to an offer, and when."""

from enum import StrEnum
from typing import Final

from services.routing.domain.handover import State


class Ask(StrEnum):
    ACCEPT = "accept"
    REFUSE = "refuse"
    FIRST_CONTACT = "first_contact"


class Effect(StrEnum):
    MADE = "made"
    ALREADY = "already"  # said before: the same answer again
    CONFLICT = "conflict"  # something else has happened


_EFFECTS: Final = {
    (Ask.ACCEPT, State.OFFERED): Effect.MADE,
    (Ask.ACCEPT, State.ACCEPTED): Effect.ALREADY,
    (Ask.ACCEPT, State.CONTACTED): Effect.ALREADY,
    (Ask.REFUSE, State.OFFERED): Effect.MADE,
    (Ask.REFUSE, State.REFUSED): Effect.ALREADY,
    (Ask.FIRST_CONTACT, State.ACCEPTED): Effect.MADE,
    (Ask.FIRST_CONTACT, State.CONTACTED): Effect.ALREADY,
}


def effect(ask: Ask, state: State) -> Effect:
    return _EFFECTS.get((ask, state), Effect.CONFLICT)


def accepted(*, person_reached: bool) -> State:
    # a call may have reached the person before the authority got round to answering
    return State.CONTACTED if person_reached else State.ACCEPTED
