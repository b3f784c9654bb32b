"""A batch is one transaction with its inbox claims; a bad message is isolated and parked."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from uuid import UUID

import pytest

from contracts.events.ids import IncidentId, RegistrationId
from contracts.events.registration import ConsentWithdrawn
from contracts.events.vocabulary import Purpose
from contracts.wire.catalogue import EVENTS
from kit.database.database import Database, Session
from kit.kafka.consumer import Braked, Consumer
from kit.kafka.parking import Parking, Reject
from kit.kafka.records import Delivery, KafkaRecord
from kit.runtime.ids import new_id
from tests.conftest import Databases
from tests.poison import POISON, record

INCIDENT = IncidentId(new_id())
RAISES = RegistrationId(UUID(int=13))


def withdrawn(person: UUID | None = None) -> ConsentWithdrawn:
    return ConsentWithdrawn(
        incident_id=INCIDENT,
        registration_id=RegistrationId(person or new_id()),
        exercise=True,
        purpose=Purpose.CONTACT,
        withdrawn_at=datetime(2026, 11, 24, tzinfo=UTC),
    )


async def note(session: Session, deliveries: Sequence[Delivery]) -> None:
    """Record every person in order, and fail on one of them as a bug would."""
    people = [d.event.registration_id for d in deliveries if isinstance(d.event, ConsentWithdrawn)]
    await session.execute(
        "insert into noted (registration_id, event_id) select * from unnest($1::uuid[], $2::uuid[])",
        people, [d.envelope.id for d in deliveries],
    )  # fmt: skip
    if RAISES in people:
        raise ZeroDivisionError


@pytest.fixture
def consumer(empty_kit: Database, databases: Databases) -> Consumer:
    return Consumer(
        service="test",
        database=empty_kit,
        parking=Parking(databases.master()),
        known=EVENTS,
        wanted=frozenset({ConsentWithdrawn}),
        handler=note,
        brake_after=20,
    )


async def noted(database: Database) -> list[UUID]:
    async with database.transaction() as session:
        return [row[0] for row in await session.fetch("select registration_id from noted order by seen")]


async def noted_since(database: Database, row: int) -> list[tuple[UUID, UUID]]:
    """Give person and event, in the order of writing."""
    async with database.transaction() as session:
        rows = await session.fetch("select registration_id, event_id from noted order by seen offset $1", row)
    return [(found[0], found[1]) for found in rows]


async def parked(database: Database) -> list[tuple[int, str]]:
    async with database.transaction() as session:
        rows = await session.fetch('select "offset", reason from parked order by "offset"')
    return [(row[0], row[1]) for row in rows]


def batch(size: int) -> list[KafkaRecord]:
    return [record(withdrawn(), str(new_id()), offset=offset) for offset in range(size)]


def raising(found: KafkaRecord) -> KafkaRecord:
    return record(withdrawn(RAISES), str(new_id()), offset=found.offset)


@pytest.mark.parametrize("position", [0, 1, 249, 250, 498, 499])
@pytest.mark.parametrize("spoil", [*POISON.values(), raising], ids=[*POISON, "the handler raises"])
async def test_a_bad_message_is_parked_alone_and_its_499_neighbours_pass(
    consumer: Consumer,
    empty_kit: Database,
    databases: Databases,
    spoil: Callable[[KafkaRecord], KafkaRecord],
    position: int,
) -> None:
    records = batch(500)
    good = [r.key for i, r in enumerate(records) if i != position]
    bad = records[position] = spoil(records[position])

    await consumer.handle(records)

    assert [str(person).encode() for person in await noted(empty_kit)] == good
    assert [offset for offset, _ in await parked(empty_kit)] == [position]
    async with empty_kit.transaction() as session:
        parking = Parking(databases.master())
        (listed,) = await parking.listed(session)
        assert await parking.lock(session, listed.id) == bad


@pytest.mark.parametrize("spoil", [*POISON.values(), raising], ids=[*POISON, "the handler raises"])
async def test_wherever_a_bad_message_stands_the_events_of_each_key_keep_their_order(
    consumer: Consumer, empty_kit: Database, spoil: Callable[[KafkaRecord], KafkaRecord]
) -> None:
    people = [new_id() for _ in range(3)]  # so five events of each, all around the bad one

    for position in range(16):
        ids = [new_id() for _ in range(16)]
        records = [
            record(withdrawn(people[at % 3]), str(event_id), offset=position * 16 + at)
            for at, event_id in enumerate(ids)
        ]
        records[position] = spoil(records[position])

        await consumer.handle(records)

        seen = await noted_since(empty_kit, position * 15)
        assert seen == [(people[at % 3], ids[at]) for at in range(16) if at != position], position
        assert [offset for offset, _ in await parked(empty_kit)] == [at * 17 for at in range(position + 1)]


async def test_every_kind_of_poison_at_once_is_parked_each_with_its_own_reason(
    consumer: Consumer, empty_kit: Database
) -> None:
    records = batch(500)
    for index, spoil in enumerate([*POISON.values(), raising]):
        records[index * 50 + 7] = spoil(records[index * 50 + 7])

    await consumer.handle(records)

    assert len(await noted(empty_kit)) == 490
    reasons = [reason for _, reason in await parked(empty_kit)]
    assert len(reasons) == 10
    assert "the handler raised ZeroDivisionError" in " ".join(reasons)


async def test_delivered_twice_is_handled_once(consumer: Consumer, empty_kit: Database) -> None:
    records = batch(50)

    await consumer.handle(records)
    await consumer.handle(records)
    await consumer.handle([records[3], records[3]])

    assert len(await noted(empty_kit)) == 50


async def test_the_same_event_twice_in_one_batch_is_handled_once(
    consumer: Consumer, empty_kit: Database
) -> None:
    one = batch(1)[0]

    await consumer.handle([one, one])

    assert len(await noted(empty_kit)) == 1


async def test_a_parked_message_is_parked_once_however_often_it_comes(
    consumer: Consumer, empty_kit: Database
) -> None:
    bad = POISON["broken JSON"](batch(1)[0])

    await consumer.handle([bad])
    await consumer.handle([bad])

    assert len(await parked(empty_kit)) == 1


async def test_another_bad_message_at_the_same_place_of_a_new_broker_is_not_lost(
    consumer: Consumer, empty_kit: Database
) -> None:
    first, second = (POISON["broken JSON"](batch(1)[0]) for _ in range(2))

    await consumer.handle([first])
    await consumer.handle([second])

    assert len(await parked(empty_kit)) == 2


async def test_the_brake_stops_after_too_many_in_a_row_and_writes_nothing_of_that_batch(
    consumer: Consumer, empty_kit: Database
) -> None:
    records = batch(60)
    for index in range(30, 55):
        records[index] = POISON["broken JSON"](records[index])

    with pytest.raises(Braked):
        await consumer.handle(records)

    assert await noted(empty_kit) == []
    assert await parked(empty_kit) == []


async def test_the_brake_counts_across_batches(consumer: Consumer, empty_kit: Database) -> None:
    bad = [POISON["plain zero"](r) for r in batch(25)]

    await consumer.handle(bad[:15])
    with pytest.raises(Braked):
        await consumer.handle(bad[15:])

    assert len(await parked(empty_kit)) == 15


async def test_released_by_an_operator_the_waiting_batch_goes_through(
    consumer: Consumer, empty_kit: Database
) -> None:
    records = [raising(r) for r in batch(40)]
    waiting = asyncio.create_task(consumer._until_handled(records))
    async with asyncio.timeout(30):
        while not consumer.braked:
            await asyncio.wait({waiting}, timeout=0.01)
        assert await parked(empty_kit) == []

        assert consumer.release()
        await waiting

    assert len(await parked(empty_kit)) == 40


async def test_a_replayed_message_is_handled_now_that_it_can_be(
    consumer: Consumer, empty_kit: Database
) -> None:
    good = batch(1)[0]

    async def refusing(session: Session, deliveries: Sequence[Delivery]) -> None:
        raise Reject("not yet")

    consumer._handler = refusing
    await consumer.handle([good])
    assert await parked(empty_kit) == [(0, "not yet")]
    consumer._handler = note

    async with empty_kit.transaction() as session:
        assert await consumer.replay(session, good) is None

    assert len(await noted(empty_kit)) == 1
