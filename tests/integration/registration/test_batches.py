"""What a tablet kept without a network is sent as often as it takes, and each item is told by itself."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from contracts.events.registration import PersonRegistered
from kit.runtime.ids import new_id
from services.registration.api.schemas import BatchItemBody
from tests.conftest import Databases
from tests.deliveries import sent
from tests.integration.registration.api_client import PERSON, RegistrationOffice, opened

AT = "2026-11-24T11:20:00+01:00"


@pytest.fixture(scope="module")
async def office(databases: Databases) -> AsyncIterator[RegistrationOffice]:
    async with opened(databases) as made:
        yield made


def item(**changed: Any) -> dict[str, Any]:
    return PERSON | {"id": str(new_id()), "registered_at": AT, "identifiers": [], "place": "scene"} | changed


async def send(office: RegistrationOffice, incident: str, items: list[Any]) -> httpx.Response:
    return await office.http.post(
        f"/incidents/{incident}/batches",
        content=json.dumps({"registrations": items}),
        headers={"Content-Type": "application/json"},
    )


async def test_the_same_batch_sent_again_and_at_once_registers_each_person_once(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    items = [item(name=f"Person {number}") for number in range(20)]

    answers = await asyncio.gather(*(send(office, incident, items) for _ in range(4)))

    ids = [[one["registration_id"] for one in answer.json()] for answer in answers]
    assert all(told == ids[0] for told in ids)
    assert len(set(ids[0])) == (await office.counts(incident))["registered"] == 20
    outcomes = [one["outcome"] for answer in answers for one in answer.json()]
    assert (outcomes.count("registered"), outcomes.count("repeated")) == (20, 60)
    async with office.resources.database.transaction() as session:
        events = [e for e in await sent(session) if isinstance(e, PersonRegistered)]
    mine = [event for event in events if str(event.incident_id) == incident]
    assert {event.registered_at for event in mine} == {datetime.fromisoformat(AT)}


async def test_a_bad_item_is_reported_by_index_and_field_and_rejects_no_other(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    without_time = {name: value for name, value in item().items() if name != "registered_at"}
    items: list[Any] = [
        item(),
        item(phone="070 123 45 67"),
        item(id="tablet-7"),
        "not an item",
        without_time,
        item(name="\ud800"),
        item(),
    ]

    answer = await send(office, incident, items)

    told = answer.json()
    assert [one["index"] for one in told] == list(range(7))
    outcomes = [one["outcome"] for one in told]
    assert outcomes == ["registered", "bad", "bad", "bad", "bad", "bad", "registered"]
    assert [error["field"] for one in told[1:3] for error in one["errors"]] == ["phone", "id"]
    assert told[4]["errors"][0]["field"] == "registered_at"
    assert told[1]["id"] == items[1]["id"]
    assert "070 123" not in answer.text
    assert (await office.counts(incident))["registered"] == 2


async def test_a_repeated_id_with_other_content_is_reported_and_changes_nothing(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    first = item()
    (registered,) = (await send(office, incident, [first])).json()

    twice = (await send(office, incident, [first | {"name": "En anden"}, first])).json()

    assert [one["outcome"] for one in twice] == ["other_body", "repeated"]
    assert twice[0]["registration_id"] is None
    assert twice[0]["errors"][0]["field"] == "id"
    shown = (await office.http.get(f"/registrations/{registered['registration_id']}")).json()
    assert shown["name"] == PERSON["name"]


async def test_what_a_tablet_sent_alone_is_known_again_in_its_batch(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    kept = item()
    alone = await office.http.post(
        f"/incidents/{incident}/registrations",
        json={name: value for name, value in kept.items() if name != "id"},
        headers={"Idempotency-Key": kept["id"]},
    )

    (told,) = (await send(office, incident, [kept])).json()

    assert (told["outcome"], told["registration_id"]) == ("repeated", alone.json()["registration_id"])


async def test_links_name_others_by_the_ids_of_the_tablet_also_of_an_earlier_batch(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    mother = item(name="Mor")
    (first,) = (await send(office, incident, [mother])).json()
    sister = item(name="Søster")
    brother = item(
        name="Bror",
        links=[
            {"kind": "child", "to": mother["id"]},
            {"kind": "family", "to": sister["id"]},
            {"kind": "family", "to": str(new_id())},
        ],
    )

    told = (await send(office, incident, [brother, sister])).json()

    assert [hint["field"] for hint in told[0]["hints"]] == ["links.2.to"]
    linked = (await office.http.get(f"/registrations/{told[0]['registration_id']}/links")).json()
    assert {(one["kind"], one["to"]) for one in linked} == {
        ("child", first["registration_id"]),
        ("family", told[1]["registration_id"]),
    }


async def test_a_closed_incident_takes_the_hotlines_items_and_tells_the_others(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    await office.http.post(f"/incidents/{incident}/close")

    late = item(registered_at=datetime.now(UTC).isoformat())

    told = (await send(office, incident, [late, late | {"id": str(new_id()), "place": "hotline"}])).json()

    assert [one["outcome"] for one in told] == ["closed", "registered"]
    assert told[0]["errors"][0]["field"] == "place"


async def test_who_was_registered_at_the_scene_before_the_closing_comes_in_when_the_tablet_is_back(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    await office.http.post(f"/incidents/{incident}/close")
    batch = [item(), item(name="Bo Test", place="epc")]

    first = (await send(office, incident, batch)).json()
    again = (await send(office, incident, batch)).json()

    assert [one["outcome"] for one in first + again] == ["registered"] * 2 + ["repeated"] * 2
    assert (await office.counts(incident))["registered"] == 2


async def test_a_batch_of_nobody_too_many_or_for_no_incident_is_refused(office: RegistrationOffice) -> None:
    incident = await office.open_incident()

    answers = [
        await send(office, incident, []),
        await send(office, incident, [item()] * 1001),
        await send(office, str(UUID(int=7)), [item()]),
    ]

    assert [answer.status_code for answer in answers] == [422, 422, 404]


JUNK: tuple[Any, ...] = (
    None, True, -1, 10**400, 1.5, "", " ", "\0", "\ud800", "x" * 20_000, "9999-12-31T23:59:59-12:00", [],
    [[]], [None], {}, {"a": {"b": []}}, ["call", 7], [{"value": "\udfff"}], [{"kind": "family", "to": "x"}],
)  # fmt: skip


async def test_an_invalid_item_affects_only_itself(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    fields = [*BatchItemBody.model_fields, "nobody knows this field"]
    spoilt = [item(**{name: junk}) for name in fields for junk in JUNK]
    items = [one for broken in spoilt for one in (broken, item())]

    answers = [
        await send(office, incident, items[start : start + 1000]) for start in range(0, len(items), 1000)
    ]

    assert {answer.status_code for answer in answers} == {200}
    told = [one for answer in answers for one in answer.json()]
    assert {one["outcome"] for one in told[1::2]} == {"registered"}
    assert {one["outcome"] for one in told[::2]} == {"registered", "bad"}
    assert all(one["errors"] for one in told if one["outcome"] == "bad")


async def test_an_id_of_an_erased_person_is_reported_as_such(office: RegistrationOffice) -> None:
    incident, one = await office.open_incident(), item()
    (registered,) = (await send(office, incident, [one])).json()
    await office.http.post(
        f"/registrations/{registered['registration_id']}/forget", json={"why": "bad om det"}
    )

    (told,) = (await send(office, incident, [one | {"name": "Bo Bo"}])).json()

    assert [error["code"] for error in told["errors"]] == ["person_erased"]


@pytest.mark.parametrize("claimed", ["1970-01-01T00:07:00Z", "2019-12-31T23:00:00Z", "2033-05-01T09:00:00Z"])
async def test_a_device_with_a_dead_clock_loses_no_consent(office: RegistrationOffice, claimed: str) -> None:
    """The time of receipt counts, and stands beside what the device claims."""
    incident = await office.open_incident()
    consents = [one | {"at": claimed} for one in PERSON["consents"]]
    before = datetime.now(UTC)

    answer = await send(office, incident, [item(registered_at=claimed, consents=consents)])

    [told] = answer.json()
    assert told["outcome"] == "registered"
    assert told["hints"][0]["field"] == "registered_at"
    assert (await office.counts(incident))["with_contact_consent"] == 1
    async with office.resources.database.transaction() as session:
        person = await session.fetchrow(
            "select registered_at, device_at from registration where id = $1", told["registration_id"]
        )
        entries = await session.fetch(
            "select at, recorded_at, device_at from consent_entry where registration_id = $1",
            told["registration_id"],
        )
    assert person is not None
    assert before <= person["registered_at"] <= datetime.now(UTC)
    assert {row["device_at"] for row in (person, *entries)} == {datetime.fromisoformat(claimed)}
    assert all(before <= entry["at"] <= entry["recorded_at"] for entry in entries)


@pytest.mark.parametrize("again", [False, True])
async def test_a_device_with_a_dead_clock_undoes_no_withdrawal(
    office: RegistrationOffice, *, again: bool
) -> None:
    """What it kept may have been said before: it is kept, and adds nothing to what was said since."""
    incident = await office.open_incident()
    person = (await office.register(incident)).json()["registration_id"]
    contact = PERSON["consents"][1]
    withdrawal = {"purpose": "contact", "how": "hotline"}
    await office.http.post(f"/registrations/{person}/withdrawals", json=withdrawal)
    if again:
        anew = contact | {"at": datetime.now(UTC).isoformat(), "channels": ["sms"]}
        await office.http.post(f"/registrations/{person}/consents", json=anew)
    before = (await office.http.get(f"/registrations/{person}")).json()
    claimed = "1970-01-01T00:07:00Z"
    late = [one | {"at": claimed} for one in PERSON["consents"]]
    tablet = item(registered_at=claimed, consents=late, identifiers=PERSON["identifiers"])

    (told,) = (await send(office, incident, [tablet])).json()

    assert (told["outcome"], told["registration_id"]) == ("same_person", person)
    shown = (await office.http.get(f"/registrations/{person}")).json()
    assert (shown["withdrawn"], shown["contact_until"]) == (before["withdrawn"], before["contact_until"])
    assert shown["withdrawn"] is not again
    kept = [one for one in shown["consents"] if one["unconfirmed"]]
    assert [(one["purpose"], one["channels"]) for one in kept] == [("contact", contact["channels"])]


async def test_a_device_with_a_dead_clock_is_not_turned_away_after_the_closing(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    await office.http.post(f"/incidents/{incident}/close")

    answer = await send(office, incident, [item(registered_at="1970-01-01T00:07:00Z")])

    assert answer.json()[0]["outcome"] == "registered"


async def test_a_clock_that_is_right_keeps_its_times(office: RegistrationOffice) -> None:
    incident = await office.open_incident()

    answer = await send(office, incident, [item()])

    async with office.resources.database.transaction() as session:
        row = await session.fetchrow(
            "select registered_at, device_at from registration where id = $1",
            answer.json()[0]["registration_id"],
        )
    assert row is not None
    assert tuple(row) == (datetime.fromisoformat(AT), None)
