"""The public page: it registers valid forms, keeps the input, and does not reveal who is registered."""

import asyncio
from collections.abc import AsyncIterator
from html import unescape
from typing import Any

import pytest

from contracts.events.registration import ConsentGiven, PersonRegistered
from contracts.events.vocabulary import AgeBand, Channel, Purpose
from services.registration.documents.texts import labels
from tests.conftest import Databases
from tests.deliveries import sent
from tests.integration.registration.api_client import CPR, PERSON, RegistrationOffice
from tests.integration.registration.public_visitor import PublicPage, office_with_a_page, open_public_page


@pytest.fixture(scope="module")
async def office(databases: Databases) -> AsyncIterator[RegistrationOffice]:
    async with office_with_a_page(databases) as made:
        yield made


@pytest.fixture
async def street(office: RegistrationOffice) -> PublicPage:
    return await open_public_page(office)


async def told(street: PublicPage) -> PersonRegistered:
    async with street.office.resources.database.transaction() as session:
        events = [e for e in await sent(session) if isinstance(e, PersonRegistered)]
    return [event for event in events if str(event.incident_id) == street.incident][-1]


async def test_a_submitted_form_registers_the_person_with_the_shown_consent_text(
    street: PublicPage,
) -> None:
    answer = await street.send(
        await street.fill("uk", cpr=CPR, concerns="Søvn", preferred_time="evening"), "uk"
    )

    assert (answer.status_code, answer.headers["Location"]) == (303, f"{street.path}/tak?language=uk")
    event = await told(street)
    shown = (await street.office.http.get(f"/registrations/{event.registration_id}")).json()
    assert (shown["place"], shown["presence"], shown["language"]) == ("self", "stated", "uk")
    assert (shown["concerns"], shown["preferred_time"]) == ("Søvn", "evening")
    for consent in shown["consents"]:
        assert (consent["obtained"], consent["wording"], consent["language"]) == ("digital", "2026-1", "uk")
    assert {fact.purpose for fact in event.consents} == set(Purpose)
    assert next(f for f in event.consents if f.purpose is Purpose.CONTACT).channels == (
        Channel.CALL,
        Channel.SMS,
    )


async def test_a_known_person_and_a_new_person_get_the_same_response(street: PublicPage) -> None:
    await street.office.register(street.incident)
    known = await street.fill(cpr=PERSON["identifiers"][0]["value"])
    new = await street.fill(cpr="0104909989")

    answers = [await street.send(known), await street.send(new)]

    own = {"date", "x-request-id"}
    same = [(a.status_code, a.content, {k: v for k, v in a.headers.items() if k not in own}) for a in answers]
    assert same[0] == same[1]
    page = (await street.office.http.get(answers[0].headers["Location"])).text
    assert labels("da")["page"]["thanks"] in unescape(page)
    assert await street.registered() == 2  # the known one is no new person


async def test_the_public_page_does_not_undo_a_withdrawal(street: PublicPage) -> None:
    person = (await street.office.register(street.incident)).json()["registration_id"]
    await street.office.http.post(
        f"/registrations/{person}/withdrawals", json={"purpose": "contact", "how": "hotline"}
    )

    answer = await street.send(await street.fill(cpr=CPR))

    assert answer.status_code == 303
    shown = (await street.office.http.get(f"/registrations/{person}")).json()
    assert (shown["withdrawn"], shown["contact_until"]) == (True, None)
    by_purpose = {c["purpose"]: c["unconfirmed"] for c in shown["consents"] if c["obtained"] == "digital"}
    assert by_purpose == {"registration": False, "contact": True}  # kept, and seen by whoever looks
    async with street.office.resources.database.transaction() as session:
        events = [e for e in await sent(session) if e.key() == person]
    assert not any(isinstance(e, ConsentGiven) and e.consent.purpose is Purpose.CONTACT for e in events)


async def test_a_form_sent_twice_at_once_is_one_registration(street: PublicPage) -> None:
    typed = await street.fill()

    answers = await asyncio.gather(*(street.send(typed) for _ in range(4)))

    assert [answer.status_code for answer in answers] == [303] * 4
    assert await street.registered() == 1


async def test_errors_are_shown_beside_their_fields_and_the_input_is_kept(street: PublicPage) -> None:
    wrong = await street.fill(
        name="<b>Åse", cpr="9999999999", phone="12", birth_date="31-02-1985", channels=["call", "email"]
    )

    answer = await street.send(wrong)

    page, errors = answer.text, labels("da")["errors"]
    assert answer.status_code == 422
    for place, which in (
        ("cpr", "cpr"), ("phone", "phone"), ("birth_date", "birth_date"), ("email", "email_needed"),
    ):  # fmt: skip
        assert f'id="{place}-error">{errors[which]}<' in page
    assert 'value="&lt;b&gt;Åse"' in page
    assert 'value="9999999999"' in page
    assert "<b>" not in page
    assert wrong["nonce"] in page
    assert "Åse" not in str(answer.url)
    assert await street.registered() == 0


@pytest.mark.parametrize(
    ("left_out", "place", "which"),
    [
        ({"registration": ""}, "registration", "registration"),
        ({"channels": []}, "channels", "channels"),
        ({"role": ""}, "role", "role"),
        ({"name": " "}, "name", "name"),
        ({"birth_date": "1-1-2020"}, "guardian", "guardian"),
        (
            {"birth_date": "1-1-2020", "guardian": "Gunhild Værge", "guardian_cpr": "1234"},
            "guardian_cpr",
            "guardian_cpr",
        ),
        ({"channels": ["letter"]}, "address", "address_needed"),
        ({"wording": "made up"}, "registration", "other"),
    ],
)
async def test_what_is_missing_is_asked_for(
    street: PublicPage, left_out: dict[str, Any], place: str, which: str
) -> None:
    answer = await street.send(await street.fill("en", **left_out), "en")

    assert answer.status_code == 422
    assert f'id="{place}-error">{labels("en")["errors"][which]}<' in unescape(answer.text)
    assert await street.registered() == 0


async def test_a_child_is_registered_when_a_guardian_agrees(street: PublicPage) -> None:
    answer = await street.send(await street.fill(birth_date="1-1-2020", guardian="Gunhild Værge"))

    assert answer.status_code == 303
    event = await told(street)
    assert event.age_band is AgeBand.UNDER_15
    shown = (await street.office.http.get(f"/registrations/{event.registration_id}")).json()
    assert {consent["guardian"] for consent in shown["consents"]} == {"Gunhild Værge"}


async def test_the_guardian_may_give_their_own_number_for_a_child(street: PublicPage) -> None:
    fields = {"birth_date": "1-1-2020", "guardian": "Gunhild Værge", "guardian_cpr": "251248-9996"}

    answer = await street.send(await street.fill(**fields))

    assert answer.status_code == 303
    person = (await told(street)).registration_id
    shown = (await street.office.http.get(f"/registrations/{person}")).json()
    assert {consent["guardian_cpr"] for consent in shown["consents"]} == {"2512489996"}


async def test_without_consent_to_contact_a_person_is_registered_and_not_contacted(
    street: PublicPage,
) -> None:
    answer = await street.send(await street.fill(contact=""))

    assert answer.status_code == 303
    assert (await street.office.counts(street.incident))["without_contact_consent"] == 1
