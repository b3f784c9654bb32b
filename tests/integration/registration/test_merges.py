"""Two registrations merged into one person, with the stricter consents, and undone."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from contracts.events.ids import RegistrationId
from contracts.events.registration import (
    ConsentsRestated,
    ConsentWithdrawn,
    ContactBarred,
    PersonCorrected,
    PersonForgotten,
    PersonUnmerged,
)
from services.registration.store import people
from tests.conftest import Databases
from tests.integration.registration.api_client import CPR, RegistrationOffice, opened
from tests.integration.registration.pairs import (
    FIRST,
    HERE,
    REGISTRATION,
    THERE,
    events,
    merged,
    person,
    shown,
    step,
    to_contact,
)
from tests.stacks import until


@pytest.fixture(scope="module")
async def office(databases: Databases) -> AsyncIterator[RegistrationOffice]:
    async with opened(databases) as made:
        yield made


async def test_the_one_that_stays_takes_over_what_it_lacks_and_an_undo_gives_it_back(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    one = await person(office, incident, **HERE)
    other = await person(office, incident, **THERE | {"email": "k@example.dk"})
    before = [await shown(office, one), await shown(office, other)]

    pair = await merged(office, incident, one, other)
    both = await shown(office, one)

    assert [number["value"] for number in both["identifiers"]] == [CPR]
    assert (both["birth_date"], both["email"], both["phone"]) == ("1948-12-25", "k@example.dk", "+4520123456")
    assert "digital_post" in both["channels"]
    assert both["repeats"][0]["name"] == THERE["name"]
    assert (await shown(office, other))["merged_into"] == one
    assert (await office.register(incident, **THERE)).json()["registration_id"] == one

    undone = await step(office, pair, "undo", FIRST)

    assert undone.status_code == 200, undone.text
    after = [await shown(office, one), await shown(office, other)]
    assert after[0] == before[0]
    own = after[1]["consents"][: len(before[1]["consents"])]  # those of the repeat follow
    assert {**after[1], "repeats": [], "consents": own} == before[1]
    assert len(after[1]["repeats"]) == 1, "who came by the number meanwhile goes with the number"
    assert (await office.counts(incident))["registered"] == 2
    assert len(await events(office, one, PersonCorrected)) == 2
    assert len(await events(office, other, PersonUnmerged)) == 1
    assert (await office.register(incident, **THERE)).json()["registration_id"] == other


async def test_a_merge_keeps_what_both_allow_and_an_undo_tells_both_of_their_own(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    one = await person(office, incident, **HERE, consents=[REGISTRATION, to_contact("call", "sms")])
    other = await person(office, incident, **THERE, consents=[REGISTRATION, to_contact("sms", "email")])

    pair = await merged(office, incident, one, other)
    (restated,) = await events(office, one, ConsentsRestated)
    await step(office, pair, "undo", FIRST)

    assert [consent.channels for consent in restated.consents if consent.purpose == "contact"] == [("sms",)]
    told = [(await events(office, who, ConsentsRestated))[-1] for who in (one, other)]
    assert [
        consent.channels for event in told for consent in event.consents if consent.purpose == "contact"
    ] == [("call", "sms"), ("sms", "email")]


async def test_a_withdrawal_that_names_who_was_merged_away_stops_the_one_that_stays_and_after_an_undo_both(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    one, other = await person(office, incident, **HERE), await person(office, incident, **THERE)
    pair = await merged(office, incident, one, other)

    state = await office.http.post(
        f"/registrations/{other}/withdrawals", json={"purpose": "contact", "how": "letter"}
    )

    assert state.json()["withdrawn"] is True
    assert (await shown(office, one))["contact_until"] is None
    (event,) = await events(office, one, ConsentWithdrawn)
    assert event.purpose == "contact"
    await step(office, pair, "undo", FIRST)
    assert [(await shown(office, who))["withdrawn"] for who in (one, other)] == [True, True]
    assert (await office.counts(incident))["withdrawn"] == 2


async def test_a_consent_that_names_who_was_merged_away_is_theirs_again_after_an_undo(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    one = await person(office, incident, **HERE, consents=[])
    other = await person(office, incident, **THERE, consents=[])
    pair = await merged(office, incident, one, other)
    for consent in (REGISTRATION, to_contact("call")):
        answer = await office.http.post(f"/registrations/{other}/consents", json=consent)
        assert answer.json()["stands"] is True, answer.text

    assert (await office.counts(incident))["with_contact_consent"] == 1
    await step(office, pair, "undo", FIRST)

    assert (await shown(office, one))["contact_until"] is None
    assert (await shown(office, other))["contact_until"] is not None
    assert (await shown(office, other))["consents"][0]["by"] == "Registrator"


async def test_a_consent_like_the_other_ones_that_names_who_was_merged_away_is_theirs_after_an_undo(
    office: RegistrationOffice,
) -> None:
    incident, consents = await office.open_incident(), [REGISTRATION, to_contact("call")]
    one = await person(office, incident, **HERE, consents=consents)
    other = await person(office, incident, **THERE, consents=[])
    pair = await merged(office, incident, one, other)
    for consent in (*consents, *consents):
        answer = await office.http.post(f"/registrations/{other}/consents", json=consent)
        assert answer.status_code in {200, 201}, answer.text

    await step(office, pair, "undo", FIRST)

    assert [len((await shown(office, who))["consents"]) for who in (one, other)] == [2, 2]
    assert (await shown(office, other))["contact_until"] is not None


async def test_a_wish_not_to_be_contacted_follows_the_person_into_the_one_that_stays(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    one, other = await person(office, incident, **HERE), await person(office, incident, **THERE)
    await office.http.post(
        f"/registrations/{other}/contact-restrictions", json={"reason": "do_not_contact", "why": "bad om det"}
    )

    await merged(office, incident, one, other)

    assert len(await events(office, one, ContactBarred)) == 1


async def test_forgetting_either_of_two_merged_forgets_both(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    one, other = await person(office, incident, **HERE), await person(office, incident, **THERE)
    pair = await merged(office, incident, one, other)

    answer = await office.http.post(f"/registrations/{other}/forget", json={"why": "bad om det"})

    assert answer.json()["keys_deleted"] == 2
    assert await office.resources.keyring.read([UUID(one), UUID(other)]) == {}
    assert (await step(office, pair, "undo", FIRST)).status_code == 410
    told = [e for one_of_them in (one, other) for e in await events(office, one_of_them, PersonForgotten)]
    assert {str(event.registration_id) for event in told} == {one, other}


async def test_a_chain_of_merges_is_undone_from_its_end(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    one = await person(office, incident, **HERE | {"phone": None})
    two = await person(office, incident, **THERE)
    three = await person(office, incident, name="Kirsten", phone="22334455", identifiers=[])
    inner = await merged(office, incident, two, three)
    outer = await merged(office, incident, one, two)

    too_early = await step(office, inner, "undo", FIRST)

    assert too_early.json()["type"] == "urn:folgeskab:merged-since"
    assert (await shown(office, one))["phone"] == "+4522334455"
    assert (await office.counts(incident))["registered"] == 1
    assert (await step(office, outer, "undo", FIRST)).status_code == 200
    assert (await shown(office, one))["phone"] is None
    assert (await shown(office, three))["merged_into"] == two
    assert (await step(office, inner, "undo", FIRST)).status_code == 200
    assert (await office.counts(incident))["registered"] == 3


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["the earlier first", "the later first"])
async def test_two_merges_into_one_are_undone_in_any_order_and_each_is_as_before(
    office: RegistrationOffice, order: tuple[int, int]
) -> None:
    incident = await office.open_incident()
    said: dict[str, Any] = {"identifiers": [], "consents": []}
    one = await person(office, incident, **HERE | said)
    child = await person(office, incident, **THERE | said, age_band="under_15")
    adult = await person(office, incident, **THERE | said, birth_date="1970-01-01")
    people = (one, child, adult)
    before = [(await shown(office, each))["age_band"] for each in people]
    pairs = [await merged(office, incident, one, other) for other in (child, adult)]

    answers = [await step(office, pairs[place], "undo", FIRST) for place in order]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert before == ["unknown", "under_15", "adult"]
    assert [(await shown(office, each))["age_band"] for each in people] == before


async def test_a_number_that_came_with_somebody_recognised_while_merged_goes_where_they_go(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    one, other = await person(office, incident, **HERE), await person(office, incident, **THERE)
    pair = await merged(office, incident, one, other)
    passport = {"system": "passport", "value": "AB12345", "scope": "SE"}
    await office.register(incident, **THERE | {"identifiers": [{"value": CPR}, passport]})

    await step(office, pair, "undo", FIRST)

    again = await office.register(incident, **THERE | {"identifiers": [passport]})
    assert again.json()["registration_id"] == other


async def test_who_waits_for_somebody_being_merged_away_gets_the_one_that_stays(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    one, other = [RegistrationId(UUID(await person(office, incident, **who))) for who in (HERE, THERE)]

    async def speaker() -> UUID:
        async with office.resources.database.transaction() as session:
            row = await people.lock_person(session, other)
            assert row is not None
            return row.id

    async def waits() -> bool:
        async with office.resources.database.transaction() as session:
            return bool(await session.fetchval("select count(*) from pg_locks where not granted"))

    async with office.resources.database.transaction() as session:
        await people.lock_registrations(session, [one, other])
        waiting = asyncio.create_task(speaker())
        await until(waits, within=20, what="the other transaction waits for the row")
        await session.execute("update registration set repeat_of = $2 where id = $1", other, one)

    assert await waiting == one
    async with office.resources.database.transaction() as session:
        await session.execute("update registration set repeat_of = null where id = $1", other)  # no event
