"""A child under 15 whose age is learned after the consent: what it agreed to alone counts for nothing."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from contracts.events.personal import CONTACT, ContactDetails
from contracts.events.registration import ConsentsRestated, PersonCorrected, PersonRegistered
from kit.runtime.clock import SystemClock
from services.registration.workers.golden_record import GoldenRecords
from tests.conftest import Databases
from tests.deliveries import sent
from tests.integration.registration.api_client import PERSON, RegistrationOffice, opened

_BOTH = PERSON["consents"]
_CHILD = {"birth_date": "2015-05-05", "why": "det er et barn"}


@pytest.fixture(scope="module")
async def office(databases: Databases) -> AsyncIterator[RegistrationOffice]:
    async with opened(databases) as made:
        yield made


async def registered(office: RegistrationOffice, incident: str, **changed: Any) -> str:
    answer = await office.register(incident, **{"identifiers": [], "consents": _BOTH, **changed})
    assert answer.is_success, answer.text
    return str(answer.json()["registration_id"])


async def shown(office: RegistrationOffice, person: str) -> dict[str, Any]:
    answer: dict[str, Any] = (await office.http.get(f"/registrations/{person}")).json()
    return answer


async def corrected(office: RegistrationOffice, person: str, **changed: Any) -> dict[str, Any]:
    answer = await office.http.post(f"/registrations/{person}/corrections", json=changed)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def restated(office: RegistrationOffice, person: str) -> list[ConsentsRestated]:
    async with office.resources.database.transaction() as session:
        events = await sent(session)
    return [one for one in events if isinstance(one, ConsentsRestated) and one.key() == person]


async def test_a_consent_of_a_child_alone_ends_when_the_age_is_learned_and_is_emitted(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    person = await registered(office, incident)

    answer = await corrected(office, person, **_CHILD)

    assert "consents" in [hint["field"] for hint in answer["hints"]]
    after = await shown(office, person)
    assert (after["registration_until"], after["contact_until"]) == (None, None)
    assert [entry["childs_own"] for entry in after["consents"]] == [True, True]
    assert (await restated(office, person))[-1].consents == ()
    assert (await office.counts(incident))["without_contact_consent"] == 1
    assert after["withdrawn"] is False, "nobody has withdrawn anything"
    assert (await corrected(office, person, birth_date="1985-05-05", why="tastefejl"))["hints"] == []
    grown_up = await shown(office, person)
    assert grown_up["contact_until"] is not None, "it was an adult's after all"


async def test_the_guardians_consent_counts_beside_the_childs_own(office: RegistrationOffice) -> None:
    person = await registered(office, await office.open_incident())
    await corrected(office, person, **_CHILD)

    for one in _BOTH:
        answer = await office.http.post(
            f"/registrations/{person}/consents", json={**one, "guardian": "Mor Test"}
        )
        assert (answer.status_code, answer.json()["stands"]) == (201, True)

    after = await shown(office, person)
    assert after["contact_until"] is not None
    assert [bool(entry["guardian"]) for entry in after["consents"]].count(True) == 2


async def test_a_consent_without_a_guardian_does_not_join_a_child_by_a_merge(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    child = await registered(office, incident, name="Ida Test", birth_date="2015-05-05", consents=[])
    again = await registered(office, incident, name="Ida Test", birth_date=None, phone="20 12 34 56")
    pair = (
        await office.http.post(
            f"/incidents/{incident}/duplicates", json={"one": child, "other": again, "why": "samme barn"}
        )
    ).json()["id"]

    merged = await office.http.post(f"/duplicates/{pair}/confirm", headers={"X-Actor": "Vibe Vagtleder"})

    assert merged.status_code == 200, merged.text
    assert (await shown(office, child))["contact_until"] is None
    await office.http.post(f"/duplicates/{pair}/undo", json={"why": "to børn"})
    assert (await shown(office, child))["contact_until"] is None
    assert (await shown(office, again))["contact_until"] is not None


async def test_a_repeat_by_a_passport_does_not_speak_for_a_known_child(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    passport = [{"system": "passport", "value": "AB123456", "scope": "UA"}]
    child = await registered(office, incident, identifiers=passport, birth_date="2015-05-05", consents=[])
    await registered(office, incident, identifiers=passport, place="hotline", consents=_BOTH[:1])

    while await GoldenRecords(office.resources, SystemClock()).round():
        pass

    assert (await shown(office, child))["registration_until"] is None
    async with office.resources.database.transaction() as session:
        rows = await session.fetch("select * from childs_consent where registration_id = $1", UUID(child))
    assert len(rows) == 1


async def contacts_told(office: RegistrationOffice, person: str) -> list[ContactDetails]:
    """Open the contact details that the others are told, in order."""
    key = (await office.resources.keyring.read([UUID(person)]))[UUID(person)]
    async with office.resources.database.transaction() as session:
        events = [e for e in await sent(session) if e.key() == person]
    told = [e for e in events if isinstance(e, PersonRegistered | PersonCorrected)]
    return [key.open(CONTACT, event.contact, ContactDetails) for event in told]


async def guardians_told(office: RegistrationOffice, person: str) -> list[str | None]:
    """Return whom the others are told of as the guardian who consented to contact, in order."""
    return [contact.guardian for contact in await contacts_told(office, person)]


async def test_the_guardian_who_consented_to_contact_is_emitted_with_the_child(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    child = {"birth_date": "2015-05-05", "name": "Ida Test"}
    consents = [{**one, "guardian": "Mor Test"} for one in _BOTH]
    person = await registered(office, incident, consents=consents, **child)

    later = {**_BOTH[1], "guardian": "Far Test", "at": "2026-11-24T13:00:00+01:00"}
    answer = await office.http.post(f"/registrations/{person}/consents", json=later)
    await corrected(office, person, phone="20 12 34 57", why="nyt nummer")

    assert answer.status_code == 201, answer.text
    assert await guardians_told(office, person) == ["Mor Test", "Far Test", "Far Test"]


async def guardians_numbers_told(office: RegistrationOffice, person: str) -> list[str | None]:
    return [contact.guardian_cpr for contact in await contacts_told(office, person)]


async def test_the_number_of_the_consenting_guardian_is_emitted_sealed_with_the_child(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    child = {"birth_date": "2015-05-05", "name": "Ida Test"}
    mothers = [{**one, "guardian": "Mor Test", "guardian_cpr": "020160-9996"} for one in _BOTH]
    person = await registered(office, incident, consents=mothers, **child)

    later = {**_BOTH[1], "guardian": "Far Test", "at": "2026-11-24T13:00:00+01:00"}
    numbered = {**later, "guardian_cpr": "0201609995", "at": "2026-11-24T14:00:00+01:00"}
    for consent in (later, numbered):
        answer = await office.http.post(f"/registrations/{person}/consents", json=consent)
        assert answer.status_code == 201, answer.text

    assert await guardians_numbers_told(office, person) == ["0201609996", None, "0201609995"]
    entries = (await shown(office, person))["consents"]
    assert [one["guardian_cpr"] for one in entries] == ["0201609996", "0201609996", None, "0201609995"]


async def test_a_guardians_number_that_is_none_is_refused(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    wrong = [{**one, "guardian": "Mor Test", "guardian_cpr": "1234"} for one in _BOTH]

    answer = await office.register(incident, identifiers=[], birth_date="2015-05-05", consents=wrong)

    assert answer.status_code == 422
    assert "consents.0.guardian_cpr" in [error["field"] for error in answer.json()["errors"]]
    assert "1234" not in answer.text


async def test_nobody_is_named_as_guardian_of_somebody_who_consented_alone(
    office: RegistrationOffice,
) -> None:
    person = await registered(office, await office.open_incident())

    assert await guardians_told(office, person) == [None]


async def refused_by_one_guardian(office: RegistrationOffice, teller: str | None = "Far Test") -> str:
    """Register a child whose mother has consented, and whose father refuses the contact."""
    guardian = [{**one, "guardian": "Mor Test"} for one in _BOTH]
    incident = await office.open_incident()
    child = await registered(office, incident, name="Ida Test", birth_date="2015-05-05", consents=guardian)
    refusal = {"purpose": "contact", "how": "call", "told_by": "guardian", "teller": teller}
    answer = await office.http.post(f"/registrations/{child}/withdrawals", json=refusal)
    assert answer.json()["contact_until"] is None
    return child


async def consented(
    office: RegistrationOffice, child: str, guardian: str, **more: Any
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give what is answered, twice."""
    later = datetime.now(UTC).isoformat()
    body = {**_BOTH[1], "guardian": guardian, "at": later, **more}
    first, again = [
        (await office.http.post(f"/registrations/{child}/consents", json=body)).json() for _ in range(2)
    ]
    return first, again


@pytest.mark.parametrize("teller", ["Far Test", None, "ukendt mand", "???", "M."])
async def test_where_one_guardian_refuses_the_others_later_consent_waits_for_a_person(
    office: RegistrationOffice, teller: str | None
) -> None:
    child = await refused_by_one_guardian(office, teller)

    answers = await consented(office, child, "Mor Test")

    for answer in answers:
        assert (answer["stands"], answer["contact_until"]) == (False, None)
        assert "guardians_agree" in [hint["field"] for hint in answer["hints"]]
    kept = [one for one in (await shown(office, child))["consents"] if one["unconfirmed"]]
    assert [one["guardian"] for one in kept] == ["Mor Test"]


async def test_a_person_decides_between_the_guardians(office: RegistrationOffice) -> None:
    child = await refused_by_one_guardian(office)
    await consented(office, child, "Mor Test")

    first, again = await consented(office, child, "Mor Test", guardians_agree=True)

    assert (first["stands"], again["stands"]) == (True, True)
    assert first["contact_until"] is not None


async def test_the_guardian_who_refused_may_change_their_mind(office: RegistrationOffice) -> None:
    child = await refused_by_one_guardian(office)

    first, _ = await consented(office, child, "Far Test")

    assert first["stands"] is True


async def test_a_refusal_holds_when_the_other_guardian_withdraws_and_consents_again(
    office: RegistrationOffice,
) -> None:
    child = await refused_by_one_guardian(office)
    withdrawal = {"purpose": "contact", "how": "call", "told_by": "guardian", "teller": "Mor Test"}
    answer = await office.http.post(f"/registrations/{child}/withdrawals", json=withdrawal)
    assert answer.is_success, answer.text

    first, again = await consented(office, child, "Mor Test")

    assert (first["stands"], again["stands"]) == (False, False)
    assert first["contact_until"] is None


async def test_a_refusal_that_a_person_decided_about_is_not_compared_again(
    office: RegistrationOffice,
) -> None:
    child = await refused_by_one_guardian(office)
    await consented(office, child, "Mor Test", guardians_agree=True)
    withdrawal = {"purpose": "contact", "how": "call", "told_by": "guardian", "teller": "Mor Test"}
    await office.http.post(f"/registrations/{child}/withdrawals", json=withdrawal)

    first, _ = await consented(office, child, "Mor Test")

    assert first["stands"] is True


async def test_a_second_registration_by_the_other_guardian_does_not_undo_the_refusal(
    office: RegistrationOffice,
) -> None:
    passport = [{"system": "passport", "value": "IDA12345", "scope": "UA"}]
    child = await refused_by_one_guardian(office)
    await corrected(office, child, identifiers=passport, why="pas vist")
    incident = (await shown(office, child))["incident_id"]
    later = datetime.now(UTC).isoformat()
    mothers = [{**one, "guardian": "Mor Test", "at": later} for one in _BOTH]

    again = await office.register(incident, name="Ida Test", identifiers=passport, consents=mothers)

    assert again.json()["registration_id"] == child
    assert (await shown(office, child))["contact_until"] is None


async def test_an_adult_may_consent_again_after_a_withdrawal_reported_by_another_person(
    office: RegistrationOffice,
) -> None:
    person = await registered(office, await office.open_incident())
    refusal = {"purpose": "contact", "how": "call", "told_by": "guardian", "teller": "Far Test"}
    await office.http.post(f"/registrations/{person}/withdrawals", json=refusal)

    first, _ = await consented(office, person, "Mor Test")

    assert first["stands"] is True


_PASSPORT = {"identifiers": [{"system": "passport", "value": "IDA54321", "scope": "UA"}], "name": "Ida Test"}


async def registered_by(
    office: RegistrationOffice, incident: str, guardian: str, at: str, **more: Any
) -> str:
    """Register the child of `_PASSPORT` with the consents of one guardian."""
    consents = [{**one, "guardian": guardian, "at": f"2026-11-24T{at}:00+01:00"} for one in _BOTH]
    child = {**_PASSPORT, "birth_date": "2015-05-05", "consents": consents}
    return await registered(office, incident, **{**child, **more})


async def test_the_guardian_who_registers_a_child_again_is_put_on_the_call_card(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    numbered = [
        {**one, "guardian": "Far Test", "guardian_cpr": "0201609995", "at": "2026-11-24T13:00:00+01:00"}
        for one in _BOTH
    ]

    child = await registered_by(office, incident, "Mor Test", "12:00")
    again = await registered_by(office, incident, "", "13:00", consents=numbered)

    assert again == child
    assert await guardians_told(office, child) == ["Mor Test", "Far Test"]
    assert await guardians_numbers_told(office, child) == [None, "0201609995"]


async def test_a_child_first_registered_without_consent_gets_the_guardian_of_the_second(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()

    child = await registered_by(office, incident, "", "12:00", consents=[])
    await registered_by(office, incident, "Mor Test", "13:00", place="self")

    assert await guardians_told(office, child) == [None, "Mor Test"]


@pytest.mark.parametrize(
    ("guardian", "at", "more"),
    [
        ("Far Test", "11:00", {}),
        ("Far Test", "13:00", {"place": "self"}),
        ("Far Test", "13:00", {"consents": []}),
        ("Mor Test", "13:00", {}),
    ],
    ids=["an older consent", "from the public page", "without a consent", "the same guardian"],
)
async def test_a_repeat_that_names_no_newer_guardian_changes_no_card(
    office: RegistrationOffice, guardian: str, at: str, more: dict[str, Any]
) -> None:
    incident = await office.open_incident()

    child = await registered_by(office, incident, "Mor Test", "12:00")
    await registered_by(office, incident, guardian, at, **more)

    assert await guardians_told(office, child) == ["Mor Test"]


async def test_a_guardian_whose_consent_does_not_count_is_not_put_on_the_card(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    child = await registered_by(office, incident, "Mor Test", "12:00")
    refusal = {"purpose": "contact", "how": "call", "told_by": "guardian", "teller": "Mor Test"}
    await office.http.post(f"/registrations/{child}/withdrawals", json=refusal)

    later = datetime.now(UTC).isoformat()
    fathers = [{**one, "guardian": "Far Test", "at": later} for one in _BOTH]
    await registered_by(office, incident, "", "13:00", consents=fathers)

    assert await guardians_told(office, child) == ["Mor Test"]


async def test_the_office_naming_the_guardian_still_replaces_what_the_public_page_said(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()

    child = await registered_by(office, incident, "Mor Test", "12:00", place="self", phone="20 12 34 56")
    await registered_by(office, incident, "Far Test", "13:00", phone="26 12 34 57")
    while await GoldenRecords(office.resources, SystemClock()).round():
        pass

    assert (await shown(office, child))["phone"] == "+4526123457"
    assert (await guardians_told(office, child))[-1] == "Far Test"


async def test_a_child_that_was_taken_for_another_takes_its_guardian_along(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    child = await registered_by(office, incident, "Mor Test", "12:00")
    await registered_by(office, incident, "Far Test", "13:00")
    [repeat] = (await shown(office, child))["repeats"]

    answer = await office.http.post(
        f"/registrations/{repeat['registration_id']}/split", json={"why": "et andet barn"}
    )

    assert answer.is_success, answer.text
    assert (await guardians_told(office, child))[-1] == "Mor Test"
