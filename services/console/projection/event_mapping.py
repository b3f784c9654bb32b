"""Map one event to a person, a contact or a wave of the projection."""

from dataclasses import replace
from datetime import datetime

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
from contracts.events.registration import (
    ConsentFact,
    ConsentGiven,
    ConsentsRestated,
    ConsentWithdrawn,
    ContactBarLifted,
    ContactBarred,
    PersonCorrected,
    PersonForgotten,
    PersonMerged,
    PersonRegistered,
    PersonUnmerged,
)
from contracts.events.routing import HomeAuthorityResolved, HomeAuthorityUnresolved
from contracts.events.vocabulary import AgeBand, BarReason, Channel, Contactability, Purpose, StepKind
from contracts.wire.event import PersonEvent
from services.console.projection import consent_terms
from services.console.projection import person as people
from services.console.projection.contact import Contact, ContactStage
from services.console.projection.person import PersonProjection
from services.console.projection.wave import Launch, LaunchedWaveState, WaveProjection

PERSON = (
    PersonRegistered,
    ConsentGiven,
    ConsentWithdrawn,
    ConsentsRestated,
    PersonCorrected,
    ContactBarred,
    ContactBarLifted,
    PersonMerged,
    PersonUnmerged,
    PersonForgotten,
    HomeAuthorityResolved,
    HomeAuthorityUnresolved,
)
CONTACT = (
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


def person_from_event(event: PersonEvent) -> PersonProjection:  # noqa: PLR0911 - one case for each event
    match event:
        case PersonRegistered():
            person = replace(_contact_details(event.registered_at, event), registered=True)
            for more in (
                *map(_consent_given, event.consents),
                *(_contact_restricted(b, event.registered_at) for b in event.bars),
            ):
                person = people.merge(person, more)
            return person
        case ConsentGiven():
            return _consent_given(event.consent)
        case ConsentWithdrawn():
            return _consent_withdrawn(event)
        case PersonForgotten():
            return PersonProjection(forgotten=True)
        case HomeAuthorityResolved():
            return _resolved(event)
        case HomeAuthorityUnresolved():
            return PersonProjection(decided_at=event.decided_at)
        case _:
            return _person_from_change(event)


def _person_from_change(event: PersonEvent) -> PersonProjection:  # noqa: PLR0911 - one case for each event
    match event:
        case ConsentsRestated():
            ordered = sorted(event.consents, key=lambda consent: consent.given_at)
            terms = {consent.purpose: consent_terms.as_text(consent) for consent in ordered}
            return PersonProjection(
                restated_at=event.restated_at,
                restated_registration=Purpose.REGISTRATION in terms,
                restated_registration_terms=terms.get(Purpose.REGISTRATION, consent_terms.UNKNOWN),
                restated_contact=Purpose.CONTACT in terms,
                restated_contact_terms=terms.get(Purpose.CONTACT, consent_terms.UNKNOWN),
            )
        case PersonCorrected():
            return _contact_details(event.corrected_at, event)
        case ContactBarred():
            return _contact_restricted(event.reason, event.barred_at)
        case ContactBarLifted() if event.reason is BarReason.RESTRICTED:
            return PersonProjection(restricted_lifted=event.lifted_at)
        case ContactBarLifted():
            return PersonProjection(do_not_contact_lifted=event.lifted_at)
        case PersonMerged():
            return PersonProjection(merged_at=event.merged_at)
        case PersonUnmerged():
            return PersonProjection(unmerged_at=event.unmerged_at)
        case _:
            raise TypeError(type(event).__name__)


def _consent_given(consent: ConsentFact) -> PersonProjection:
    given_at, allowed = consent.given_at, consent_terms.as_text(consent)
    if consent.purpose is Purpose.REGISTRATION:
        return PersonProjection(registration_given_at=given_at, registration_terms=allowed)
    return PersonProjection(contact_given_at=given_at, contact_terms=allowed)


def _consent_withdrawn(event: ConsentWithdrawn) -> PersonProjection:
    """End the consents given before the withdrawal was recorded, even if the citizen withdrew earlier."""
    at = max(event.withdrawn_at, event.recorded_at or event.withdrawn_at)
    if event.purpose is Purpose.REGISTRATION:
        return PersonProjection(registration_withdrawn_at=at)
    return PersonProjection(contact_withdrawn_at=at)


def _contact_details(at: datetime, event: PersonRegistered | PersonCorrected) -> PersonProjection:
    is_child = event.age_band is AgeBand.UNDER_15
    return PersonProjection(reach_at=at, possible=",".join(sorted(event.channels)), is_child=is_child)


def _resolved(event: HomeAuthorityResolved) -> PersonProjection:
    is_closed = {
        Channel.DIGITAL_POST: event.digital_post is False,
        Channel.LETTER: not event.letter_allowed,
    }
    return PersonProjection(
        decided_at=event.decided_at,
        municipality=event.acting or event.municipality,
        covered_by=",".join(sorted(event.covered_by or (event.municipality,))),
        closed=",".join([channel for channel, closed in is_closed.items() if closed]),
        suppressed=event.contactability is not Contactability.OPEN,
        unaddressed=event.recipient is None,
    )


def _contact_restricted(reason: BarReason, at: datetime) -> PersonProjection:
    if reason is BarReason.RESTRICTED:
        return PersonProjection(restricted_since=at)
    return PersonProjection(do_not_contact_since=at)


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
