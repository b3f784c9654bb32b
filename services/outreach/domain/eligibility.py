"""Whether a person may be contacted at a moment, and by which channels: at preview, and again when due."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache

from contracts.events.ids import AuthorityId
from contracts.events.vocabulary import AgeBand, BarReason, Channel, Contactability, StepKind, WithheldReason
from contracts.rules.consent import ConsentState, covers, why_not
from services.outreach.domain.plan import NOTHING, Plan, Step, Thing

BARRED = {
    BarReason.DO_NOT_CONTACT: WithheldReason.DO_NOT_CONTACT,
    BarReason.RESTRICTED: WithheldReason.RESTRICTED,
}


@dataclass(frozen=True, slots=True)
class Person:
    registration: ConsentState
    contact: ConsentState
    possible: tuple[Channel, ...]  # what the contact details allow
    age_band: AgeBand
    municipality: AuthorityId | None
    contactability: Contactability
    digital_post: bool | None  # None: not known, so it is tried
    letter_allowed: bool
    recipient_known: bool  # routing named whom to address
    forgotten: bool
    merged: bool = False  # another registration speaks for the person
    barred: BarReason | None = None
    preferred: Channel | None = None  # by the person; first where the plan has it
    acting: AuthorityId | None = None  # None: the municipality itself
    covered_by: tuple[AuthorityId, ...] = ()  # whom a limited consent may name; empty: the municipality
    decided: bool = True  # routing has said who is responsible, or that nobody could be found
    rerouting: bool = False  # identity or address was corrected, and routing has not decided again yet
    closed: bool = False  # a person has closed the case: nobody looks for an authority


class ChannelReason(StrEnum):
    FIRST_CHOICE = "first_choice"
    PREFERRED = "preferred"  # by the person, before the plan's first
    NEXT_POSSIBLE = "next_possible"  # the plan's first channel is not open for this person


@dataclass(frozen=True, slots=True)
class Chosen:
    channels: tuple[Channel, ...]  # in order, at least one
    reason: ChannelReason


@dataclass(frozen=True, slots=True)
class Refused:
    reason: WithheldReason


@dataclass(frozen=True, slots=True)
class Planned:
    municipality: AuthorityId
    steps: tuple[Chosen | Refused, ...]  # one for each of the plan's; at least one is chosen
    again: bool = False  # a step is chosen which the person has had already
    acting: AuthorityId | None = None  # None: the municipality itself


@dataclass(frozen=True, slots=True)
class Excluded:
    municipality: AuthorityId | None
    reason: WithheldReason


def decide(
    person: Person,
    plan: Plan,
    at: datetime,
    had: frozenset[Thing] = NOTHING,
    *,
    repeat: bool = False,
) -> Planned | Excluded:
    """Leave out the steps already `had`, and whoever has no other left. A repeat leaves none out."""
    bar = why_nobody_may(person, at)
    if bar is not None or person.municipality is None:
        return Excluded(person.municipality, bar or WithheldReason.NO_HOME_AUTHORITY)
    left_out = NOTHING if repeat else had
    steps = tuple([_unless_had(person, step, left_out) for step in plan.steps])
    first = steps[0]
    if isinstance(first, Refused) and all(isinstance(step, Refused) for step in steps):
        already = WithheldReason.ALREADY_CONTACTED
        return Excluded(person.municipality, already if already in _reasons(steps) else first.reason)
    again = bool(had) and _is_again(plan, steps, had)
    return Planned(person.municipality, steps, again=again, acting=person.acting)


def _reasons(steps: Sequence[Chosen | Refused]) -> list[WithheldReason]:
    return [step.reason for step in steps if isinstance(step, Refused)]


def _is_again(plan: Plan, steps: Sequence[Chosen | Refused], had: frozenset[Thing]) -> bool:
    pairs = zip(plan.steps, steps, strict=True)
    return any(isinstance(choice, Chosen) and step.thing in had for step, choice in pairs)


def _unless_had(person: Person, step: Step, had: frozenset[Thing]) -> Chosen | Refused:
    if had and step.thing in had:
        return Refused(WithheldReason.ALREADY_CONTACTED)
    return _choose(person, step.kind, step.channels)


def choose(person: Person, kind: StepKind, order: Sequence[Channel], at: datetime) -> Chosen | Refused:
    """Choose for one contact, at the moment it is due."""
    bar = why_nobody_may(person, at)
    return Refused(bar) if bar else _choose(person, kind, tuple(order))


def why_nobody_may(person: Person, at: datetime) -> WithheldReason | None:
    """Give what stands in the way of any contact, whatever the channel."""
    if person.forgotten:
        return WithheldReason.FORGOTTEN
    if person.merged:
        return WithheldReason.MERGED
    if person.barred is not None:
        return BARRED[person.barred]
    if (reason := why_not(person.registration, at) or why_not(person.contact, at)) is not None:
        return reason
    if person.contactability is not Contactability.OPEN:
        return WithheldReason.SUPPRESSED
    return _why_no_authority_may(person)


def _why_no_authority_may(person: Person) -> WithheldReason | None:
    if person.rerouting or not person.decided:
        return WithheldReason.BEING_DECIDED
    if person.municipality is None:
        return WithheldReason.NO_HOME_AUTHORITY
    covered_by = person.covered_by or (person.municipality,)
    if not covers(person.registration, covered_by) or not covers(person.contact, covered_by):
        return WithheldReason.NO_CONSENT
    if person.age_band is AgeBand.UNDER_15 and not person.recipient_known:
        return WithheldReason.CUSTODY_UNCLEAR
    return None


def _choose(person: Person, kind: StepKind, order: tuple[Channel, ...]) -> Chosen | Refused:
    consent = person.contact.consent
    return _by_channel(
        order,
        person.possible,
        consent.channels if consent else (),
        person.age_band is AgeBand.UNDER_15 and kind is StepKind.MESSAGE,
        person.digital_post,
        person.letter_allowed,
        person.preferred,
    )


@lru_cache(maxsize=4096)
def _by_channel(
    order: tuple[Channel, ...],
    possible: tuple[Channel, ...],
    consented: tuple[Channel, ...],
    digital_post_only: bool,  # noqa: FBT001 - cached by position; only called just above
    digital_post: bool | None,  # noqa: FBT001 - the same
    letter_allowed: bool,  # noqa: FBT001 - the same
    preferred: Channel | None,
) -> Chosen | Refused:
    closed = set(Channel) - set(possible)
    if digital_post is False:
        closed.add(Channel.DIGITAL_POST)
    if not letter_allowed:
        closed.add(Channel.LETTER)
    if digital_post_only:
        closed |= set(Channel) - {Channel.DIGITAL_POST}
    reachable = [channel for channel in order if channel not in closed]
    channels = tuple(channel for channel in reachable if channel in consented)
    if not channels:
        return Refused(WithheldReason.CHANNEL_NOT_CONSENTED if reachable else WithheldReason.NO_CHANNEL)
    if preferred in channels and channels[0] is not preferred:
        wished = (preferred, *(channel for channel in channels if channel is not preferred))
        return Chosen(wished, ChannelReason.PREFERRED)
    first = channels[0] is order[0]
    return Chosen(channels, ChannelReason.FIRST_CHOICE if first else ChannelReason.NEXT_POSSIBLE)
