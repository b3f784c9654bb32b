"""Follow-ups stay visible until somebody closes them with a reason."""

from datetime import timedelta
from typing import Any

import pytest

from contracts.events.audit import PersonalDataSeen
from contracts.events.personal import NOTE, Note
from contracts.events.vocabulary import Purpose
from tests.commands import folgeskab, on_a_socket
from tests.integration.outreach.outreach_service import FROM_LIST, Outreach
from tests.integration.outreach.test_calls import LINES, MEANWHILE, NAME, PHONE, in_hand
from tests.unit.outreach.cases import (
    AARHUS,
    NOW,
    ODENSE,
    forgotten,
    merged,
    registration_id,
    resolved,
    withdrawn,
)


async def open_lines(outreach: Outreach, incident: object, authority: str = AARHUS) -> list[dict[str, Any]]:
    found = await outreach.answer("GET", f"/authorities/{authority}/follow-ups?incident_id={incident}")
    lines: list[dict[str, Any]] = found["follow_ups"]
    return lines


async def told(outreach: Outreach, call: str, epoch: int, outcome: str) -> None:
    body = {"epoch": epoch, "outcome": outcome, "note": LINES}
    await outreach.answer("POST", f"/calls/{call}/outcome", json=body)


@pytest.mark.parametrize("outcome", ["wants_help", "wrong_number"])
async def test_a_follow_up_stays_until_it_is_closed_with_a_reason(outreach: Outreach, outcome: str) -> None:
    incident, person, call, epoch = await in_hand(outreach)
    await told(outreach, call, epoch, outcome)

    (line,) = await open_lines(outreach, incident)
    path = f"/follow-ups/{line['follow_up_id']}"
    seen = await outreach.answer("POST", f"{path}/open", json=FROM_LIST, by="bo")
    empty = await outreach.ask("POST", f"{path}/close", json={**FROM_LIST, "why": "  "})
    still = await open_lines(outreach, incident)
    await outreach.answer("POST", f"{path}/close", json={**FROM_LIST, "why": "lægen har ringet"}, by="bo")
    again = await outreach.ask("POST", f"{path}/close", json={**FROM_LIST, "why": "to gange"})

    assert (line["reason"], line["told_by"]) == (outcome, "anna")
    assert not {"name", "phone", "note"} & line.keys()
    assert (seen["name"], seen["phone"], seen["note"], seen["hindrance"]) == (NAME, PHONE, LINES, None)
    assert (empty.status_code, len(still)) == (422, 1)
    assert await open_lines(outreach, incident) == []
    assert again.status_code == 409
    looks = [e for e in await outreach.emitted(PersonalDataSeen) if e.registration_id == person]
    assert [(e.actor, e.purpose) for e in looks][-1] == ("bo", "follow_up")
    async with outreach.database.transaction() as session:
        row = await session.fetchrow(
            "select closed_by, closed_why from follow_up where registration_id = $1", person
        )
    key = (await outreach.keyring.read([person]))[person]
    assert (row["closed_by"], key.open(NOTE, row["closed_why"], Note).text) == ("bo", "lægen har ringet")


@pytest.mark.parametrize("outcome", ["spoke", "declined"])
async def test_other_outcomes_leave_no_follow_up(outreach: Outreach, outcome: str) -> None:
    incident, _, call, epoch = await in_hand(outreach)

    await told(outreach, call, epoch, outcome)

    assert await open_lines(outreach, incident) == []


async def test_a_report_on_a_changed_call_becomes_a_follow_up(outreach: Outreach) -> None:
    incident, person, call, epoch = await in_hand(outreach)
    await MEANWHILE["withdrew"][0](outreach, incident, person, call)

    await told(outreach, call, epoch, "spoke")

    (line,) = await open_lines(outreach, incident)
    seen = await outreach.answer("POST", f"/follow-ups/{line['follow_up_id']}/open", json=FROM_LIST)
    assert (line["reason"], seen["note"], seen["hindrance"]) == ("kept", LINES, "consent_withdrawn")


async def test_a_follow_up_moves_with_the_person_to_the_acting_authority(outreach: Outreach) -> None:
    incident, person, call, epoch = await in_hand(outreach)
    await told(outreach, call, epoch, "wants_help")
    (line,) = await open_lines(outreach, incident)

    later = NOW + timedelta(hours=1)
    await outreach.consume(resolved(incident, person, municipality=ODENSE, decided_at=later))

    path = f"/follow-ups/{line['follow_up_id']}"
    refused = [
        await outreach.ask("POST", f"{path}/open", json=FROM_LIST),
        await outreach.ask("POST", f"{path}/close", json={**FROM_LIST, "why": "flyttet"}),
    ]
    assert [(answer.status_code, answer.json()["type"]) for answer in refused] == [
        (409, "urn:folgeskab:moved")
    ] * 2
    assert await open_lines(outreach, incident) == []
    assert len(await open_lines(outreach, incident, ODENSE)) == 1


async def test_the_follow_up_of_a_chain_of_merges_is_with_the_authority_of_the_last(
    outreach: Outreach,
) -> None:
    incident, person, call, epoch = await in_hand(outreach)
    await told(outreach, call, epoch, "wants_help")
    second, last = registration_id(), registration_id()

    await outreach.consume(
        merged(incident, person, second), merged(incident, second, last),
        resolved(incident, last, municipality=ODENSE),
    )  # fmt: skip

    assert await open_lines(outreach, incident) == []
    assert len(await open_lines(outreach, incident, ODENSE)) == 1


async def test_a_follow_up_of_a_withdrawn_person_stays_and_shows_the_withdrawal(outreach: Outreach) -> None:
    incident, person, call, epoch = await in_hand(outreach)
    await told(outreach, call, epoch, "wants_help")
    await outreach.consume(withdrawn(incident, person, purpose=Purpose.CONTACT))

    (line,) = await open_lines(outreach, incident)
    seen = await outreach.answer("POST", f"/follow-ups/{line['follow_up_id']}/open", json=FROM_LIST)

    assert seen["hindrance"] == "consent_withdrawn"


async def test_an_erased_person_has_no_follow_up(outreach: Outreach) -> None:
    incident, person, call, epoch = await in_hand(outreach)
    await told(outreach, call, epoch, "wants_help")

    await outreach.keyring.forget([person])
    await outreach.consume(forgotten(incident, person))

    assert await open_lines(outreach, incident) == []


async def test_the_command_lists_the_follow_ups_of_an_authority_and_closes_one(outreach: Outreach) -> None:
    incident, _, call, epoch = await in_hand(outreach)
    await told(outreach, call, epoch, "wrong_number")
    (line,) = await open_lines(outreach, incident)

    async with on_a_socket(outreach.app) as url:
        code, said = await folgeskab("call", "follow-ups", AARHUS, outreach_url=url)
        closing = ("call", "close", AARHUS, line["follow_up_id"])
        closed, _ = await folgeskab(*closing, typed="nyt nummer fundet\n", outreach_url=url)

    assert (code, closed) == (0, 0), said
    assert line["follow_up_id"] in said
    assert "wrong_number" in said
    assert await open_lines(outreach, incident) == []
