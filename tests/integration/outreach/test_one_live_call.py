"""One live call per person and incident, with any number of waves, registrations and nurses."""

import asyncio
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from contracts.events.ids import IncidentId, RegistrationId
from contracts.events.outreach import CallListed, ContactWithheld
from contracts.events.personal import CONTACT, ContactDetails
from contracts.events.vocabulary import CallOutcome, WithheldReason
from tests.integration.outreach.outreach_service import FROM_LIST, Outreach
from tests.unit.outreach.cases import (
    incident_id,
    merged,
    opened,
    registered,
    registration_id,
    resolved,
    unmerged,
)

SOON = timedelta(minutes=2)


async def people(outreach: Outreach, number: int) -> tuple[IncidentId, list[RegistrationId]]:
    incident, ids = incident_id(), [registration_id() for _ in range(number)]
    await outreach.consume(opened(incident))
    for who, key in (await outreach.keyring.issue(ids)).items():
        person = RegistrationId(who)
        contact = key.seal(CONTACT, ContactDetails("Nancy Ann Test Berggren", "+4520123456"))
        await outreach.consume(
            registered(incident, person, contact=contact), resolved(incident, person, recipient=None)
        )
    return incident, ids


async def two_waves(outreach: Outreach, incident: IncidentId) -> tuple[str, str]:
    """Launch two deliberate repeats, which plan the same people and conflict when due."""
    one, other = [await outreach.approved(incident, repeat=True) for _ in range(2)]
    for wave in (one, other):
        await outreach.answer("POST", f"/waves/{wave}/launch")
    while await outreach.launcher.round():
        pass
    return one, other


async def listed(outreach: Outreach, incident: IncidentId) -> list[CallListed]:
    return [e for e in await outreach.emitted(CallListed) if e.incident_id == incident]


async def calls_withheld(outreach: Outreach, incident: IncidentId) -> list[tuple[UUID, WithheldReason]]:
    told = await outreach.emitted(ContactWithheld)
    return [(e.registration_id, e.reason) for e in told if e.incident_id == incident and e.kind == "call"]


async def conclude(outreach: Outreach, contact_id: UUID, outcome: CallOutcome) -> None:
    claim = await outreach.answer("POST", f"/calls/{contact_id}/claim", json=FROM_LIST)
    told = {"epoch": claim["epoch"], "outcome": outcome}
    await outreach.answer("POST", f"/calls/{contact_id}/outcome", json=told)


async def look_again(outreach: Outreach) -> None:
    outreach.clock.forward(SOON)
    await outreach.all_due()


async def test_two_waves_list_one_call_for_a_person(outreach: Outreach) -> None:
    incident, (person,) = await people(outreach, 1)
    await two_waves(outreach, incident)

    await outreach.all_due()
    await look_again(outreach)

    assert [e.registration_id for e in await listed(outreach, incident)] == [person]
    assert await calls_withheld(outreach, incident) == []


async def test_two_workers_that_decide_at_once_list_one_call_for_a_person(outreach: Outreach) -> None:
    incident, (person,) = await people(outreach, 1)
    await two_waves(outreach, incident)
    workers = [outreach.worker(batch=1) for _ in range(4)]

    claims = [await worker.claim() for worker in workers]
    await asyncio.gather(*(w.decide(c) for w, c in zip(workers, claims, strict=True)))
    await look_again(outreach)

    assert [e.registration_id for e in await listed(outreach, incident)] == [person]


@pytest.mark.parametrize(
    ("outcome", "then"),
    [
        (CallOutcome.DECLINED, WithheldReason.ALREADY_CONTACTED),
        (CallOutcome.SPOKE, WithheldReason.ALREADY_CONTACTED),
        (CallOutcome.WRONG_NUMBER, None),
    ],
)
async def test_the_second_wave_calls_only_people_the_first_did_not_reach(
    outreach: Outreach, outcome: CallOutcome, then: WithheldReason | None
) -> None:
    incident, (person,) = await people(outreach, 1)
    await two_waves(outreach, incident)
    await outreach.all_due()
    [first] = await listed(outreach, incident)

    outreach.clock.forward(SOON)
    await conclude(outreach, first.contact_id, outcome)
    await look_again(outreach)

    assert await calls_withheld(outreach, incident) == ([(person, then)] if then else [])
    assert len(await listed(outreach, incident)) == (1 if then else 2)


async def test_two_listed_calls_become_one_after_a_merge(
    outreach: Outreach,
) -> None:
    incident, (one, other) = await people(outreach, 2)
    await outreach.launched(incident)
    await outreach.all_due()
    calls = {e.registration_id: e.contact_id for e in await listed(outreach, incident)}
    for nurse, call in (("anna", calls[one]), ("bo", calls[other])):
        await outreach.answer("POST", f"/calls/{call}/claim", json=FROM_LIST, by=nurse)

    await outreach.consume(merged(incident, other, one))

    assert await calls_withheld(outreach, incident) == [(other, WithheldReason.MERGED)]
    again = await outreach.ask("POST", f"/calls/{calls[one]}/claim", json=FROM_LIST, by="bo")
    assert (again.status_code, again.json()["type"]) == (409, "urn:folgeskab:claimed")


async def test_a_person_with_three_registrations_has_one_call(outreach: Outreach) -> None:
    incident, (one, other, third) = await people(outreach, 3)
    await outreach.launched(incident)
    await outreach.all_due()
    calls = {e.registration_id: e.contact_id for e in await listed(outreach, incident)}
    await outreach.answer("POST", f"/calls/{calls[third]}/claim", json=FROM_LIST, by="bo")

    await outreach.consume(merged(incident, third, other), merged(incident, other, one))
    await look_again(outreach)
    while_bo_calls = await outreach.ask("POST", f"/calls/{calls[one]}/claim", json=FROM_LIST)
    await conclude_by(outreach, calls[third], "bo")
    await look_again(outreach)

    assert while_bo_calls.json()["type"] == "urn:folgeskab:claimed"
    assert sorted(await calls_withheld(outreach, incident)) == sorted(
        [(other, WithheldReason.MERGED), (one, WithheldReason.MERGED)]
    )


async def conclude_by(outreach: Outreach, contact_id: UUID, who: str) -> None:
    claim = await outreach.answer("GET", "/authorities/0751/calls")
    row = next(c for c in claim["calls"] if c["contact_id"] == str(contact_id))
    assert row["claimed_by"] == who
    async with outreach.database.transaction() as session:
        epoch = await session.fetchval("select epoch from contact where contact_id = $1", contact_id)
    await outreach.answer(
        "POST", f"/calls/{contact_id}/outcome", by=who, json={"epoch": epoch, "outcome": "declined"}
    )


async def test_an_undone_merge_restores_both_calls(outreach: Outreach) -> None:
    incident, (one, other) = await people(outreach, 2)
    await outreach.launched(incident)
    await outreach.all_due()
    calls = {e.registration_id: e.contact_id for e in await listed(outreach, incident)}
    await outreach.answer("POST", f"/calls/{calls[other]}/claim", json=FROM_LIST, by="bo")
    at = outreach.clock.now()

    await outreach.consume(merged(incident, other, one, at=at))
    await outreach.consume(unmerged(incident, other, one, at=at + timedelta(seconds=1)))
    await look_again(outreach)

    assert await calls_withheld(outreach, incident) == []
    for call, nurse in ((calls[one], "anna"), (calls[other], "bo")):
        await outreach.answer("POST", f"/calls/{call}/claim", json=FROM_LIST, by=nurse)


async def lapse(outreach: Outreach, contact_id: UUID) -> None:
    async with outreach.database.transaction() as session:
        await session.execute(
            "update contact set lease_until = now() - interval '1 minute' where contact_id = $1", contact_id
        )


async def tell(outreach: Outreach, contact_id: UUID, by: str, epoch: int, outcome: CallOutcome) -> str | None:
    told = {"epoch": epoch, "outcome": outcome}
    answer = await outreach.answer("POST", f"/calls/{contact_id}/outcome", by=by, json=told)
    unchanged: str | None = answer["unchanged"]
    return unchanged


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (CallOutcome.DECLINED, 409),
        (CallOutcome.SPOKE, 409),
        (CallOutcome.WANTS_HELP, 409),
        (CallOutcome.NO_ANSWER, 200),
        (CallOutcome.WRONG_NUMBER, 200),
    ],
)
async def test_a_person_reached_after_the_claim_was_lost_is_not_called_again(
    outreach: Outreach, outcome: CallOutcome, status: int
) -> None:
    incident, (person,) = await people(outreach, 1)
    await outreach.launched(incident)
    await outreach.all_due()
    [call] = [e.contact_id for e in await listed(outreach, incident)]
    annas = await outreach.answer("POST", f"/calls/{call}/claim", json=FROM_LIST, by="anna")
    await lapse(outreach, call)
    bos = await outreach.answer("POST", f"/calls/{call}/claim", json=FROM_LIST, by="bo")

    outreach.clock.forward(SOON)
    kept = await tell(outreach, call, "anna", annas["epoch"], outcome)
    await tell(outreach, call, "bo", bos["epoch"], CallOutcome.NO_ANSWER)
    outreach.clock.forward(timedelta(hours=20))
    carls = await outreach.ask("POST", f"/calls/{call}/claim", json=FROM_LIST, by="carl")

    assert (kept, carls.status_code) == ("claim-lost", status)
    reached = [(person, WithheldReason.ALREADY_CONTACTED)] if status == 409 else []
    assert await calls_withheld(outreach, incident) == reached


async def test_a_person_reached_by_a_call_taken_off_the_list_is_not_called_again(outreach: Outreach) -> None:
    incident, (one, other) = await people(outreach, 2)
    await outreach.launched(incident)
    await outreach.all_due()
    calls = {e.registration_id: e.contact_id for e in await listed(outreach, incident)}
    annas = await outreach.answer("POST", f"/calls/{calls[one]}/claim", json=FROM_LIST, by="anna")
    await lapse(outreach, calls[one])
    bos = await outreach.answer("POST", f"/calls/{calls[other]}/claim", json=FROM_LIST, by="bo")
    await outreach.consume(merged(incident, other, one))

    outreach.clock.forward(SOON)
    kept = await tell(outreach, calls[one], "anna", annas["epoch"], CallOutcome.SPOKE)
    await tell(outreach, calls[other], "bo", bos["epoch"], CallOutcome.WRONG_NUMBER)
    await look_again(outreach)

    assert kept == "set-aside"
    assert await calls_withheld(outreach, incident) == [(one, WithheldReason.ALREADY_CONTACTED)]


async def test_a_person_reached_late_by_a_merged_registrations_call_is_not_called_again(
    outreach: Outreach,
) -> None:
    incident, (one, other) = await people(outreach, 2)
    await outreach.launched(incident)
    await outreach.all_due()
    calls = {e.registration_id: e.contact_id for e in await listed(outreach, incident)}
    bos = await outreach.answer("POST", f"/calls/{calls[other]}/claim", json=FROM_LIST, by="bo")
    await outreach.consume(merged(incident, other, one))
    await lapse(outreach, calls[other])
    await outreach.sweeper.round()

    outreach.clock.forward(SOON)
    kept = await tell(outreach, calls[other], "bo", bos["epoch"], CallOutcome.SPOKE)
    await look_again(outreach)

    assert kept == "withheld"
    assert (one, WithheldReason.ALREADY_CONTACTED) in await calls_withheld(outreach, incident)


async def test_the_database_itself_refuses_a_second_live_call(outreach: Outreach) -> None:
    incident, (person,) = await people(outreach, 1)
    await two_waves(outreach, incident)
    await outreach.all_due()

    with pytest.raises(asyncpg.UniqueViolationError):
        async with outreach.database.transaction() as session:
            await session.execute(
                "update contact set state = 'listed' where registration_id = $1 and kind = 'call'", person
            )
