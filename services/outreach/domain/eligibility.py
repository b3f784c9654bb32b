"""Decide whether a person may be contacted, and by which channels. Used at preview and again when due."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache

from contracts.events.ids import AuthorityId
from contracts.events.vocabulary import AgeBand, BarReason, Channel, Contactability, StepKind, WithheldReason
from contracts.rules.consent import ConsentState, covers, refusal
from services.outreach.domain.plan import NO_CONTENT, ContactPlan, Content, PlanStep

BARRED = {
    BarReason.DO_NOT_CONTACT: WithheldReason.DO_NOT_CONTACT,
    BarReason.RESTRICTED: WithheldReason.RESTRICTED,
}

PASSING_REASONS = {
    WithheldReason.BEING_DECIDED,
    WithheldReason.NO_HOME_AUTHORITY,
    WithheldReason.CUSTODY_UNCLEAR,
    WithheldReason.CONSENT_EXPIRED,
}
"""Reasons that may still change: three by routing, and an expiry, which is checked when due."""


@dataclass(frozen=True, slots=True)
class ProjectedPerson:
    registration: ConsentState
    contact: ConsentState
    possible: tuple[Channel, ...]  # by the contact details
    age_band: AgeBand
    municipality: AuthorityId | None
    contactability: Contactability
    digital_post: bool | None  # None: unknown, so it is tried
    letter_allowed: bool
    recipient_known: bool  # routing named a recipient
    forgotten: bool
    merged: bool = False  # merged into another registration
    barred: BarReason | None = None
    preferred: Channel | None = None  # the person's wish; first where the plan has it
    acting: AuthorityId | None = None  # None: the municipality itself
    covered_by: tuple[
        AuthorityId, ...
    ] = ()  # authorities that a limited consent may name; empty: the municipality
    decided: bool = True  # routing has resolved the home authority, or found none
    rerouting: bool = False  # identity or address was corrected; the next decision is pending
    closed: bool = False  # an operator closed the case without an authority
    held_by: AuthorityId | None = None  # has accepted the case; calls the person while there is no home


class ChannelReason(StrEnum):
    FIRST_CHOICE = "first_choice"
    PREFERRED = "preferred"  # the person's wish, before the plan's first
    NEXT_POSSIBLE = "next_possible"  # the plan's first channel is not possible for this person


@dataclass(frozen=True, slots=True)
class ChosenChannels:
    channels: tuple[Channel, ...]  # in order, at least one
    reason: ChannelReason


@dataclass(frozen=True, slots=True)
class Ineligible:
    reason: WithheldReason


@dataclass(frozen=True, slots=True)
class Planned:
    municipality: AuthorityId
    steps: tuple[ChosenChannels | Ineligible, ...]  # one per step of the plan; at least one has channels
    again: bool = False  # a chosen step repeats an earlier contact
    acting: AuthorityId | None = None  # None: the municipality itself


@dataclass(frozen=True, slots=True)
class Excluded:
    municipality: AuthorityId | None
    reason: WithheldReason


def decide(
    person: ProjectedPerson,
    plan: ContactPlan,
    at: datetime,
    earlier_contents: frozenset[Content] = NO_CONTENT,
    *,
    repeat: bool = False,
) -> Planned | Excluded:
    """Plan the steps for one person. Unless `repeat`, leave out steps among `earlier_contents`."""
    hindrance = why_not_contactable(person, at)
    if hindrance is not None or person.municipality is None:
        return Excluded(person.municipality, hindrance or WithheldReason.NO_HOME_AUTHORITY)
    left_out = NO_CONTENT if repeat else earlier_contents
    steps = tuple([_choose_unless_had(person, step, left_out) for step in plan.steps])
    first = steps[0]
    if isinstance(first, Ineligible) and all(isinstance(step, Ineligible) for step in steps):
        already = WithheldReason.ALREADY_CONTACTED
        return Excluded(person.municipality, already if already in _reasons(steps) else first.reason)
    again = bool(earlier_contents) and _is_again(plan, steps, earlier_contents)
    return Planned(person.municipality, steps, again=again, acting=person.acting)


def _reasons(steps: Sequence[ChosenChannels | Ineligible]) -> list[WithheldReason]:
    return [step.reason for step in steps if isinstance(step, Ineligible)]


def _is_again(
    plan: ContactPlan, steps: Sequence[ChosenChannels | Ineligible], earlier_contents: frozenset[Content]
) -> bool:
    pairs = zip(plan.steps, steps, strict=True)
    return any(
        isinstance(choice, ChosenChannels) and step.content in earlier_contents for step, choice in pairs
    )


def _choose_unless_had(
    person: ProjectedPerson, step: PlanStep, earlier_contents: frozenset[Content]
) -> ChosenChannels | Ineligible:
    if earlier_contents and step.content in earlier_contents:
        return Ineligible(WithheldReason.ALREADY_CONTACTED)
    return _choose_open_channels(person, step.kind, step.channels)


def choose_channels(
    person: ProjectedPerson, kind: StepKind, order: Sequence[Channel], at: datetime
) -> ChosenChannels | Ineligible:
    """Choose the channels of one contact when it is due."""
    hindrance = why_not_contactable(person, at, kind)
    return Ineligible(hindrance) if hindrance else _choose_open_channels(person, kind, tuple(order))


def why_not_contactable(
    person: ProjectedPerson, at: datetime, kind: StepKind | None = None
) -> WithheldReason | None:
    """Return why no channel may be used for this person; None if contact is allowed."""
    if person.forgotten:
        return WithheldReason.FORGOTTEN
    if person.merged:
        return WithheldReason.MERGED
    if person.barred is not None:
        return BARRED[person.barred]
    if (reason := refusal(person.registration, at) or refusal(person.contact, at)) is not None:
        return reason
    if person.contactability is not Contactability.OPEN:
        return WithheldReason.SUPPRESSED
    return _why_no_authority(person, kind)


def calling_authority(person: ProjectedPerson) -> AuthorityId | None:
    """Return the authority that may call the person now."""
    if person.rerouting:
        return None
    if person.municipality is not None:
        return person.acting or person.municipality
    nobody_to_call = person.age_band is AgeBand.UNDER_15 and not person.recipient_known
    return None if nobody_to_call or not _covers_both(person) else person.held_by


def _covers_both(person: ProjectedPerson) -> bool:
    holder = (person.municipality or person.held_by,)
    covered_by = person.covered_by or tuple([code for code in holder if code])
    return covers(person.registration, covered_by) and covers(person.contact, covered_by)


def _why_no_authority(person: ProjectedPerson, kind: StepKind | None) -> WithheldReason | None:
    if person.rerouting or not person.decided:
        return WithheldReason.BEING_DECIDED
    if person.municipality is None:
        can_call = kind is StepKind.CALL and calling_authority(person) is not None
        return None if can_call else WithheldReason.NO_HOME_AUTHORITY
    if not _covers_both(person):
        return WithheldReason.NO_CONSENT
    if person.age_band is AgeBand.UNDER_15 and not person.recipient_known:
        return WithheldReason.CUSTODY_UNCLEAR
    return None


def _choose_open_channels(
    person: ProjectedPerson, kind: StepKind, order: tuple[Channel, ...]
) -> ChosenChannels | Ineligible:
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
) -> ChosenChannels | Ineligible:
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
        return Ineligible(WithheldReason.CHANNEL_NOT_CONSENTED if reachable else WithheldReason.NO_CHANNEL)
    if preferred in channels and channels[0] is not preferred:
        wished = (preferred, *(channel for channel in channels if channel is not preferred))
        return ChosenChannels(wished, ChannelReason.PREFERRED)
    first = channels[0] is order[0]
    return ChosenChannels(channels, ChannelReason.FIRST_CHOICE if first else ChannelReason.NEXT_POSSIBLE)
