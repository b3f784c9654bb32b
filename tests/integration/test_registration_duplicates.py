"""One person registered twice: found, merged by two people, with the stricter consents, and undone."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest

from contracts.event import Event
from contracts.registration import (
    ConsentsRestated,
    ConsentWithdrawn,
    ContactBarred,
    PersonCorrected,
    PersonMerged,
    PersonUnmerged,
)
from kit.clock import SystemClock
from services.registration.finding_duplicates import DuplicateFinding
from tests.conftest import Databases
from tests.deliveries import sent
from tests.integration.registration_office import CONSENT, CPR, RegistrationOffice, opened

REGISTRATION = {"purpose": "registration", **CONSENT}
FIRST = {"X-Actor": "Hanne Hotline"}
SECOND = {"X-Actor": "Karl Koordinator"}
HERE: dict[str, Any] = {"name": "Kirsten Bay Holm", "phone": "20 12 34 56", "identifiers": []}
THERE: dict[str, Any] = {"name": "Holm, Kirstem", "phone": None, "identifiers": [{"value": CPR}]}


def to_contact(*channels: str) -> dict[str, Any]:
    return {"purpose": "contact", "channels": channels, **CONSENT}


@pytest.fixture(scope="module")
async def office(databases: Databases) -> AsyncIterator[RegistrationOffice]:
    async with opened(databases) as made:
        yield made


async def events(office: RegistrationOffice, about: str, *of: type[Event]) -> list[Any]:
    async with office.desk.database.transaction() as session:
        return [e for e in await sent(session) if isinstance(e, of) and e.key() == about]


async def person(office: RegistrationOffice, incident: str, **changed: Any) -> str:
    answer = await office.register(incident, **changed)
    assert answer.status_code in {200, 201}, answer.text
    return str(answer.json()["registration_id"])


async def found(office: RegistrationOffice, incident: str, **query: Any) -> list[dict[str, Any]]:
    finding = DuplicateFinding(office.desk, SystemClock())
    while await finding.round():
        continue
    answer = await office.http.get(f"/incidents/{incident}/duplicates", params=query)
    pairs: list[dict[str, Any]] = answer.json()
    return pairs


async def step(office: RegistrationOffice, pair: str, name: str, by: dict[str, str]) -> httpx.Response:
    return await office.http.post(f"/duplicates/{pair}/{name}", json={"why": "samme stemme"}, headers=by)


async def merged(office: RegistrationOffice, incident: str, one: str, other: str) -> str:
    """Merge two by hand; give the pair."""
    suggested = await office.http.post(
        f"/incidents/{incident}/duplicates", json={"one": one, "other": other, "why": "samme stemme"}
    )
    assert suggested.status_code == 201, suggested.text
    pair = str(suggested.json()["id"])
    confirmed = await step(office, pair, "confirm", SECOND)
    assert confirmed.status_code == 200, confirmed.text
    return pair


async def shown(office: RegistrationOffice, registration: str) -> dict[str, Any]:
    answer: dict[str, Any] = (await office.http.get(f"/registrations/{registration}")).json()
    return answer


async def test_a_typo_or_one_telephone_is_proposed_and_strangers_are_not(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    here = await person(office, incident, **HERE, birth_date="1948-12-25")
    there = await person(office, incident, **THERE)
    partner = await person(office, incident, name="Jens Ny", phone="+4520123456", identifiers=[])
    await person(office, incident, name="Anna Ny", phone=None, identifiers=[], birth_date="1948-12-25")
    elsewhere = await office.open_incident()
    await person(office, elsewhere, **HERE, birth_date="1948-12-25")

    pairs = await found(office, incident)

    assert [({pair["one"], pair["other"]}, pair["reasons"]) for pair in pairs] == [
        ({here, there}, ["alike_name", "same_birth_date"]),
        ({here, partner}, ["same_phone", "other_name"]),
    ]
    assert await found(office, elsewhere) == []


async def test_whoever_is_corrected_is_compared_again(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    one = await person(office, incident, **HERE)
    other = await person(office, incident, name="Ukendt kvinde", phone=None, identifiers=[])
    assert await found(office, incident) == []

    await office.http.post(
        f"/registrations/{other}/corrections", json={"phone": "20123456", "why": "kom til sig selv"}
    )

    (pair,) = await found(office, incident)
    assert {pair["one"], pair["other"]} == {one, other}


async def test_a_merge_takes_two_people(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    await person(office, incident, **HERE)
    there = await person(office, incident, **THERE | {"phone": "20123456"})
    (pair,) = await found(office, incident)

    early = await step(office, pair["id"], "confirm", SECOND)
    await step(office, pair["id"], "suggest", FIRST)
    alone = await step(office, pair["id"], "confirm", {"X-Actor": " hanne hotline "})

    assert (early.status_code, alone.status_code) == (409, 409)
    assert alone.json()["type"] == "urn:folgeskab:own-suggestion"
    assert (await office.counts(incident))["registered"] == 2
    await step(office, pair["id"], "confirm", SECOND)
    assert (await office.counts(incident))["registered"] == 1
    assert len(await events(office, there, PersonMerged)) == 1


async def test_two_who_confirm_at_once_merge_once(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    one = await person(office, incident, **HERE)
    other = await person(office, incident, **THERE)
    suggested = await office.http.post(
        f"/incidents/{incident}/duplicates", json={"one": one, "other": other, "why": "samme stemme"}
    )
    pair = suggested.json()["id"]

    answers = await asyncio.gather(*(step(office, pair, "confirm", SECOND) for _ in range(4)))

    assert {answer.status_code for answer in answers} == {200}
    assert len(await events(office, other, PersonMerged)) == 1
    steps = (await office.http.get(f"/duplicates/{pair}")).json()["steps"]
    assert [(one["step"], one["by"]) for one in steps] == [
        ("suggested", "Hanne Hotline"), ("merged", "Karl Koordinator"),
    ]  # fmt: skip
    assert steps[0]["why"] == "samme stemme"


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
    assert {**after[1], "repeats": []} == before[1]
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


async def test_a_wish_not_to_be_contacted_follows_the_person_into_the_one_that_stays(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    one, other = await person(office, incident, **HERE), await person(office, incident, **THERE)
    await office.http.post(
        f"/registrations/{other}/bars", json={"reason": "do_not_contact", "why": "bad om det"}
    )

    await merged(office, incident, one, other)

    assert len(await events(office, one, ContactBarred)) == 1


async def test_forgetting_either_of_two_merged_forgets_both(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    one, other = await person(office, incident, **HERE), await person(office, incident, **THERE)
    pair = await merged(office, incident, one, other)

    answer = await office.http.post(f"/registrations/{other}/forget", json={"why": "bad om det"})

    assert answer.json()["keys_deleted"] == 2
    assert await office.desk.keyring.read([UUID(one), UUID(other)]) == {}
    assert (await step(office, pair, "undo", FIRST)).status_code == 410


async def test_both_are_seen_side_by_side_and_that_is_on_record_for_both(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    one, other = await person(office, incident, **HERE), await person(office, incident, **THERE)
    pair = await merged(office, incident, one, other)

    answer = (await office.http.get(f"/duplicates/{pair}")).json()

    assert [one["name"] for one in answer["people"]] == [HERE["name"], THERE["name"]]
    async with office.desk.database.transaction() as session:
        seen = [e.key() for e in await sent(session) if e.topic == "audit.v1"]
    assert {one, other} <= set(seen)


async def test_a_dismissed_pair_is_not_proposed_again(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    await person(office, incident, **HERE)
    other = await person(office, incident, **THERE | {"phone": "20123456"})
    (pair,) = await found(office, incident)

    await step(office, pair["id"], "dismiss", FIRST)
    await office.http.post(f"/registrations/{other}/corrections", json={"email": "k@example.dk", "why": "ny"})

    assert await found(office, incident) == []
    assert [one["id"] for one in await found(office, incident, state="dismissed")] == [pair["id"]]


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
