"""A wave to selected people, by registrations that may have been merged since."""

from uuid import UUID

import pytest

from contracts.events.ids import AuthorityId, IncidentId
from kit.runtime.ids import new_id
from tests.integration.outreach.outreach_service import Outreach
from tests.unit.outreach.cases import merged, registered, registration_id, resolved

SAMSOE, REGION = AuthorityId("0741"), AuthorityId("region-oestdanmark")


async def draft(outreach: Outreach, incident: IncidentId, *people: UUID) -> str:
    return await outreach.draft(incident, registrations=[str(person) for person in people])


async def members(outreach: Outreach, wave: str) -> dict[str, str | None]:
    await outreach.answer("POST", f"/waves/{wave}/preview")
    found = await outreach.answer("GET", f"/waves/{wave}/members")
    return {member["registration_id"]: member["excluded"] for member in found["members"]}


async def test_only_the_selected_people_are_in_the_wave(outreach: Outreach) -> None:
    incident, people = await outreach.incident(people=5)

    wave = await draft(outreach, incident, people[1], people[3])

    assert await members(outreach, wave) == {str(people[1]): None, str(people[3]): None}
    shown = await outreach.answer("GET", f"/waves/{wave}")
    assert shown["selection"]["registrations"] == [str(people[1]), str(people[3])]


async def test_people_not_registered_at_the_incident_are_refused(outreach: Outreach) -> None:
    incident, (known,) = await outreach.incident(people=1)
    _, (elsewhere,) = await outreach.incident(people=1)
    nobody = new_id()
    selection = {"registrations": [str(known), str(elsewhere), str(nobody)]}

    refused = await outreach.ask(
        "POST", f"/incidents/{incident}/waves", json={"plan": "exercise", "selection": selection}
    )

    assert refused.status_code == 422
    assert {error["field"] for error in refused.json()["errors"]} == {
        "selection.registrations.1", "selection.registrations.2",
    }  # fmt: skip
    assert await outreach.answer("GET", f"/incidents/{incident}/waves") == []


async def test_selecting_a_merged_registration_reaches_its_primary(
    outreach: Outreach,
) -> None:
    incident, (one, other, third) = await outreach.incident(people=3)
    await outreach.consume(merged(incident, third, other), merged(incident, other, one))

    wave = await draft(outreach, incident, third)

    assert await members(outreach, wave) == {
        str(one): None, str(other): "merged", str(third): "merged",
    }  # fmt: skip


async def test_the_approval_covers_the_selected_people(outreach: Outreach) -> None:
    incident, (one, other) = await outreach.incident(people=2)

    hashes = []
    for named in ((), (one, other)):
        wave = await draft(outreach, incident, *named)
        hashes.append((await outreach.answer("POST", f"/waves/{wave}/preview"))["frozen_hash"])

    assert hashes[0] != hashes[1]


@pytest.mark.parametrize("named", [REGION, SAMSOE])
async def test_people_are_selected_by_municipality_and_by_acting_authority(
    outreach: Outreach, named: str
) -> None:
    incident, (elsewhere,) = await outreach.incident(people=1)
    person = registration_id()
    await outreach.consume(
        registered(incident, person), resolved(incident, person, municipality=SAMSOE, acting=REGION)
    )

    wave = await outreach.draft(incident, municipalities=[named])

    assert await members(outreach, wave) == {str(person): None}
    assert str(elsewhere) not in await members(outreach, wave)
