"""What is held about a person is corrected with its history, and whoever needs to hears of it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest

from contracts.events.ids import IncidentId, RegistrationId
from contracts.events.personal import CIRCUMSTANCES, IDENTITY, Circumstances, Identifier, Identity
from contracts.events.registration import ContactBarLifted, ContactBarred, PersonCorrected, PersonRegistered
from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError
from contracts.wire.event import Event
from kit.runtime.ids import new_id
from services.registration.store import people
from tests.conftest import Databases
from tests.deliveries import sent
from tests.integration.registration.api_client import CPR, RegistrationOffice, opened

OTHER_CPR = "0104909989"  # published: HL7 Denmark, dk-core


@pytest.fixture(scope="module")
async def office(databases: Databases) -> AsyncIterator[RegistrationOffice]:
    async with opened(databases) as made:
        yield made


async def told(office: RegistrationOffice, person: str, *of: type[Event]) -> list[Any]:
    async with office.resources.database.transaction() as session:
        return [event for event in await sent(session) if event.key() == person and isinstance(event, of)]


async def registered(office: RegistrationOffice, incident: str, **changed: Any) -> str:
    answer = await office.register(incident, **changed)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["registration_id"])


async def correct(office: RegistrationOffice, person: str, **changed: Any) -> httpx.Response:
    return await office.http.post(
        f"/registrations/{person}/corrections", json={"why": "ringede selv", **changed}
    )


async def test_a_cpr_number_that_comes_days_later_is_a_correction_with_its_history(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    person = await registered(office, incident, identifiers=[], birth_date="1948-12-25")

    answer = await correct(office, person, identifiers=[{"value": CPR}], why="fandt sundhedskortet")

    assert answer.json()["changed"] == ["channels", "identifiers"]
    (event,) = await told(office, person, PersonCorrected)
    key = (await office.resources.keyring.read([UUID(person)]))[UUID(person)]
    assert key.open(IDENTITY, event.identity, Identity).identifiers[0].value == CPR
    assert "digital_post" in event.channels
    (before,) = (await office.http.get(f"/registrations/{person}/versions")).json()
    assert (before["identifiers"], before["why"]) == ([], "fandt sundhedskortet")
    assert before["replaced_by"] == "Hanne Hotline"
    again = await office.register(incident, name="Nancy Bergren")
    assert again.json()["registration_id"] == person, "the number is the person's claim now"


async def test_the_same_correction_again_changes_nothing(office: RegistrationOffice) -> None:
    person = await registered(office, await office.open_incident())

    first = await correct(office, person, phone="30 12 34 56")
    second = await correct(office, person, phone="+45 3012 3456")

    assert (first.json()["changed"], second.json()["changed"]) == (["phone"], [])
    assert len(await told(office, person, PersonCorrected)) == 1
    assert len((await office.http.get(f"/registrations/{person}/versions")).json()) == 1


async def test_corrections_at_once_are_all_kept_and_each_has_its_version(office: RegistrationOffice) -> None:
    person = await registered(office, await office.open_incident())
    wanted = {"phone": "+4530123456", "email": "ida@example.dk", "role": "witness", "language": "uk"}

    answers = await asyncio.gather(*(correct(office, person, **{k: v}) for k, v in wanted.items()))

    assert [answer.status_code for answer in answers] == [200] * 4
    shown = (await office.http.get(f"/registrations/{person}")).json()
    assert {name: shown[name] for name in wanted} == wanted
    versions = (await office.http.get(f"/registrations/{person}/versions")).json()
    assert [version["number"] for version in versions] == [1, 2, 3, 4]
    (last, *_) = reversed(await told(office, person, PersonCorrected))
    assert (last.role, last.language) == (shown["role"], shown["language"])


async def test_a_number_that_is_another_persons_is_refused_and_tells_whose(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    one = await registered(office, incident)
    other = await registered(office, incident, name="Bo Test", identifiers=[], phone=None)

    answer = await correct(office, other, identifiers=[{"value": CPR}], name="Bo Prøvesen")

    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:folgeskab:other-person"
    assert one in answer.json()["errors"][0]["reason"]
    assert CPR not in answer.text
    shown = (await office.http.get(f"/registrations/{other}")).json()
    assert (shown["name"], shown["identifiers"]) == ("Bo Test", [])
    async with office.resources.database.transaction() as session:
        (proposed,) = await session.fetch("select * from duplicate where incident_id = $1", UUID(incident))
    assert {str(proposed["one"]), str(proposed["other"])} == {one, other}
    assert (proposed["score"], proposed["reasons"]) == (1.0, ["same_identity"])


async def test_a_number_let_go_of_is_free_for_the_person_it_belongs_to(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    mistaken = await registered(office, incident)

    await correct(office, mistaken, identifiers=[{"value": OTHER_CPR}], why="forkert kort")
    owner = await registered(office, incident, name="Den rette Test")

    assert owner != mistaken


async def test_invalid_fields_are_reported_and_change_nothing(office: RegistrationOffice) -> None:
    person = await registered(office, await office.open_incident())

    answers = [
        await correct(office, person, phone="070 123 45 67"),
        await correct(office, person, name=None),
        await correct(office, person, place="scene"),
        await correct(office, person, birth_date="1980-01-01"),
        await office.http.post(f"/registrations/{person}/corrections", json={"phone": "30123456"}),
    ]

    assert [answer.status_code for answer in answers] == [422] * 5
    fields = [answer.json()["errors"][0]["field"] for answer in answers]
    assert fields == ["phone", "name", "place", "birth_date", "why"]
    assert await told(office, person, PersonCorrected) == []


async def test_circumstances_and_wishes_are_sealed_emitted_and_shown(office: RegistrationOffice) -> None:
    person = await registered(
        office,
        await office.open_incident(),
        circumstances="sad i forreste vogn",
        concerns="er alene hjemme",
        preferred_time="evening",
        preferred_channel="call",
    )

    (event,) = await told(office, person, PersonRegistered)
    shown = (await office.http.get(f"/registrations/{person}")).json()

    key = (await office.resources.keyring.read([UUID(person)]))[UUID(person)]
    opened_up = key.open(CIRCUMSTANCES, event.circumstances, Circumstances)
    assert opened_up.concerns == shown["concerns"] == "er alene hjemme"
    assert (shown["circumstances"], shown["preferred_time"]) == ("sad i forreste vogn", "evening")
    assert event.preferred_channel == shown["preferred_channel"] == "call"


async def test_contact_is_barred_once_lifted_once_and_both_are_kept(office: RegistrationOffice) -> None:
    person = await registered(office, await office.open_incident())
    bar = {"reason": "restricted", "why": "har gjort indsigelse"}

    for _ in range(2):
        barred = await office.http.post(f"/registrations/{person}/contact-restrictions", json=bar)
    for _ in range(2):
        lifted = await office.http.post(
            f"/registrations/{person}/contact-restrictions/restricted/lift", json={"why": "er afklaret"}
        )

    assert (barred.json()["bars"], lifted.json()["bars"]) == (["restricted"], [])
    assert [type(event) for event in await told(office, person, ContactBarred, ContactBarLifted)] == [
        ContactBarred,
        ContactBarLifted,
    ]
    (kept,) = (await office.http.get(f"/registrations/{person}/contact-restrictions")).json()
    assert (kept["barred_why"], kept["lifted_why"]) == ("har gjort indsigelse", "er afklaret")


async def test_a_wish_not_to_be_contacted_holds_from_the_registration_and_from_a_repeat_of_it(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    first = await registered(office, incident)
    other = await registered(office, incident, identifiers=[], do_not_contact=True)

    await office.register(incident, place="hotline", do_not_contact=True)

    (event,) = await told(office, other, PersonRegistered)
    assert event.bars == ("do_not_contact",)
    assert [event.reason for event in await told(office, first, ContactBarred)] == ["do_not_contact"]
    for person in (first, other):
        assert (await office.http.get(f"/registrations/{person}")).json()["bars"] == ["do_not_contact"]


async def test_what_was_before_cannot_be_rewritten_and_opens_no_more_when_the_person_is_forgotten(
    office: RegistrationOffice,
) -> None:
    person = await registered(office, await office.open_incident())
    await correct(office, person, name="Ny Test")

    with pytest.raises(Exception, match="append-only"):
        async with office.resources.database.transaction() as session:
            await session.execute("update person_version set changed = '{}'")
    await office.http.post(f"/registrations/{person}/forget", json={"why": "bad om det"})

    for path in ("versions", "contact-restrictions"):
        assert (await office.http.get(f"/registrations/{person}/{path}")).status_code == 410
    assert (await correct(office, person, name="Igen")).status_code == 410


async def test_a_number_somebody_is_being_registered_with_is_not_waited_for_long(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    person = await registered(office, incident, identifiers=[])
    number = Identifier("cpr", CPR)
    async with office.resources.database.transaction() as session:
        claim = [(office.resources.blind_index.identifier(number), RegistrationId(new_id()))]
        await people.claim_identities(session, IncidentId(UUID(incident)), claim)

        answer = await correct(office, person, identifiers=[{"value": CPR}])

    assert (answer.status_code, answer.json()["type"]) == (409, "urn:folgeskab:busy")


async def test_the_birth_date_decides_the_age_band_and_another_band_gives_a_hint(
    office: RegistrationOffice,
) -> None:
    person = await registered(
        office, await office.open_incident(), identifiers=[], birth_date=None, age_band="15_17"
    )

    corrected = await correct(office, person, birth_date="1980-01-01")
    contradicted = await correct(office, person, age_band="15_17")
    impossible = await correct(office, person, birth_date="0001-01-01")

    assert corrected.json()["hints"] == []
    assert [hint["field"] for hint in contradicted.json()["hints"]] == ["age_band"]
    assert impossible.json()["errors"] == [
        FieldError("birth_date", ErrorCode.BIRTH_DATE_TOO_EARLY, year=1850).document()
    ]
