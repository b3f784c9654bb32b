"""Whoever is shown as ready may be contacted, by a channel that is open to them; in any order of facts."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from typing import Any, Final
from uuid import UUID

import pytest

from contracts.events.ids import AuthorityId, ConsentId, IncidentId, RegistrationId
from contracts.events.registration import (
    ConsentFact,
    ConsentGiven,
    ConsentsRestated,
    ConsentWithdrawn,
    PersonCorrected,
    PersonRegistered,
)
from contracts.events.routing import HomeAuthorityResolved
from contracts.events.vocabulary import AgeBand, Channel, Contactability, Purpose, RegistrationPlace, Role
from contracts.wire.event import PersonEvent
from contracts.wire.sealed import Sealed
from services.console.projection import event_mapping
from services.console.projection.person import PersonBucket, PersonProjection, Stage, bucket, stages
from tests.person_states import InventedPeople

AT = datetime(2026, 12, 1, 12, tzinfo=UTC)
ENDS = AT + timedelta(days=365)
ABOUT: Final = {
    "incident_id": IncidentId(UUID(int=1)), "exercise": True, "registration_id": RegistrationId(UUID(int=2)),
}  # fmt: skip
AARHUS, MIDT, ODENSE = AuthorityId("0751"), AuthorityId("1082"), AuthorityId("0461")
ALL: Final = (Channel.CALL, Channel.DIGITAL_POST, Channel.SMS, Channel.EMAIL)


def consent(purpose: Purpose, **changed: Any) -> ConsentFact:
    facts = {
        "consent_id": ConsentId(UUID(int=3)), "purpose": purpose, "given_at": AT, "expires_at": ENDS,
        "channels": ALL if purpose is Purpose.CONTACT else (), "authorities": (),
    }  # fmt: skip
    return ConsentFact.model_validate(facts | changed)


def both(**changed: Any) -> tuple[ConsentFact, ...]:
    return consent(Purpose.REGISTRATION), consent(Purpose.CONTACT, **changed)


def registered(
    consents: Sequence[ConsentFact] | None = None,
    *,
    channels: Sequence[Channel] = ALL,
    age_band: AgeBand = AgeBand.ADULT,
) -> PersonRegistered:
    return PersonRegistered(
        **ABOUT, role=Role.VICTIM, place=RegistrationPlace.EPC, registered_at=AT, language="da",
        age_band=age_band, channels=tuple(channels), consents=tuple(both() if consents is None else consents),
        contact=Sealed(b"\x01sealed"),
    )  # fmt: skip


def resolved(**changed: Any) -> HomeAuthorityResolved:
    facts = {
        **ABOUT, "on": date(2026, 12, 1), "municipality": AARHUS, "region": MIDT, "reason": "register",
        "decided_at": AT, "contactability": Contactability.OPEN, "digital_post": True,
        "letter_allowed": True, "recipient": Sealed(b"\x01sealed"), "covered_by": (AARHUS, MIDT),
    }  # fmt: skip
    return HomeAuthorityResolved(**facts | changed)


def corrected(channels: Sequence[Channel]) -> PersonCorrected:
    return PersonCorrected(
        **ABOUT, role=Role.VICTIM, language="da", age_band=AgeBand.ADULT, channels=tuple(channels),
        contact=Sealed(b"\x01sealed"), changed=("phone",), corrected_at=AT + timedelta(hours=1),
    )  # fmt: skip


def known(*events: PersonEvent) -> PersonProjection:
    return reduce(event_mapping.apply_person_event, events, PersonProjection())


CASES: Final[dict[str, tuple[tuple[PersonEvent, ...], PersonBucket]]] = {
    "all is well": ((registered(), resolved()), PersonBucket.NOT_PLANNED),
    "the consent covers none of the person's channels": (
        (registered(both(channels=(Channel.EMAIL,)), channels=(Channel.CALL, Channel.SMS)), resolved()),
        PersonBucket.NOT_CONTACTABLE,
    ),
    "no contact details": ((registered(channels=()), resolved()), PersonBucket.NOT_CONTACTABLE),
    "Digital Post alone, and exempt from it": (
        (registered(channels=(Channel.DIGITAL_POST,)), resolved(digital_post=False)),
        PersonBucket.NOT_CONTACTABLE,
    ),
    "Digital Post alone, and the register not asked": (
        (registered(channels=(Channel.DIGITAL_POST,)), resolved(digital_post=None)), PersonBucket.NOT_PLANNED,
    ),
    "a letter alone, and none may be sent": (
        (
            registered(both(channels=(Channel.LETTER,)), channels=(Channel.LETTER,)),
            resolved(letter_allowed=False),
        ),
        PersonBucket.NOT_CONTACTABLE,
    ),
    "the register lets nobody write": (
        (registered(), resolved(contactability=Contactability.SUPPRESSED)), PersonBucket.NOT_CONTACTABLE,
    ),
    "a child nobody speaks for": (
        (registered(age_band=AgeBand.UNDER_15), resolved(recipient=None)), PersonBucket.NOT_CONTACTABLE,
    ),
    "a child with a guardian": (
        (registered(age_band=AgeBand.UNDER_15), resolved()), PersonBucket.NOT_PLANNED,
    ),
    "the consent names another authority": (
        (registered(both(authorities=(ODENSE,))), resolved()), PersonBucket.NO_CONSENT,
    ),
    "the consent names the region": (
        (registered(both(authorities=(MIDT,))), resolved()), PersonBucket.NOT_PLANNED,
    ),
    "an older decision that names nobody else": (
        (registered(both(authorities=(AARHUS,))), resolved(covered_by=())), PersonBucket.NOT_PLANNED,
    ),
    "a number that was added since": (
        (registered(both(channels=(Channel.SMS,)), channels=()), resolved(), corrected((Channel.SMS,))),
        PersonBucket.NOT_PLANNED,
    ),
    "a number that was removed since": (
        (registered(both(channels=(Channel.SMS,))), resolved(), corrected((Channel.EMAIL,))),
        PersonBucket.NOT_CONTACTABLE,
    ),
    "a later consent to another channel": (
        (
            registered(both(channels=(Channel.SMS,)), channels=(Channel.EMAIL,)), resolved(),
            ConsentGiven(**ABOUT, consent=consent(Purpose.CONTACT, given_at=AT + timedelta(hours=1))),
        ),
        PersonBucket.NOT_PLANNED,
    ),
    "consents restated to fewer channels": (
        (
            registered(), resolved(),
            ConsentsRestated(
                **ABOUT, consents=both(channels=(Channel.LETTER,)), restated_at=AT + timedelta(hours=1)
            ),
        ),
        PersonBucket.NOT_CONTACTABLE,
    ),
    "a withdrawal of an earlier day, recorded after the consent": (
        (
            registered(), resolved(),
            ConsentWithdrawn(
                **ABOUT, purpose=Purpose.CONTACT, withdrawn_at=AT - timedelta(days=1),
                recorded_at=AT + timedelta(hours=1),
            ),
        ),
        PersonBucket.NO_CONSENT,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("events", "expected"), CASES.values(), ids=CASES)
def test_only_contactable_people_are_shown_as_ready(
    events: tuple[PersonEvent, ...], expected: PersonBucket
) -> None:
    stated = InventedPeople().stated(events)
    told = stated * 2
    random.Random(1).shuffle(told)

    assert bucket(known(*stated), ()) == bucket(known(*told), ()) == expected


def test_a_person_with_an_expired_consent_is_ready_again_after_newer_consents() -> None:
    people = InventedPeople()
    person = known(*people.stated([registered(), resolved()]))
    lapsed = replace(person, lapsed_for=person.expires_at)
    later = {"given_at": ENDS, "expires_at": ENDS + timedelta(days=365)}

    contact, registration = people.stated(
        [ConsentGiven(**ABOUT, consent=consent(purpose, **later)) for purpose in reversed(Purpose)]
    )
    renewed = event_mapping.apply_person_event(lapsed, contact)
    also_registered = event_mapping.apply_person_event(renewed, registration)

    assert person.expires_at == ENDS
    assert bucket(lapsed, ()) is bucket(renewed, ()) is PersonBucket.CONSENT_EXPIRED
    assert Stage.CONSENTED not in stages(lapsed, ())
    assert bucket(also_registered, ()) is PersonBucket.NOT_PLANNED
