"""The call list: in one pair of hands at a time, never after a withdrawal, outcomes from a closed list."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from contracts.audit import PersonalDataSeen
from contracts.ids import IncidentId, RegistrationId
from contracts.outreach import CallConcluded
from contracts.personal import CONTACT, NOTE, RECIPIENT, Contact, Note, Recipient
from kit.ids import new_id
from tests.integration.outreach_running import Outreach
from tests.unit.outreach.cases import (
    incident_id,
    opened,
    registered,
    registration_id,
    resolved,
    withdrawn,
)

NAME, PHONE = "Nancy Ann Test Berggren", "+4520123456"


async def listed(outreach: Outreach, people: int = 1) -> tuple[IncidentId, list[RegistrationId]]:
    """Put people whose details can be opened on the call list of Aarhus."""
    incident, ids = incident_id(), [registration_id() for _ in range(people)]
    await outreach.tell(opened(incident))
    for person, key in (await outreach.keyring.issue(ids)).items():
        who = RegistrationId(person)
        contact = key.seal(CONTACT, Contact(NAME, PHONE, interpreter=True))
        recipient = key.seal(RECIPIENT, Recipient(protected=True))
        await outreach.tell(
            registered(incident, who, contact=contact), resolved(incident, who, recipient=recipient)
        )
    await outreach.launched(incident)
    await outreach.all_due()
    return incident, ids


async def on_list(outreach: Outreach, incident: UUID) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (
        await outreach.answer("GET", f"/municipalities/0751/calls?incident_id={incident}")
    )["calls"]
    return found


async def test_the_list_names_nobody_and_a_claim_opens_whom_to_call(outreach: Outreach) -> None:
    incident, (person,) = await listed(outreach)

    (row,) = await on_list(outreach, incident)
    call = await outreach.answer("POST", f"/calls/{row['contact_id']}/claim")

    assert not {"name", "phone"} & row.keys()
    assert (call["name"], call["phone"], call["protected"]) == (NAME, PHONE, True)
    assert (call["language"], call["interpreter"]) == ("da", True)
    (seen,) = [e for e in await outreach.said(PersonalDataSeen) if e.registration_id == person]
    assert (seen.actor, seen.field_sets) == ("anna", ("contact", "recipient"))


async def test_a_call_is_in_one_persons_hands_until_it_is_put_back(outreach: Outreach) -> None:
    incident, _ = await listed(outreach)
    (row,) = await on_list(outreach, incident)
    call = await outreach.answer("POST", f"/calls/{row['contact_id']}/claim")

    refused = await outreach.ask("POST", f"/calls/{row['contact_id']}/claim", by="bo")
    held = {"epoch": call["epoch"]}
    not_his = await outreach.ask("POST", f"/calls/{row['contact_id']}/release", by="bo", json=held)
    await outreach.answer("POST", f"/calls/{row['contact_id']}/release", json=held)
    taken = await outreach.answer("POST", f"/calls/{row['contact_id']}/claim", by="bo")

    assert (refused.status_code, not_his.status_code) == (409, 409)
    assert (await on_list(outreach, incident))[0]["claimed_by"] == "bo"
    late = await outreach.ask(
        "POST", f"/calls/{row['contact_id']}/outcome", json={"epoch": call["epoch"], "outcome": "spoke"}
    )
    assert (late.status_code, late.json()["errors"][0]["field"]) == (409, "epoch")
    assert taken["epoch"] > call["epoch"]


async def test_a_concluded_call_is_told_and_its_note_opens_with_the_persons_key_only(
    outreach: Outreach,
) -> None:
    incident, (person,) = await listed(outreach)
    (row,) = await on_list(outreach, incident)
    call = await outreach.answer("POST", f"/calls/{row['contact_id']}/claim")

    told = {"epoch": call["epoch"], "outcome": "wants_help", "note": "vil gerne ringes op af lægen"}
    state = await outreach.answer("POST", f"/calls/{row['contact_id']}/outcome", json=told)

    assert state == {"state": "concluded"}
    assert await on_list(outreach, incident) == []
    (event,) = [e for e in await outreach.said(CallConcluded) if e.registration_id == person]
    assert event.outcome == "wants_help"
    async with outreach.database.transaction() as session:
        sealed = await session.fetchval(
            "select note from call_attempt where contact_id = $1", event.contact_id
        )
    assert b"ringes" not in sealed
    key = (await outreach.keyring.read([person]))[person]
    assert key.open(NOTE, sealed, Note).text == told["note"]


async def test_nobody_answers_until_the_ceiling_is_reached(outreach: Outreach) -> None:
    incident, _ = await listed(outreach)
    states = []
    for _ in range(5):
        (row,) = await on_list(outreach, incident)
        call = await outreach.answer("POST", f"/calls/{row['contact_id']}/claim")
        told = {"epoch": call["epoch"], "outcome": "no_answer"}
        states.append(
            (await outreach.answer("POST", f"/calls/{row['contact_id']}/outcome", json=told))["state"]
        )

    assert states == ["listed"] * 4 + ["concluded"]


@pytest.mark.parametrize("ahead", [None, timedelta(hours=-1), timedelta(days=30)])
async def test_a_time_to_call_back_must_be_one_that_can_be_kept(
    outreach: Outreach, ahead: timedelta | None
) -> None:
    incident, _ = await listed(outreach)
    (row,) = await on_list(outreach, incident)
    call = await outreach.answer("POST", f"/calls/{row['contact_id']}/claim")

    back_at = (outreach.clock.now() + ahead).isoformat() if ahead else None
    told = {"epoch": call["epoch"], "outcome": "call_back", "call_back_at": back_at}
    refused = await outreach.ask("POST", f"/calls/{row['contact_id']}/outcome", json=told)

    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "call_back_at")
    assert (await on_list(outreach, incident))[0]["attempts"] == 0


async def test_who_withdrew_is_not_called_and_the_caller_is_told(outreach: Outreach) -> None:
    incident, (person,) = await listed(outreach)
    (row,) = await on_list(outreach, incident)
    await outreach.tell(withdrawn(incident, person))

    refused = await outreach.ask("POST", f"/calls/{row['contact_id']}/claim")

    assert refused.status_code == 409
    assert await on_list(outreach, incident) == []


async def test_a_consent_that_ran_out_while_listed_is_seen_at_the_claim(outreach: Outreach) -> None:
    incident, _ = await listed(outreach)
    (row,) = await on_list(outreach, incident)
    async with outreach.database.transaction() as session:
        await session.run(
            "update person set contact_expires_at = $2 where incident_id = $1", incident, outreach.clock.now()
        )

    refused = await outreach.ask("POST", f"/calls/{row['contact_id']}/claim")

    assert refused.json()["errors"] == [{"field": "contact_id", "reason": "consent_expired"}]
    assert (await outreach.buckets(incident))["call", "withheld", "consent_expired"] == 1


async def test_a_forgotten_person_opens_nothing_and_stays_in_nobodys_hands(outreach: Outreach) -> None:
    incident, (person,) = await listed(outreach)
    (row,) = await on_list(outreach, incident)
    await outreach.keyring.forget([person])

    refused = await outreach.ask("POST", f"/calls/{row['contact_id']}/claim")

    assert refused.status_code == 410
    assert (await on_list(outreach, incident))[0]["claimed_by"] is None
    assert not [e for e in await outreach.said(PersonalDataSeen) if e.registration_id == person]


async def test_an_unknown_call_is_said_to_be(outreach: Outreach) -> None:
    told = {"epoch": 1, "outcome": "spoke"}

    answers = [
        await outreach.ask("POST", f"/calls/{new_id()}/claim"),
        await outreach.ask("POST", f"/calls/{new_id()}/outcome", json=told),
        await outreach.ask("POST", f"/calls/{new_id()}/release", json={"epoch": 1}),
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
