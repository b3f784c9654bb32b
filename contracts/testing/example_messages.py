"""One invented example of every event. The golden example files are made from them."""

from datetime import UTC, date, datetime
from uuid import UUID

from contracts.events import audit, notify, outreach, registration, routing
from contracts.events.ids import (
    AttemptId,
    AuthorityId,
    ConsentId,
    ContactId,
    HandoverId,
    IncidentId,
    RegistrationId,
    WaveId,
)
from contracts.events.vocabulary import (
    AgeBand,
    BarReason,
    CalledOffReason,
    CallOutcome,
    Channel,
    Contactability,
    HandoverStep,
    IncidentKind,
    ObtainedBy,
    Purpose,
    RefusalReason,
    RegistrationPlace,
    Relation,
    Role,
    StepKind,
    WithheldReason,
)
from contracts.wire.event import Event
from contracts.wire.sealed import Sealed

_AT = datetime(2026, 12, 20, 14, 5, tzinfo=UTC)
_SEALED = Sealed(b"\x01sealed")
_INCIDENT = IncidentId(UUID("01900000-0000-7000-8000-000000000001"))
_PERSON = RegistrationId(UUID("01900000-0000-7000-8000-000000000002"))
_AARHUS = AuthorityId("0751")
_CONSENT = registration.ConsentFact(
    consent_id=ConsentId(UUID("01900000-0000-7000-8000-000000000003")),
    purpose=Purpose.CONTACT,
    channels=(Channel.CALL, Channel.DIGITAL_POST),
    given_at=_AT,
    expires_at=datetime(2027, 12, 20, 14, 5, tzinfo=UTC),
    wording="2026-11",
    language="da",
    obtained=ObtainedBy.PAPER_FORM,
    form_number="F-0042",
    documentation=_SEALED,
    sealed_for=_PERSON,
)
_ABOUT_INCIDENT = {"incident_id": _INCIDENT, "exercise": True}
_ABOUT_PERSON = {**_ABOUT_INCIDENT, "registration_id": _PERSON}
_WAVE = WaveId(UUID("01900000-0000-7000-8000-000000000004"))
_ABOUT_WAVE = {**_ABOUT_INCIDENT, "wave_id": _WAVE}
_ABOUT_CONTACT = {
    **_ABOUT_PERSON,
    "contact_id": ContactId(UUID("01900000-0000-7000-8000-000000000005")),
    "wave_id": _WAVE,
    "municipality": _AARHUS,
}
_OTHER_PERSON = RegistrationId(UUID("01900000-0000-7000-8000-000000000007"))
_OF_REGISTRATION = {
    **_ABOUT_PERSON,
    "person": registration.PersonState(
        role=Role.WITNESS,
        place=RegistrationPlace.EPC,
        registered_at=_AT,
        language="da",
        age_band=AgeBand.ADULT,
        channels=(Channel.CALL, Channel.DIGITAL_POST),
        preferred_channel=Channel.CALL,
        identity=_SEALED,
        contact=_SEALED,
        circumstances=_SEALED,
        consents=(_CONSENT,),
        withdrawn={Purpose.REGISTRATION: _AT},
        restrictions=(registration.Restriction(reason=BarReason.DO_NOT_CONTACT, since=_AT, lifted_at=_AT),),
        relations=(registration.RelationFact(registration_id=_OTHER_PERSON, word=Relation.FAMILY),),
        merged_into=_OTHER_PERSON,
    ),
    "revision": 1_797_775_500_000_000,
}
_ABOUT_HANDOVER = {
    **_ABOUT_PERSON,
    "handover_id": HandoverId(UUID("01900000-0000-7000-8000-000000000008")),
    "authority": _AARHUS,
}
_ATTEMPT = AttemptId(UUID("01900000-0000-7000-8000-000000000006"))

EXAMPLES: tuple[Event, ...] = (
    registration.IncidentOpened.model_validate(
        {
            **_ABOUT_INCIDENT,
            "name": "Øvelse Nord",
            "kind": IncidentKind.TRANSPORT,
            "place": "Aarhus H",
            "started_at": _AT,
            "event_authority": _AARHUS,
            "hotline": "+4570123456",
            "web_page": "https://example.dk/nord",
        }
    ),
    registration.IncidentCorrected.model_validate(
        {
            **_ABOUT_INCIDENT,
            "name": "Øvelse Nord",
            "kind": IncidentKind.TRANSPORT,
            "place": "Aarhus H, spor 3",
            "started_at": _AT,
            "event_authority": _AARHUS,
            "event_authorities": (_AARHUS, "1082"),
            "hotline": "+4570123456",
            "corrected_at": _AT,
        }
    ),
    registration.IncidentClosed.model_validate({**_ABOUT_INCIDENT, "closed_at": _AT}),
    registration.IncidentReopened.model_validate({**_ABOUT_INCIDENT, "reopened_at": _AT}),
    registration.PersonRegistered.model_validate(
        {
            **_OF_REGISTRATION,
            "role": Role.WITNESS,
            "place": RegistrationPlace.EPC,
            "registered_at": _AT,
            "language": "da",
            "age_band": AgeBand.ADULT,
            "channels": (Channel.CALL, Channel.SMS, Channel.DIGITAL_POST),
            "consents": (_CONSENT,),
            "identity": _SEALED,
            "contact": _SEALED,
        }
    ),
    registration.PersonCorrected.model_validate(
        {
            **_OF_REGISTRATION,
            "role": Role.WITNESS,
            "language": "da",
            "age_band": AgeBand.ADULT,
            "channels": (Channel.CALL, Channel.SMS, Channel.DIGITAL_POST),
            "identity": _SEALED,
            "contact": _SEALED,
            "circumstances": _SEALED,
            "preferred_channel": Channel.CALL,
            "changed": ("identifiers", "phone"),
            "corrected_at": _AT,
        }
    ),
    registration.PersonMerged.model_validate({**_OF_REGISTRATION, "into": _OTHER_PERSON, "merged_at": _AT}),
    registration.PersonUnmerged.model_validate(
        {**_OF_REGISTRATION, "out_of": _OTHER_PERSON, "unmerged_at": _AT}
    ),
    registration.ConsentGiven.model_validate({**_OF_REGISTRATION, "consent": _CONSENT}),
    registration.ConsentWithdrawn.model_validate(
        {**_OF_REGISTRATION, "purpose": Purpose.CONTACT, "withdrawn_at": _AT, "recorded_at": _AT}
    ),
    registration.ConsentsRestated.model_validate(
        {**_OF_REGISTRATION, "consents": (_CONSENT,), "restated_at": _AT}
    ),
    registration.ContactBarred.model_validate(
        {**_OF_REGISTRATION, "reason": BarReason.DO_NOT_CONTACT, "barred_at": _AT}
    ),
    registration.ContactBarLifted.model_validate(
        {**_OF_REGISTRATION, "reason": BarReason.DO_NOT_CONTACT, "lifted_at": _AT}
    ),
    registration.RelationsTold.model_validate(
        {
            **_OF_REGISTRATION,
            "relations": ({"registration_id": _OTHER_PERSON, "word": "family"},),
            "told_at": _AT,
        }
    ),
    registration.PersonForgotten.model_validate({**_OF_REGISTRATION, "forgotten_at": _AT}),
    routing.HomeAuthorityResolved.model_validate(
        {
            **_ABOUT_PERSON,
            "on": date(2026, 12, 20),
            "municipality": _AARHUS,
            "region": "1082",
            "reason": "register_resident",
            "decided_at": _AT,
            "contactability": Contactability.OPEN,
            "digital_post": True,
            "letter_allowed": True,
            "recipient": _SEALED,
            "acting": "1082",
            "covered_by": (_AARHUS, "1082"),
        }
    ),
    routing.HomeAuthorityUnresolved.model_validate(
        {
            **_ABOUT_PERSON,
            "on": date(2026, 12, 20),
            "queue": "address",
            "reason": "postcode_spans_municipalities",
            "candidates": ("0217", "0219"),
            "decided_at": _AT,
            "held_by": "1082",
            "covered_by": (_AARHUS, "1082"),
        }
    ),
    routing.CurrentNumberLearned.model_validate({**_ABOUT_PERSON, "number": _SEALED, "learned_at": _AT}),
    routing.TriageOverdue.model_validate(
        {
            **_ABOUT_PERSON,
            "queue": "address",
            "reason": "postcode_spans",
            "since": _AT,
            "owner_known": False,
            "overdue_at": _AT,
        }
    ),
    routing.HandoverOffered.model_validate(
        {**_ABOUT_HANDOVER, "consent_id": _CONSENT.consent_id, "offered_at": _AT, "answer_by": _AT}
    ),
    routing.HandoverAccepted.model_validate({**_ABOUT_HANDOVER, "accepted_at": _AT, "contact_by": _AT}),
    routing.HandoverRefused.model_validate(
        {**_ABOUT_HANDOVER, "reason": RefusalReason.NOT_OUR_RESIDENT, "refused_at": _AT}
    ),
    routing.FirstContactMade.model_validate({**_ABOUT_HANDOVER, "made_at": _AT}),
    routing.HandoverEscalated.model_validate(
        {
            **_ABOUT_HANDOVER,
            "step": HandoverStep.ACCEPTANCE,
            "region": "1082",
            "due_at": _AT,
            "escalated_at": _AT,
        }
    ),
    routing.RelativeDeathUndone.model_validate({**_ABOUT_HANDOVER, "learned_at": _AT}),
    routing.RelativeDied.model_validate({**_ABOUT_HANDOVER, "relative": _OTHER_PERSON, "learned_at": _AT}),
    routing.HandoverCalledOff.model_validate(
        {**_ABOUT_HANDOVER, "reason": CalledOffReason.MOVED, "called_off_at": _AT}
    ),
    outreach.WaveDrafted.model_validate({**_ABOUT_WAVE, "drafted_at": _AT}),
    outreach.WaveLaunched.model_validate(
        {
            **_ABOUT_WAVE,
            "plan": "information",
            "plan_version": 1,
            "frozen_hash": "0" * 64,
            "launched_at": _AT,
            "planned": ({"municipality": _AARHUS, "channel": Channel.DIGITAL_POST, "contacts": 3},),
            "excluded": ({"reason": WithheldReason.NO_CONSENT, "people": 1},),
        }
    ),
    outreach.WavePaused.model_validate({**_ABOUT_WAVE, "paused_at": _AT}),
    outreach.WaveResumed.model_validate({**_ABOUT_WAVE, "resumed_at": _AT}),
    outreach.WaveCancelled.model_validate({**_ABOUT_WAVE, "cancelled_at": _AT}),
    outreach.WaveCompleted.model_validate({**_ABOUT_WAVE, "completed_at": _AT}),
    outreach.ContactRequested.model_validate(
        {
            **_ABOUT_CONTACT,
            "template": "information",
            "channels": (Channel.DIGITAL_POST, Channel.SMS),
            "language": "da",
            "requested_at": _AT,
            "not_after": _AT,
            "recipient": _SEALED,
        }
    ),
    outreach.CallListed.model_validate({**_ABOUT_CONTACT, "listed_at": _AT}),
    outreach.CallConcluded.model_validate(
        {**_ABOUT_CONTACT, "outcome": CallOutcome.SPOKE, "concluded_at": _AT, "concluded_by": "nurse"}
    ),
    outreach.ContactWithheld.model_validate(
        {
            **_ABOUT_CONTACT,
            "kind": StepKind.MESSAGE,
            "reason": WithheldReason.CONSENT_WITHDRAWN,
            "withheld_at": _AT,
        }
    ),
    notify.ContactHandedOver.model_validate(
        {**_ABOUT_CONTACT, "attempt_id": _ATTEMPT, "channel": Channel.DIGITAL_POST, "handed_over_at": _AT}
    ),
    notify.ContactDelivered.model_validate(
        {**_ABOUT_CONTACT, "attempt_id": _ATTEMPT, "channel": Channel.DIGITAL_POST, "delivered_at": _AT}
    ),
    notify.ContactFellBack.model_validate(
        {
            **_ABOUT_CONTACT,
            "failed_channel": Channel.DIGITAL_POST,
            "next_channel": Channel.SMS,
            "code": "not_enrolled",
            "failed_at": _AT,
        }
    ),
    notify.ContactFailed.model_validate(
        {**_ABOUT_CONTACT, "channel": Channel.SMS, "code": "unknown_number", "failed_at": _AT}
    ),
    notify.ContactInDoubt.model_validate(
        {**_ABOUT_CONTACT, "attempt_id": _ATTEMPT, "channel": Channel.SMS, "in_doubt_at": _AT}
    ),
    notify.MessageWithheld.model_validate(
        {**_ABOUT_CONTACT, "reason": WithheldReason.CONSENT_WITHDRAWN, "withheld_at": _AT}
    ),
    audit.PersonalDataSeen.model_validate(
        {
            **_ABOUT_PERSON,
            "actor": "sygeplejerske 7",
            "field_sets": ("contact",),
            "purpose": "call_list",
            "seen_at": _AT,
        }
    ),
    audit.PeopleSearched.model_validate(
        {
            **_ABOUT_INCIDENT,
            "actor": "hotline 3",
            "by": "phone",
            "found": 1,
            "purpose": "hotline",
            "searched_at": _AT,
        }
    ),
    audit.BadRowsSeen.model_validate(
        {
            **_ABOUT_INCIDENT,
            "import_id": "0193a5d0-0000-7000-8000-0000000000e1",
            "actor": "registrator 2",
            "rows": 12,
            "seen_at": _AT,
        }
    ),
    audit.IncidentWordsSeen.model_validate(
        {**_ABOUT_INCIDENT, "actor": "koordinator KOP", "purpose": "retention", "seen_at": _AT}
    ),
    audit.PersonalDataPassedOn.model_validate(
        {
            **_ABOUT_HANDOVER,
            "field_sets": ("identity", "contact", "circumstances"),
            "consent_id": _CONSENT.consent_id,
            "actor": "Aarhus kriseteam",
            "passed_on_at": _AT,
        }
    ),
)
