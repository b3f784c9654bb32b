"""A wave cancelled during its launch: all its members have the same reason in every service."""

import pytest

from contracts.events.outreach import ContactRequested, ContactWithheld, WaveCancelled, WaveLaunched
from contracts.events.vocabulary import WithheldReason
from kit.database.database import Database
from services.console.projection import handlers, queries
from services.console.projection.person import PersonBucket
from tests.conftest import Databases
from tests.deliveries import deliveries
from tests.integration.outreach.outreach_service import Outreach
from tests.unit.outreach.cases import incident_id, opened, registration_id, whole

PEOPLE = 8  # of whom three are written at once


@pytest.mark.parametrize("written", [0, 1, 2, 3], ids=lambda chunks: f"{chunks} chunks written")
async def test_all_members_are_withheld_with_the_reason_wave_cancelled(
    outreach: Outreach, databases: Databases, written: int
) -> None:
    incident, people = incident_id(), [registration_id() for _ in range(PEOPLE)]
    registered = [opened(incident), *(event for each in people for event in whole(incident, each))]
    await outreach.consume(*registered)
    wave = await outreach.approved(incident)
    await outreach.answer("POST", f"/waves/{wave}/launch")
    for _ in range(written):
        await outreach.launcher.round()

    await outreach.answer("POST", f"/waves/{wave}/cancel")
    while await outreach.launcher.round():
        pass
    await outreach.all_due()
    await outreach.sweeper.round()

    told = [e for e in await outreach.emitted(ContactWithheld) if str(e.wave_id) == wave]
    assert sorted((e.registration_id, e.kind) for e in told) == sorted(
        (person, kind) for person in people for kind in ("message", "call")
    )
    assert {e.reason for e in told} == {WithheldReason.WAVE_CANCELLED}
    assert await outreach.buckets(incident) == {
        ("message", "withheld", "wave_cancelled"): PEOPLE,
        ("call", "withheld", "wave_cancelled"): PEOPLE,
    }
    assert (await outreach.answer("GET", f"/waves/{wave}"))["state"] == "cancelled"
    assert not [e for e in await outreach.emitted(ContactRequested) if e.incident_id == incident]

    console = Database(await databases.migrate("console"), name="console-test")
    said = [
        e for e in await outreach.emitted(ContactWithheld, WaveLaunched, WaveCancelled)
        if e.incident_id == incident
    ]  # fmt: skip
    async with console.transaction() as session:
        await handlers.handle(session, deliveries([*outreach.people.stated(registered), *said]))
        funnel = await queries.funnel(session, incident)
    await console.close()
    assert {bucket: n for bucket, n in funnel.buckets.items() if n} == {PersonBucket.WITHHELD: PEOPLE}
    [lines] = funnel.waves.values()
    assert [(line.kind, line.planned, line.waiting, line.ended) for line in lines] == [
        ("message", PEOPLE, 0, PEOPLE), ("call", PEOPLE, 0, PEOPLE),
    ]  # fmt: skip


async def test_a_wave_cancelled_before_its_launch_emits_no_events(outreach: Outreach) -> None:
    incident, _ = await outreach.incident(people=2)
    wave = await outreach.approved(incident)

    await outreach.answer("POST", f"/waves/{wave}/cancel")
    while await outreach.launcher.round():
        pass

    told = await outreach.emitted(ContactWithheld, WaveLaunched, WaveCancelled)
    assert [e for e in told if e.incident_id == incident] == []
    assert await outreach.buckets(incident) == {}
