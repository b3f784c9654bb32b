"""Handing a case to the home authority: decide the next step.

Sundhedsloven § 43: nothing is disclosed without consent. Responsibility moves when the offer is accepted.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from contracts.events.ids import AuthorityId, HandoverId, IncidentId, RegistrationId
from contracts.events.vocabulary import CalledOffReason
from services.routing.domain.disclosure import PersonFacts, RegistrationConsent


class HandoverState(StrEnum):
    """State of one offer to one authority."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    CONTACTED = "contacted"
    REFUSED = "refused"
    CALLED_OFF = "called_off"


class HandoverStatus(StrEnum):
    """Status of one registration. Each registration has exactly one."""

    UNRESOLVED = "unresolved"  # no home authority yet
    NOT_PASSED_ON = "not_passed_on"  # no consent that covers the authority
    OFFERED = "offered"
    ACCEPTED = "accepted"
    CONTACTED = "contacted"
    REFUSED = "refused"  # an official decides again
    RESTRICTED = "restricted"
    MERGED = "merged"
    FORGOTTEN = "forgotten"
    CLOSED = "closed"  # closed by an official: no home authority follows up
    DIED = "died"


RESPONSIBLE_STATES: Final = (HandoverState.ACCEPTED, HandoverState.CONTACTED)
_OPEN: Final = (HandoverState.OFFERED, *RESPONSIBLE_STATES)


@dataclass(frozen=True, slots=True)
class HandoverDeadlines:
    """The time for each step before it is escalated to the region."""

    answer: timedelta = timedelta(hours=24)
    first_contact: timedelta = timedelta(hours=72)


DEFAULT_HANDOVER_DEADLINES: Final = HandoverDeadlines()


@dataclass(frozen=True, slots=True)
class HandoverTarget:
    municipality: AuthorityId
    authority: AuthorityId  # receives the offer: the municipality, or the authority acting for it
    covered_by: tuple[AuthorityId, ...] = ()  # see contracts.rules.consent.names_one_of

    def names(self) -> tuple[AuthorityId, ...]:
        """Return the authorities of which a limited consent must name at least one."""
        return tuple(dict.fromkeys((self.municipality, self.authority, *self.covered_by)))


@dataclass(frozen=True, slots=True)
class Handover:
    handover_id: HandoverId
    authority: AuthorityId
    state: HandoverState
    covered_by: tuple[AuthorityId, ...] = ()  # at the time of the offer

    def is_open(self) -> bool:
        return self.state in _OPEN

    def names(self) -> tuple[AuthorityId, ...]:
        """Return the authorities of which its consent must name at least one."""
        return tuple(dict.fromkeys((self.authority, *self.covered_by)))


@dataclass(frozen=True, slots=True)
class CaseRef:
    incident_id: IncidentId
    registration_id: RegistrationId
    exercise: bool


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What was disclosed to which authority, on which consent, by whom and when."""

    case: CaseRef
    to: Handover
    field_sets: tuple[str, ...]
    consent: RegistrationConsent
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Case:
    facts: PersonFacts
    home: HandoverTarget | None = None
    last: Handover | None = None  # the latest, open or not
    held: Handover | None = None  # the accepted handover; its authority is responsible
    refused_by: frozenset[AuthorityId] = field(default_factory=frozenset)
    closed: bool = False  # by an official, without a home authority
    died: bool = False  # according to the register


@dataclass(frozen=True, slots=True)
class CallOff:
    handover: Handover
    why: CalledOffReason


@dataclass(frozen=True, slots=True)
class Offer:
    home: HandoverTarget
    consent: RegistrationConsent


@dataclass(frozen=True, slots=True)
class NextStep:
    """The actions to take now, and the resulting status."""

    status: HandoverStatus
    call_off: tuple[CallOff, ...] = ()
    offer: Offer | None = None
    keeps: Handover | None = None  # an open handover that continues


def next_step(case: Case, at: datetime, *, by_person: bool = False) -> NextStep:
    """Decide the next step from all facts. Nothing is offered twice or without a valid consent.

    `by_person`: an official has just chosen the home authority, so an authority that refused is asked again.
    """
    stopped = _stopped(case)
    if stopped is not None:
        status, why = stopped
        return NextStep(status, _called_off(_open(case), why))
    consent = case.facts.ledger.unwithdrawn_consent()
    lapsed = [one for one in _open(case) if not _rests_on(consent, one, case, at)]
    if not lapsed:
        return _towards_home(case, consent, at, by_person=by_person)
    left = replace(
        case,
        last=None if case.last in lapsed else case.last,
        held=None if case.held in lapsed else case.held,
    )
    step = _towards_home(left, consent, at, by_person=by_person)
    return replace(step, call_off=_called_off(lapsed, CalledOffReason.CONSENT_ENDED) + step.call_off)


def apply_step(case: Case, step: NextStep, offered: HandoverId | None) -> Case:
    """Return the case after the step. `offered`: the id of the new offer."""
    ended = {each.handover.handover_id for each in step.call_off}
    last = case.last
    if step.offer is not None and offered is not None:
        home = step.offer.home
        last = Handover(offered, home.authority, HandoverState.OFFERED, home.names())
    elif step.keeps is not None:
        last = step.keeps
    elif last is not None and last.handover_id in ended:
        last = replace(last, state=HandoverState.CALLED_OFF)
    held = None if case.held is not None and case.held.handover_id in ended else case.held
    return replace(case, last=last, held=held)


def readable_handovers(case: Case, at: datetime) -> tuple[Handover, ...]:
    """Return the open handovers whose authority may read new data. The consent must be in force."""
    consent = case.facts.ledger.unwithdrawn_consent()
    if consent is None or at >= consent.expires_at or _stopped(case) is not None:
        return ()
    return tuple(one for one in _open(case) if consent.covers(_named_for(one, case)))


def _stopped(case: Case) -> tuple[HandoverStatus, CalledOffReason] | None:
    facts = case.facts
    if facts.forgotten_at is not None:
        return HandoverStatus.FORGOTTEN, CalledOffReason.FORGOTTEN
    if facts.merge.active_target() is not None:
        return HandoverStatus.MERGED, CalledOffReason.MERGED
    if case.died:
        return HandoverStatus.DIED, CalledOffReason.DIED
    if facts.restricted.in_force():
        return HandoverStatus.RESTRICTED, CalledOffReason.RESTRICTED
    return (HandoverStatus.CLOSED, CalledOffReason.CLOSED) if case.closed else None


def _towards_home(
    case: Case, consent: RegistrationConsent | None, at: datetime, *, by_person: bool
) -> NextStep:
    home = case.home
    if home is None:
        return _without_home(case)
    for one in (case.held, case.last):  # an authority that has accepted is not asked again
        if one is not None and one.state in _OPEN and one.authority == home.authority:
            return NextStep(
                HandoverStatus(one.state.value), _asked(case, CalledOffReason.MOVED, but=one), keeps=one
            )
    moved = _asked(case, CalledOffReason.MOVED)
    if consent is None or at >= consent.expires_at or not consent.covers(home.names()):
        return NextStep(HandoverStatus.NOT_PASSED_ON, moved)
    if home.authority in case.refused_by and not by_person:
        return NextStep(HandoverStatus.REFUSED, moved)
    return NextStep(HandoverStatus.OFFERED, moved, Offer(home, consent))


def _without_home(case: Case) -> NextStep:
    asked = _asked(case, CalledOffReason.UNRESOLVED)
    if case.held is not None:  # responsible until another authority accepts
        return NextStep(HandoverStatus(case.held.state.value), asked, keeps=case.held)
    return NextStep(HandoverStatus.UNRESOLVED, asked)


def _named_for(handover: Handover, case: Case) -> tuple[AuthorityId, ...]:
    """Return the authorities that the consent may name: of the offer, and of today if still the same."""
    home = case.home
    today = home.names() if home is not None and home.authority == handover.authority else ()
    return (*handover.names(), *today)


def _rests_on(consent: RegistrationConsent | None, handover: Handover, case: Case, at: datetime) -> bool:
    # an expired consent ends an offer, but not a handover accepted in time
    if consent is None or not consent.covers(_named_for(handover, case)):
        return False
    return handover.state in RESPONSIBLE_STATES or at < consent.expires_at


def _open(case: Case) -> list[Handover]:
    both = [case.last] if case.last == case.held else [case.last, case.held]
    return [one for one in both if one is not None and one.state in _OPEN]


def _asked(case: Case, why: CalledOffReason, *, but: Handover | None = None) -> tuple[CallOff, ...]:
    last = case.last
    if last is None or last.state is not HandoverState.OFFERED or last == but:
        return ()
    return (CallOff(last, why),)


def _called_off(handovers: Iterable[Handover], why: CalledOffReason) -> tuple[CallOff, ...]:
    return tuple(CallOff(one, why) for one in handovers)
