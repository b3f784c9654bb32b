"""The relay sends every committed event, once and in the order of its key, whatever the order of commits."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from uuid import UUID

import pytest

from contracts.ids import IncidentId, RegistrationId
from contracts.registration import ConsentWithdrawn
from contracts.vocabulary import Purpose
from kit.database import Database
from kit.ids import new_id
from kit.outbox import emit
from kit.producer import NotAcknowledged, Outgoing
from kit.relay import Relay, republish
from tests.stacks import until

INCIDENT = IncidentId(new_id())


def event(person: UUID, day: int = 1) -> ConsentWithdrawn:
    return ConsentWithdrawn(
        incident_id=INCIDENT,
        registration_id=RegistrationId(person),
        exercise=True,
        purpose=Purpose.CONTACT,
        withdrawn_at=datetime(2026, 11, day, tzinfo=UTC),
    )


class Wire:
    """Takes what the relay sends; told to lose an acknowledgement, it raises after having taken the batch."""

    def __init__(self) -> None:
        self.taken: list[Outgoing] = []
        self.lose = 0
        self._more = asyncio.Event()

    async def send(self, batch: Sequence[Outgoing]) -> None:
        self.taken += batch
        self._more.set()
        if self.lose:
            self.lose -= 1
            raise NotAcknowledged("told to")

    async def until(self, count: int) -> list[Outgoing]:
        async with asyncio.timeout(20):
            while len(self.taken) < count:
                self._more.clear()
                await self._more.wait()
        return self.taken


@contextlib.asynccontextmanager
async def relaying(database: Database, wire: Wire) -> AsyncIterator[Relay]:
    relay = Relay(database, wire, source="/test")
    task = asyncio.create_task(relay.run())
    try:
        yield relay
    finally:
        relay.stop()
        await task
        database.after_commit.remove(relay.woken)


@pytest.fixture
def wire() -> Wire:
    return Wire()


async def test_events_leave_in_the_order_written(empty_kit: Database, wire: Wire) -> None:
    people = [new_id() for _ in range(5000)]
    async with relaying(empty_kit, wire):
        for start in range(0, 5000, 500):
            async with empty_kit.transaction() as session:
                await emit(session, [event(person) for person in people[start : start + 500]])

        sent = await wire.until(5000)

    assert [outgoing.key for outgoing in sent] == [str(person).encode() for person in people]
    assert dict(sent[0].headers)["ce_type"] == b"folgeskab.ConsentWithdrawn.v1"


async def test_a_transaction_that_commits_late_is_not_passed_over(empty_kit: Database, wire: Wire) -> None:
    slow, quick = new_id(), new_id()
    async with relaying(empty_kit, wire) as relay:
        async with empty_kit.transaction() as late:
            await emit(late, [event(slow)])
            async with empty_kit.transaction() as session:
                await emit(session, [event(quick)])

            fences = [relay._fence]

            async def waits_or_went_on() -> bool:
                fences.append(relay._fence)
                return relay._cursor >= 2 or None is not fences[-1] is fences[-2]

            await until(waits_or_went_on, within=20, what="the relay waits for the first number")
        sent = await wire.until(2)

    assert {outgoing.key for outgoing in sent} == {str(slow).encode(), str(quick).encode()}


async def test_two_writers_of_one_key_are_sent_in_the_order_of_their_commits(
    empty_kit: Database, wire: Wire
) -> None:
    """The second has the lower transaction id: it began first, and waited for the key's row."""
    person = new_id()
    async with empty_kit.transaction() as session:
        await session.run("insert into noted (registration_id) values ($1)", person)
    lock = "select 1 from noted where registration_id = $1 for update"

    async with relaying(empty_kit, wire), empty_kit.transaction() as second:
        async with empty_kit.transaction() as first:
            await first.fetch(lock, person)
            await emit(first, [event(person, day=1)])
        await second.fetch(lock, person)
        await emit(second, [event(person, day=2)])
        await second.connection.commit()
        sent = await wire.until(2)

    assert [b"2026-11-0%d" % day in out.value for day, out in enumerate(sent, start=1)] == [True, True]


async def test_a_lost_acknowledgement_sends_the_batch_again(empty_kit: Database, wire: Wire) -> None:
    wire.lose = 1
    async with relaying(empty_kit, wire):
        async with empty_kit.transaction() as session:
            await emit(session, [event(new_id()) for _ in range(3)])
        sent = await wire.until(6)

    ids = [dict(outgoing.headers)["ce_id"] for outgoing in sent]
    assert ids[:3] == ids[3:]


async def test_republish_sends_everything_again(empty_kit: Database, wire: Wire) -> None:
    async with relaying(empty_kit, wire) as relay:
        async with empty_kit.transaction() as session:
            await emit(session, [event(new_id()) for _ in range(10)])
        await wire.until(10)
        async with empty_kit.transaction() as session:
            assert await republish(session) == 10
        relay.woken()

        assert len(await wire.until(20)) == 20


async def test_only_one_relay_of_a_service_leads(empty_kit: Database, wire: Wire) -> None:
    async with relaying(empty_kit, wire) as first, relaying(empty_kit, wire) as second:
        async with empty_kit.transaction() as session:
            await emit(session, [event(new_id())])
        await wire.until(1)

        assert first.leads != second.leads
