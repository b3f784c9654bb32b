"""Apply events to the people, contacts and waves of the projection."""

from dataclasses import replace
from operator import attrgetter
from typing import Any, Final

from contracts.events.notify import (
    ContactDelivered,
    ContactFailed,
    ContactFellBack,
    ContactHandedOver,
    ContactInDoubt,
    MessageWithheld,
)
from contracts.events.outreach import (
    CallConcluded,
    CallListed,
    ContactEvent,
    ContactRequested,
    ContactWithheld,
    WaveCancelled,
    WaveCompleted,
    WaveLaunched,
    WavePaused,
    WaveResumed,
)
from contracts.events.registration import PERSON_EVENTS, PersonState, RegistrationEvent
from contracts.events.routing import HomeAuthorityResolved, HomeAuthorityUnresolved
from contracts.events.vocabulary import AgeBand, Channel, Contactability, StepKind
from contracts.rules.consent import consents_of, restriction_of
from contracts.wire.event import PersonEvent
from services.console.projection import consent_terms
from services.console.projection.contact import Contact, ContactStage
from services.console.projection.person import PersonProjection
from services.console.projection.wave import Launch, LaunchedWaveState, WaveProjection

PERSON: Final[tuple[type[PersonEvent], ...]] = (
    *PERSON_EVENTS,
    HomeAuthorityResolved,
    HomeAuthorityUnresolved,
)
CONTACT: Final[tuple[type[ContactEvent], ...]] = (
    ContactRequested,
    CallListed,
    CallConcluded,
    ContactWithheld,
    ContactHandedOver,
    ContactDelivered,
    ContactFellBack,
    ContactFailed,
    ContactInDoubt,
    MessageWithheld,
)
WaveEvent = WaveLaunched | WavePaused | WaveResumed | WaveCancelled | WaveCompleted
WAVE = (WaveLaunched, WavePaused, WaveResumed, WaveCancelled, WaveCompleted)


def apply_person_event(known: PersonProjection, event: PersonEvent) -> PersonProjection:
    """Return the person after an event. An older state and an older decision change nothing."""
    match event:
        case RegistrationEvent(person=PersonState() as state) if event.revision > known.revision:
            return replace(known, revision=event.revision, **_stated(state))
        case HomeAuthorityResolved() | HomeAuthorityUnresolved():
            return _decided(known, event)
        case _:
            return known


def _stated(state: PersonState) -> dict[str, Any]:
    registration, contact = consents_of(state)
    return {
        "forgotten": state.erased_at is not None,
        "registration_terms": consent_terms.as_text(registration),
        "contact_terms": consent_terms.as_text(contact),
        "possible": ",".join(sorted(state.channels)),
        "is_child": state.age_band is AgeBand.UNDER_15,
        "barred": restriction_of(state) is not None,
        "merged": state.merged_into is not None,
    }


def _decided(
    known: PersonProjection, event: HomeAuthorityResolved | HomeAuthorityUnresolved
) -> PersonProjection:
    """Return the person after a decision. Of two decisions of the same time, any order gives the same."""
    decided = replace(known, **_decision(event))
    if known.decided_at is None or _of_routing(decided) > _of_routing(known):
        return decided
    return known


_of_routing = attrgetter("decided_at", "municipality", "covered_by", "closed", "suppressed", "unaddressed")


def _decision(event: HomeAuthorityResolved | HomeAuthorityUnresolved) -> dict[str, Any]:
    if isinstance(event, HomeAuthorityUnresolved):
        nobody = {"municipality": "", "covered_by": "", "closed": "", "suppressed": False}
        return {"decided_at": event.decided_at, **nobody, "unaddressed": False}
    is_closed = {
        Channel.DIGITAL_POST: event.digital_post is False,
        Channel.LETTER: not event.letter_allowed,
    }
    return {
        "decided_at": event.decided_at,
        "municipality": event.acting or event.municipality,
        "covered_by": ",".join(sorted(event.covered_by or (event.municipality,))),
        "closed": ",".join([channel for channel, closed in is_closed.items() if closed]),
        "suppressed": event.contactability is not Contactability.OPEN,
        "unaddressed": event.recipient is None,
    }


def contact_from_event(event: ContactEvent) -> Contact:  # noqa: C901, PLR0911 - one case for each event
    ids = event.wave_id, event.authority or event.municipality
    message, call = StepKind.MESSAGE, StepKind.CALL
    match event:
        case ContactRequested():
            first = event.channels[0] if event.channels else ""
            return Contact(*ids, message, ContactStage.REQUESTED, event.requested_at, first)
        case CallListed():
            return Contact(*ids, call, ContactStage.LISTED, event.listed_at, Channel.CALL)
        case CallConcluded():
            return Contact(
                *ids, call, ContactStage.CONCLUDED, event.concluded_at, Channel.CALL, event.outcome
            )
        case ContactWithheld():
            return Contact(*ids, event.kind, ContactStage.WITHHELD, event.withheld_at, "", event.reason)
        case MessageWithheld():
            return Contact(*ids, message, ContactStage.WITHHELD, event.withheld_at, "", event.reason)
        case ContactFellBack():
            return Contact(*ids, message, ContactStage.REQUESTED, event.failed_at, event.next_channel)
        case ContactHandedOver():
            at = event.handed_over_at
            return Contact(*ids, message, ContactStage.HANDED_OVER, at, event.channel, handed_over=True)
        case ContactDelivered():
            at = event.delivered_at
            return Contact(*ids, message, ContactStage.DELIVERED, at, event.channel, handed_over=True)
        case ContactFailed():
            return Contact(*ids, message, ContactStage.FAILED, event.failed_at, event.channel, event.code)
        case ContactInDoubt():
            return Contact(*ids, message, ContactStage.IN_DOUBT, event.in_doubt_at, event.channel)
        case _:
            raise TypeError(type(event).__name__)


def wave_from_event(event: WaveEvent) -> WaveProjection:
    match event:
        case WaveLaunched():
            planned = tuple([(s.authority or s.municipality, s.channel, s.contacts) for s in event.planned])
            excluded = tuple([(s.reason, s.people) for s in event.excluded])
            launch = Launch(event.plan, event.launched_at, planned, excluded)
            return WaveProjection(event.incident_id, LaunchedWaveState.RUNNING, event.launched_at, launch)
        case WavePaused():
            return WaveProjection(event.incident_id, LaunchedWaveState.PAUSED, event.paused_at)
        case WaveResumed():
            return WaveProjection(event.incident_id, LaunchedWaveState.RUNNING, event.resumed_at)
        case WaveCancelled():
            return WaveProjection(event.incident_id, LaunchedWaveState.CANCELLED, event.cancelled_at)
        case WaveCompleted():
            return WaveProjection(event.incident_id, LaunchedWaveState.COMPLETED, event.completed_at)
