"""Registering one person: documented, once, sealed; and what is refused changes nothing."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from contracts.events.ids import RegistrationId
from contracts.events.personal import (
    CONTACT,
    IDENTITY,
    ConsentDocumentation,
    ContactDetails,
    Identity,
    consent_documentation,
)
from contracts.events.registration import ConsentGiven, ConsentWithdrawn, PersonForgotten, PersonRegistered
from services.registration.store import person_links
from services.registration.workers.key_deletion import KeyDeletion
from tests.conftest import Databases
from tests.deliveries import sent
from tests.integration.registration.api_client import CONSENT, CPR, PERSON, RegistrationOffice, opened


@pytest.fixture(scope="module")
async def office(databases: Databases) -> AsyncIterator[RegistrationOffice]:
    async with opened(databases, checked=False) as made:  # some tests write rows themselves
        yield made


async def events(office: RegistrationOffice, of: type) -> list[Any]:
    async with office.resources.database.transaction() as session:
        return [event for event in await sent(session) if isinstance(event, of)]


async def test_a_registered_person_is_emitted_with_consents_and_decrypts_with_their_own_key(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()

    answer = await office.register(incident)

    assert answer.status_code == 201
    person = UUID(answer.json()["registration_id"])
    (event,) = [e for e in await events(office, PersonRegistered) if e.registration_id == person]
    assert {consent.purpose for consent in event.consents} == {"registration", "contact"}
    key = (await office.resources.keyring.read([person]))[person]
    assert key.open(CONTACT, event.contact, ContactDetails).name == PERSON["name"]
    assert key.open(IDENTITY, event.identity, Identity).identifiers[0].value == CPR
    assert await office.counts(incident) == {
        "registered": 1, "with_contact_consent": 1, "without_contact_consent": 0, "expired": 0,
        "withdrawn": 0, "forgotten": 0,
    }  # fmt: skip


async def test_consents_are_emitted_with_the_documentation_that_a_journal_needs(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    person = UUID((await office.register(incident)).json()["registration_id"])
    how = {
        "how": "oral_witnessed",
        "witness": "Bo Friis",
        "at": "2026-11-24T13:00:00+01:00",
        "form_number": None,
    }
    later = {"purpose": "contact", "channels": ["sms"], **CONSENT, **how}

    answer = await office.http.post(f"/registrations/{person}/consents", json=later)

    assert answer.is_success, answer.text
    (registered,) = [e for e in await events(office, PersonRegistered) if e.registration_id == person]
    told = [e.consent for e in await events(office, ConsentGiven) if e.registration_id == person]
    key = (await office.resources.keyring.read([person]))[person]
    said = [
        key.open(consent_documentation(fact.consent_id), fact.documentation, ConsentDocumentation)
        for fact in (*registered.consents, *told)
    ]
    assert {one.by for one in said} == {"Registrator"}
    assert said[-1].witness == "Bo Friis"
    assert told[0].obtained == "oral_witnessed"
    assert registered.consents[0].form_number == "SK-1"
    assert {(fact.wording, fact.language) for fact in registered.consents} == {
        (CONSENT["wording"], CONSENT["language"])
    }


async def test_a_person_is_shown_and_the_access_is_emitted(office: RegistrationOffice) -> None:
    person = (await office.register(await office.open_incident())).json()["registration_id"]

    shown = (await office.http.get(f"/registrations/{person}")).json()

    assert (shown["name"], shown["phone"]) == (PERSON["name"], "+4520123456")
    assert shown["consents"][0]["form_number"] == "SK-1"
    assert shown["consents"][0]["by"] == "Registrator"
    async with office.resources.database.transaction() as session:
        (seen,) = [e for e in await sent(session) if e.topic == "audit.v1" and e.key() == person]
    assert seen.model_dump()["actor"] == "Hanne Hotline"


async def test_the_same_key_and_body_again_is_the_same_answer_also_at_once(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()

    answers = await asyncio.gather(*(office.register(incident, key="form 7") for _ in range(5)))

    assert len({answer.json()["registration_id"] for answer in answers}) == 1
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 200, 201]
    assert (await office.counts(incident))["registered"] == 1


async def test_the_same_key_with_another_body_is_refused(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    await office.register(incident, key="form 8")

    answer = await office.register(incident, key="form 8", name="En anden")

    assert answer.status_code == 409
    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"


async def test_a_person_registered_at_two_places_is_one_and_a_new_consent_joins_the_ledger(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    first = (await office.register(incident, consents=[])).json()

    second = (await office.register(incident, name="Nancy Berggren", place="hospital")).json()

    assert second == {**first, "already_there": True, "hints": second["hints"]}
    counts = await office.counts(incident)
    assert (counts["registered"], counts["with_contact_consent"]) == (1, 1)
    given = [
        e for e in await events(office, ConsentGiven) if str(e.registration_id) == first["registration_id"]
    ]
    assert {event.consent.purpose for event in given} == {"registration", "contact"}


async def test_a_withdrawal_ends_the_consent_and_only_a_later_one_opens_again(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    person = (await office.register(incident)).json()["registration_id"]

    state = await office.http.post(
        f"/registrations/{person}/withdrawals", json={"purpose": "contact", "how": "sms"}
    )
    late = {"purpose": "contact", "channels": ["call"], **CONSENT}
    earlier = await office.http.post(f"/registrations/{person}/consents", json=late)

    assert state.json()["withdrawn"] is True
    assert earlier.json()["stands"] is False
    assert [hint["field"] for hint in earlier.json()["hints"]] == ["at"], "and it says why"
    assert (await office.counts(incident))["withdrawn"] == 1
    (event,) = [e for e in await events(office, ConsentWithdrawn) if str(e.registration_id) == person]
    assert event.purpose == "contact"


async def test_a_withdrawal_with_an_earlier_date_ends_a_valid_consent_too(
    office: RegistrationOffice,
) -> None:
    person = (await office.register(await office.open_incident())).json()["registration_id"]

    state = await office.http.post(
        f"/registrations/{person}/withdrawals",
        json={"purpose": "contact", "how": "letter", "at": "2026-11-24T08:00:00+01:00"},
    )

    assert state.json()["contact_until"] is None


REFUSED = {
    "a CPR number that is too short": ({"identifiers": [{"value": "251248-999"}]}, "identifiers.0.value"),
    "a CPR number of no date": ({"identifiers": [{"value": "3113489996"}]}, "identifiers.0.value"),
    "a phone of another country without its code": ({"phone": "070 123 45 67"}, "phone"),
    "a phone of another country with the wrong length": ({"phone": "+46 70 12"}, "phone"),
    "an oral consent without its witness": (
        {"consents": [{"purpose": "registration", **CONSENT, "how": "oral_witnessed"}]},
        "consents.0.witness"),
    "a paper consent without its number": (
        {"consents": [{"purpose": "registration", **CONSENT, "form_number": None}]},
        "consents.0.form_number"),
    "a consent to contact without channels": (
        {"consents": [{"purpose": "contact", **CONSENT}]}, "consents.0.channels"),
    "a consent for longer than a year": (
        {"consents": [{"purpose": "registration", **CONSENT, "expires_at": "2029-01-01T00:00:00Z"}]},
        "consents.0.expires_at"),
    "a child's own consent": ({"identifiers": [], "age_band": "under_15"}, "consents.0.guardian"),
    "a moment no clock reckons with": ({"registered_at": "9999-12-31T23:59:59-12:00"}, "registered_at"),
    "an unknown role": ({"role": "hero"}, "role"),
    "a field nobody knows": ({"nickname": "x"}, "nickname"),
    "no name": ({"name": "  "}, "name"),
    "a name of nothing that is seen": ({"name": "\0\u200b"}, "name"),
    "a note with NUL": ({"note": "a\0b"}, "note"),
    "a number for a birth date": ({"birth_date": 315532800}, "birth_date"),
    "digits for a birth date": ({"birth_date": "315532800"}, "birth_date"),
    "a number for a moment": ({"registered_at": 1764000000}, "registered_at"),
    "digits for the moment of a consent": (
        {"consents": [{"purpose": "registration", **CONSENT, "at": "1764000000"}]}, "consents.0.at"),
}  # fmt: skip


@pytest.mark.parametrize(("changed", "field"), REFUSED.values(), ids=REFUSED)
async def test_bad_input_is_refused_by_field_and_changes_nothing(
    office: RegistrationOffice, changed: dict[str, Any], field: str
) -> None:
    incident = await office.open_incident()

    answer = await office.register(incident, **changed)

    assert answer.status_code == 422
    assert field in [error["field"] for error in answer.json()["errors"]]
    for value in ("251248", "3113489996", "070 123", "+46 70"):
        assert value not in answer.text
    assert (await office.counts(incident))["registered"] == 0


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "Ж" * 500, "李小龍 🚑 Ó", 'Jens "Jimmy" O\'Hara; --']
)
async def test_a_name_may_hold_any_text_of_500_characters(office: RegistrationOffice, name: str) -> None:
    incident = await office.open_incident()

    person = (await office.register(incident, name=name)).json()["registration_id"]

    assert (await office.http.get(f"/registrations/{person}")).json()["name"] == name
    assert (await office.register(incident, name="x" * 501)).status_code == 422


async def test_a_closed_incident_takes_people_from_the_hotline_only(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    await office.http.post(f"/incidents/{incident}/close")

    scene = await office.register(incident, place="scene")
    hotline = await office.register(incident, place="hotline")

    assert scene.status_code == 409
    assert scene.json()["errors"][0]["field"] == "place"
    assert hotline.status_code == 201


async def test_an_unknown_incident_and_an_unknown_person_are_said_to_be(office: RegistrationOffice) -> None:
    nobody = UUID(int=7)

    answers = [
        await office.register(str(nobody)),
        await office.import_csv(str(nobody), b"name,role,place\n"),
        await office.http.get(f"/registrations/{nobody}"),
        await office.http.post(
            f"/registrations/{nobody}/withdrawals", json={"purpose": "contact", "how": "sms"}
        ),
    ]

    assert [answer.status_code for answer in answers] == [404] * 4


async def test_a_forgotten_person_opens_nowhere_and_leaves_no_index(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    person = UUID((await office.register(incident)).json()["registration_id"])

    answer = await office.http.post(f"/registrations/{person}/forget", json={"why": "bad om det"})

    assert answer.json()["keys_deleted"] == 1
    assert await office.resources.keyring.read([person]) == {}
    assert (await office.http.get(f"/registrations/{person}")).status_code == 410
    assert person in {event.registration_id for event in await events(office, PersonForgotten)}
    async with office.resources.database.transaction() as session:
        for table in ("blind_index", "identity_claim"):
            assert not await session.fetchval(
                f"select count(*) from {table} where registration_id = $1", person
            )
    again = await office.register(incident)
    assert again.json()["registration_id"] != str(person)


async def test_forgetting_takes_the_repeats_of_the_person_too(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    person = UUID((await office.register(incident)).json()["registration_id"])
    await office.register(incident, place="hospital")
    async with office.resources.database.transaction() as session:
        owners = [one.id for one in await person_links.owners(session, [RegistrationId(person)])]

    await office.http.post(f"/registrations/{person}/forget", json={"why": "bad om det"})

    assert len(owners) == 2
    assert await office.resources.keyring.read(owners) == {}
    assert (await office.counts(incident))["forgotten"] == 1


async def test_a_crash_between_decision_and_deletion_is_made_good(office: RegistrationOffice) -> None:
    person = UUID((await office.register(await office.open_incident())).json()["registration_id"])
    async with office.resources.database.transaction() as session:
        await session.execute("update registration set forgotten_at = now() where id = $1", person)

    await KeyDeletion(office.resources).round()

    assert await office.resources.keyring.read([person]) == {}


async def test_the_ledger_refuses_to_be_changed(office: RegistrationOffice) -> None:
    await office.register(await office.open_incident())

    with pytest.raises(Exception, match="append-only"):
        async with office.resources.database.transaction() as session:
            await session.execute("update consent_entry set wording = 'another'")


async def test_nothing_personal_rests_in_clear_in_any_table(office: RegistrationOffice) -> None:
    await office.register(await office.open_incident(), note="bange for tog")

    async with office.resources.database.transaction() as session:
        tables = await session.fetch("select tablename from pg_tables where schemaname = current_schema()")
        texts = [
            str(await session.fetch(f"select t::text from {row[0]} t"))
            + str(await session.fetch(f"select * from {row[0]}"))
            for row in tables
        ]
    for secret in ("Berggren", CPR, "20123456", "bange for tog"):
        assert not any(secret in text or secret.encode().hex() in text for text in texts)
