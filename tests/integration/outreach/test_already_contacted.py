"""Nobody gets the same message or call twice, whatever the wave or registration of the first."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import pytest

from contracts.events.ids import AttemptId, IncidentId
from contracts.events.outreach import ContactRequested, ContactWithheld, WaveLaunched
from contracts.events.vocabulary import CallOutcome, Purpose, WithheldReason
from kit.runtime.ids import new_id
from services.outreach.plans.files import from_text
from services.outreach.store import wave_launches
from services.outreach.workers.launcher import due_times
from tests.integration.outreach.outreach_service import Outreach
from tests.unit.outreach.cases import (
    NOW,
    consent,
    covered,
    delivered,
    failed,
    given,
    handed_over,
    in_doubt,
    merged,
    registration_id,
    unmerged,
    whole,
    withdrawn,
)

Reach = Callable[[Outreach, IncidentId], Awaitable[None]]


async def requested(outreach: Outreach, incident: IncidentId) -> list[ContactRequested]:
    return [e for e in await outreach.emitted(ContactRequested) if e.incident_id == incident]


async def previewed(outreach: Outreach, incident: IncidentId, **draft: Any) -> dict[str, Any]:
    wave = await outreach.draft(incident, **draft)
    seen: dict[str, Any] = await outreach.answer("POST", f"/waves/{wave}/preview")
    return seen


async def all_launched(outreach: Outreach) -> None:
    while await outreach.launcher.round():
        pass


async def waits(outreach: Outreach, incident: IncidentId) -> None:
    await outreach.launched(incident)


async def is_requested(outreach: Outreach, incident: IncidentId) -> None:
    await outreach.launched(incident)
    await outreach.all_due()


async def is_handed_over(outreach: Outreach, incident: IncidentId) -> None:
    await is_requested(outreach, incident)
    attempt = AttemptId(new_id())
    await outreach.consume(*(handed_over(e, attempt) for e in await requested(outreach, incident)))


async def is_in_doubt(outreach: Outreach, incident: IncidentId) -> None:
    await is_requested(outreach, incident)
    attempt = AttemptId(new_id())
    await outreach.consume(*(in_doubt(e, attempt) for e in await requested(outreach, incident)))


async def is_delivered(outreach: Outreach, incident: IncidentId) -> None:
    await is_requested(outreach, incident)
    attempt = AttemptId(new_id())
    await outreach.consume(*(delivered(e, attempt) for e in await requested(outreach, incident)))


async def is_covered_by_the_text_to_a_shared_telephone(outreach: Outreach, incident: IncidentId) -> None:
    await is_requested(outreach, incident)
    await outreach.consume(*(covered(e) for e in await requested(outreach, incident)))


async def has_failed(outreach: Outreach, incident: IncidentId) -> None:
    await is_requested(outreach, incident)
    await outreach.consume(*(failed(e) for e in await requested(outreach, incident)))


async def was_withheld(outreach: Outreach, incident: IncidentId) -> None:
    wave = await outreach.launched(incident)
    await outreach.answer("POST", f"/waves/{wave}/cancel")
    await outreach.sweeper.round()


async def is_called_off(outreach: Outreach, incident: IncidentId) -> None:
    """Cancel the wave; its planned contacts are not withheld yet."""
    wave = await outreach.launched(incident)
    await outreach.answer("POST", f"/waves/{wave}/cancel")


HAD: Final[tuple[Reach, ...]] = (
    waits, is_requested, is_handed_over, is_in_doubt, is_delivered,
    is_covered_by_the_text_to_a_shared_telephone,
)  # fmt: skip
NOT_HAD: Final[tuple[Reach, ...]] = (was_withheld, is_called_off)


@pytest.mark.parametrize("reach", HAD, ids=lambda reach: reach.__name__)
async def test_people_with_an_open_in_doubt_or_delivered_contact_are_left_out(
    outreach: Outreach, reach: Reach
) -> None:
    incident, _ = await outreach.incident(people=5)
    await reach(outreach, incident)

    seen = await previewed(outreach, incident)

    assert (seen["people"], seen["planned"]) == (5, 0)
    assert seen["excluded"] == {"already_contacted": 5}


@pytest.mark.parametrize("reach", NOT_HAD, ids=lambda reach: reach.__name__)
async def test_a_contact_that_failed_does_not_count(outreach: Outreach, reach: Reach) -> None:
    incident, _ = await outreach.incident(people=5)
    await reach(outreach, incident)

    seen = await previewed(outreach, incident)

    assert (seen["planned"], seen["excluded"]) == (5, {})


async def test_a_plan_leaves_out_only_repeated_steps(outreach: Outreach) -> None:
    incident, (person,) = await outreach.incident(people=1)
    await has_failed(outreach, incident)  # the message; the call is on the list

    seen = await previewed(outreach, incident)

    assert (seen["planned"], seen["excluded"]) == (1, {})
    assert [(share["kind"], share["contacts"]) for share in seen["contacts"]] == [("message", 1)]
    assert seen["omitted"] == [{"kind": "call", "reason": "already_contacted", "contacts": 1}]
    [member] = (await outreach.answer("GET", f"/waves/{seen['wave_id']}/members"))["members"]
    assert member["registration_id"] == str(person)
    assert member["steps"][1] == {"channels": [], "reason": "already_contacted"}


@pytest.mark.parametrize(
    ("outcome", "planned"), [(CallOutcome.SPOKE, 0), (CallOutcome.DECLINED, 0), (CallOutcome.WRONG_NUMBER, 1)]
)
async def test_a_call_that_reached_the_person_counts(
    outreach: Outreach, outcome: CallOutcome, planned: int
) -> None:
    incident, _ = await outreach.incident(people=1)
    await has_failed(outreach, incident)
    async with outreach.database.transaction() as session:
        await session.execute(
            "update contact set state = 'concluded', outcome = $2 where incident_id = $1 and kind = 'call'",
            incident,
            outcome,
        )

    seen = await previewed(outreach, incident)

    calls = [share["contacts"] for share in seen["contacts"] if share["kind"] == "call"]
    assert sum(calls) == planned


async def test_the_contact_of_a_merged_registration_counts_while_the_merge_lasts(outreach: Outreach) -> None:
    incident, (one, other, third) = await outreach.incident(people=3)
    await outreach.consume(withdrawn(incident, one), withdrawn(incident, third))
    await is_delivered(outreach, incident)  # only the other has it
    await outreach.consume(merged(incident, other, third), merged(incident, third, one))
    again = consent(Purpose.CONTACT, given_at=NOW + timedelta(seconds=1))
    await outreach.consume(given(incident, one, again), given(incident, third, again))

    as_one = await previewed(outreach, incident)
    later = outreach.clock.now() + timedelta(minutes=1)
    await outreach.consume(
        unmerged(incident, other, third, at=later), unmerged(incident, third, one, at=later)
    )
    apart = await previewed(outreach, incident)

    assert (as_one["planned"], as_one["excluded"]) == (1, {"merged": 2})
    assert [(share["kind"], share["contacts"]) for share in as_one["contacts"]] == [("call", 1)]
    assert (apart["planned"], apart["excluded"]) == (3, {})
    messages = [share["contacts"] for share in apart["contacts"] if share["kind"] == "message"]
    assert sum(messages) == 2  # all but the one that has it


async def test_a_contact_made_between_preview_and_launch_counts_at_the_launch(outreach: Outreach) -> None:
    incident, people = await outreach.incident(people=7)
    late = await outreach.approved(incident)
    first = await outreach.launched(incident)

    await outreach.answer("POST", f"/waves/{late}/launch")
    await all_launched(outreach)
    told = [e for e in await outreach.emitted(ContactWithheld) if str(e.wave_id) == late]
    await outreach.all_due()

    assert {(e.registration_id, e.kind, e.reason) for e in told} == {
        (person, kind, WithheldReason.ALREADY_CONTACTED) for person in people for kind in ("message", "call")
    }
    assert len(told) == 14
    assert {(str(e.wave_id), e.registration_id) for e in await requested(outreach, incident)} == {
        (first, person) for person in people
    }


async def test_two_waves_launched_at_once_reach_everybody_once(outreach: Outreach) -> None:
    incident, people = await outreach.incident(people=9)
    for wave in [await outreach.approved(incident) for _ in range(2)]:
        await outreach.answer("POST", f"/waves/{wave}/launch")

    async def launch() -> None:
        while await outreach.launcher.round():
            pass

    await asyncio.gather(launch(), launch())
    await outreach.all_due()

    assert sorted(e.registration_id for e in await requested(outreach, incident)) == sorted(people)
    assert await outreach.buckets(incident) == {
        ("message", "requested", None): 9,
        ("message", "withheld", "already_contacted"): 9,
        ("call", "listed", None): 9,
        ("call", "withheld", "already_contacted"): 9,
    }


async def test_a_launch_waits_for_the_chunk_that_another_wave_is_writing(outreach: Outreach) -> None:
    incident, _ = await outreach.incident(people=3)
    for wave in [await outreach.approved(incident) for _ in range(2)]:
        await outreach.answer("POST", f"/waves/{wave}/launch")

    async with outreach.database.transaction() as session:
        one = await wave_launches.lock_launching(session)
        assert one is not None
        await wave_launches.lock_launches(session, incident)
        steps = due_times(from_text(one.plan_text), outreach.clock.now())
        await wave_launches.launch_members(session, one, steps, 3)
        other = asyncio.create_task(outreach.launcher.round())
        await blocked_or_done(outreach, other)
    await other

    assert await outreach.buckets(incident) == {
        ("message", "waiting", None): 3,
        ("message", "withheld", "already_contacted"): 3,
        ("call", "waiting", None): 3,
        ("call", "withheld", "already_contacted"): 3,
    }


async def blocked_or_done(outreach: Outreach, other: asyncio.Task[bool]) -> None:
    """Wait until the task waits for one of our locks or is done."""
    while not other.done():
        async with outreach.database.transaction() as session:
            if await session.fetchval(
                "select count(*) from pg_stat_activity "
                "where datname = current_database() and wait_event_type = 'Lock'"
            ):
                return


@pytest.mark.parametrize("together", [True, False])
async def test_of_two_due_contacts_the_first_is_sent_and_the_other_withheld(
    outreach: Outreach, *, together: bool
) -> None:
    """Two waiting contacts of one person can exist from before this check was added."""
    incident, people = await outreach.incident(people=4)
    other = await outreach.approved(incident)
    await outreach.launched(incident)
    await outreach.answer("POST", f"/waves/{other}/launch")
    await all_launched(outreach)
    async with outreach.database.transaction() as session:
        await session.execute(
            "update contact set state = 'waiting', reason = null where wave_id = $1", UUID(other)
        )

    if together:
        await outreach.all_due()
    else:
        claims = [await outreach.worker(batch=8).claim() for _ in range(2)]
        await asyncio.gather(*(outreach.due.decide(some) for some in claims))

    assert sorted(e.registration_id for e in await requested(outreach, incident)) == sorted(people)
    assert (await outreach.buckets(incident))["message", "withheld", "already_contacted"] == 4


async def test_a_due_contact_is_withheld_after_a_merge_with_a_contacted_person(outreach: Outreach) -> None:
    incident, (one,) = await outreach.incident(people=1)
    await is_delivered(outreach, incident)
    late = registration_id()
    await outreach.consume(*whole(incident, late))
    await outreach.launched(incident)
    await outreach.consume(merged(incident, one, late))

    await outreach.all_due()

    assert [e.registration_id for e in await requested(outreach, incident)] == [one]
    told = [e for e in await outreach.emitted(ContactWithheld) if e.registration_id == late]
    assert {e.reason for e in told if e.kind == "message"} == {WithheldReason.ALREADY_CONTACTED}


async def test_a_deliberate_repeat_includes_and_counts_people_contacted_before(outreach: Outreach) -> None:
    incident, people = await outreach.incident(people=3)
    await is_delivered(outreach, incident)
    late = registration_id()
    await outreach.consume(*whole(incident, late))

    seen = await previewed(outreach, incident, repeat=True)
    plain = await previewed(outreach, incident)

    assert (seen["repeat"], seen["planned"], seen["again"], seen["excluded"]) == (True, 4, 3, {})
    assert (plain["repeat"], plain["planned"], plain["again"]) == (False, 1, 0)
    wave = seen["wave_id"]
    await outreach.answer(
        "POST", f"/waves/{wave}/approve", by="bo", json={"frozen_hash": seen["frozen_hash"]}
    )
    await outreach.answer("POST", f"/waves/{wave}/launch")
    await all_launched(outreach)
    await outreach.all_due()
    again = [e.registration_id for e in await requested(outreach, incident) if str(e.wave_id) == wave]
    assert sorted(again) == sorted([*people, late])


async def test_the_approval_covers_the_repeat(outreach: Outreach) -> None:
    incident, _ = await outreach.incident(people=2)

    hashes = {(await previewed(outreach, incident, repeat=repeat))["frozen_hash"] for repeat in (True, False)}

    assert len(hashes) == 2


async def test_the_same_plan_launched_twice_makes_no_new_contact(outreach: Outreach) -> None:
    incident, people = await outreach.incident(people=5)
    await is_delivered(outreach, incident)

    again = await outreach.launched(incident)
    await outreach.all_due()

    assert len(await requested(outreach, incident)) == len(people)
    [told] = [e for e in await outreach.emitted(WaveLaunched) if str(e.wave_id) == again]
    assert told.planned == ()
    assert [(share.reason, share.people) for share in told.excluded] == [("already_contacted", 5)]
