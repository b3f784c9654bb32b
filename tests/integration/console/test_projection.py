"""The console's projection against a real database: in order, out of order, twice, and by two at once."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

import pytest

from contracts.events.registration import (
    ContactBarred,
    IncidentClosed,
    IncidentCorrected,
    IncidentReopened,
    PersonMerged,
    RegistrationEvent,
)
from contracts.events.vocabulary import BarReason
from contracts.testing.example_messages import EXAMPLES
from contracts.wire.event import Event
from kit.database.database import Database
from kit.runtime.metrics import REGISTRY
from services.console.metrics import WAVE_CONTACTS
from services.console.projection import gauges, handlers, queries
from services.console.projection.expiry import ConsentExpiry
from services.console.projection.funnel import Funnel
from services.console.projection.person import PersonBucket
from services.console.projection.reconciler import Reconciler
from tests.conftest import Databases
from tests.deliveries import deliveries
from tests.unit.console.story import START, Story
from tests.unit.outreach.cases import StoppedClock


@pytest.fixture(scope="module")
async def database(databases: Databases) -> AsyncIterator[Database]:
    made = Database(await databases.migrate("console"), name="console-test")
    yield made
    await made.close()


async def tell(database: Database, events: Sequence[Event]) -> None:
    async with database.transaction() as session:
        await handlers.handle(session, deliveries(events))


async def figures(database: Database, story: Story) -> Funnel:
    async with database.transaction() as session:
        return await queries.funnel(session, story.incident_id)


async def test_everybody_is_in_one_bucket_and_every_contact_in_one_state(database: Database) -> None:
    story = Story(210)

    await tell(database, story.events())

    funnel = await figures(database, story)
    planned = sum(story.is_planned(index) for index in range(210))
    assert sum(funnel.buckets.values()) == funnel.steps.registered == 210
    assert funnel.steps.planned == planned
    assert funnel.buckets[PersonBucket.NO_CONSENT] == 30
    assert funnel.buckets[PersonBucket.DELIVERED] == funnel.steps.delivered > 0
    assert all(funnel.buckets[PersonBucket(end)] for end in ("failed", "in_doubt", "handed_over", "withheld"))
    assert (
        sum(sum(states.values()) for states in funnel.channels.values()) + sum(funnel.withheld.values())
        == planned
    )
    assert (
        funnel.calls.listed + sum(funnel.calls.concluded.values()) + sum(funnel.calls.withheld.values())
        == planned
    )
    assert [step.waiting for step in funnel.waves[story.wave_id]] == [0, 0]


async def test_the_contacts_of_a_wave_are_measured_by_its_plan_and_launch(database: Database) -> None:
    story = Story(210)
    await tell(database, story.events())
    async with database.transaction() as session:
        await session.execute(
            "update wave set launched_at = now(), plan = 'gauged' where wave_id = $1", story.wave_id
        )

        await gauges.measure(session)

    measured = [
        sample
        for family in WAVE_CONTACTS.collect()
        for sample in family.samples
        if sample.labels["wave"].startswith("gauged ")
    ]
    planned = sum(story.is_planned(index) for index in range(210))
    messages = [sample.value for sample in measured if sample.labels["channel"] != "call"]
    assert sum(sample.value for sample in measured) == 2 * planned
    assert sum(messages) == planned
    assert {sample.labels["exercise"] for sample in measured} == {"yes"}


async def test_a_person_in_no_bucket_is_noticed(database: Database) -> None:
    reconciler = Reconciler(database)
    await tell(database, Story(8).events())
    await reconciler.count()
    before = REGISTRY.get_sample_value("folgeskab_console_unaccounted_people", {"exercise": "yes"})
    async with database.transaction() as session:
        await session.execute(
            "update people_count set people = people - 1 "
            "where ctid = (select min(ctid) from people_count where people > 0)"
        )

    await reconciler.count()

    assert before == 0
    assert REGISTRY.get_sample_value("folgeskab_console_unaccounted_people", {"exercise": "yes"}) == 1
    async with database.transaction() as session:
        await session.execute("truncate people_count, contact_count, person, contact")


async def test_every_subscribed_event_is_handled_in_any_order(database: Database) -> None:
    wanted = [event for event in EXAMPLES if isinstance(event, handlers.WANTED)]
    assert {type(event) for event in wanted} == set(handlers.WANTED)

    for event in (*reversed(wanted), *wanted):
        await tell(database, [event])

    async with database.transaction() as session:
        funnel = await queries.funnel(session, wanted[0].incident_id)
        waves = await queries.waves(session, wanted[0].incident_id)
    assert sum(funnel.buckets.values()) == funnel.steps.registered == 1
    assert [wave.launch is not None for wave in waves.values()] == [True]


async def test_the_latest_event_on_an_incident_counts_in_any_order(database: Database) -> None:
    story = Story(1)
    opened = story.opened()
    about = {"incident_id": story.incident_id, "exercise": True}
    hours = [START + timedelta(hours=number) for number in range(4)]
    facts: list[Event] = [
        opened,
        IncidentCorrected(**opened.model_dump() | {"name": "Ret navn", "corrected_at": hours[2]}),
        IncidentCorrected(**opened.model_dump() | {"name": "Forældet", "corrected_at": hours[1]}),
        IncidentClosed(**about, closed_at=hours[1]),
        IncidentReopened(**about, reopened_at=hours[2]),
    ]
    for event in (*reversed(facts), *facts):
        await tell(database, [event])
    async with database.transaction() as session:
        open_again = await queries.incident(session, story.incident_id)

    await tell(database, [IncidentClosed(**about, closed_at=hours[3])])

    async with database.transaction() as session:
        closed_again = await queries.incident(session, story.incident_id)
    assert open_again is not None
    assert (open_again.name, open_again.closed_at) == ("Ret navn", None)
    assert closed_again is not None
    assert closed_again.closed_at == hours[3]


async def test_merged_and_restricted_people_have_their_own_buckets(database: Database) -> None:
    story = Story(21)
    about = {"incident_id": story.incident_id, "exercise": True}
    one, other, barred = story.people[0], story.people[1], story.people[7]
    changes = [
        PersonMerged(**about, registration_id=other, into=one, merged_at=START),
        ContactBarred(**about, registration_id=barred, reason=BarReason.DO_NOT_CONTACT, barred_at=START),
    ]
    facts = [*story.events(), *story.known.stated(changes)]
    await tell(database, list(reversed(facts)))
    await tell(database, facts)

    funnel = await figures(database, story)

    assert sum(funnel.buckets.values()) == funnel.steps.registered == 21
    assert (funnel.buckets[PersonBucket.MERGED], funnel.buckets[PersonBucket.BARRED]) == (1, 1)


async def test_out_of_order_twice_and_in_pieces_gives_the_same(database: Database) -> None:
    straight, dice = Story(60), random.Random(1)
    events = straight.events()
    await tell(database, events)
    expected = await figures(database, straight)
    for _ in range(3):
        other = Story(60)
        again = other.events() * 2
        dice.shuffle(again)
        for start in range(0, len(again), 37):
            await tell(database, again[start : start + 37])

        funnel = await figures(database, other)

        assert (funnel.buckets, funnel.steps, funnel.calls) == (
            expected.buckets,
            expected.steps,
            expected.calls,
        )


async def test_a_contact_that_arrives_before_its_person_counts_once_the_person_is_registered(
    database: Database,
) -> None:
    story = Story(12)
    events = story.events()
    first = [e for e in events if not isinstance(e, RegistrationEvent)]
    await tell(database, first)
    before = await figures(database, story)

    await tell(database, [e for e in events if e not in first])

    after = await figures(database, story)
    assert (before.steps.registered, before.channels, before.calls.listed) == (0, {}, 0)
    assert after.steps.registered == 12
    assert after.channels


async def test_two_processes_that_handle_the_same_people_at_once_lose_nothing(database: Database) -> None:
    story = Story(40)
    events = story.events()
    planned, sent = ([e for e in events if e.topic == topic] for topic in ("outreach.v1", "notify.v1"))
    await tell(database, [e for e in events if e not in planned and e not in sent])

    async with database.transaction() as first:
        await handlers.handle(first, deliveries(planned))
        second = asyncio.create_task(tell(database, sent))
        await blocked_or_done(database, second)
    await second

    alone = Story(40)
    await tell(database, alone.events())
    assert (await figures(database, story)).buckets == (await figures(database, alone)).buckets


async def blocked_or_done(database: Database, other: asyncio.Task[None]) -> None:
    """Wait until another transaction waits for a lock of ours, or has not had to."""
    while not other.done():
        async with database.transaction() as session:
            if await session.fetchval(
                "select count(*) from pg_locks where not granted and pid <> pg_backend_pid() "
                "and (select datname = current_database() from pg_stat_activity a where a.pid = pg_locks.pid)"
            ):
                return


async def test_a_person_leaves_ready_when_the_consent_expires_without_an_event(database: Database) -> None:
    story = Story(10)
    events = [e for e in story.events() if e.topic in {"registration.v1", "routing.v1"}]
    await tell(database, [e for e in events if type(e).__name__ != "ConsentWithdrawn"])
    clock = StoppedClock(START + timedelta(days=364))
    expiry = ConsentExpiry(database, clock)

    await all_rounds(expiry)
    before = await figures(database, story)
    clock.forward(timedelta(days=2))
    await all_rounds(expiry)
    after = await figures(database, story)
    clock.forward(timedelta(days=-2))
    await all_rounds(expiry)
    back = await figures(database, story)

    ready = before.buckets[PersonBucket.NOT_PLANNED]
    assert ready > 0
    assert before.buckets[PersonBucket.CONSENT_EXPIRED] == after.buckets[PersonBucket.NOT_PLANNED] == 0
    assert after.buckets[PersonBucket.CONSENT_EXPIRED] >= ready
    assert after.steps.consented == 0
    assert sum(after.buckets.values()) == after.steps.registered == 10
    assert (back.buckets, back.steps) == (before.buckets, before.steps)


async def all_rounds(expiry: ConsentExpiry) -> None:
    while await expiry.round():
        pass
