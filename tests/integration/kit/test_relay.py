"""The relay sends every committed event, once and in the order of its key, whatever the order of commits."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from contracts.events.ids import IncidentId, RegistrationId
from contracts.events.registration import ConsentWithdrawn
from contracts.events.vocabulary import Purpose
from deploy.local.postgres import Postgres
from kit.database.database import Database
from kit.database.outbox import emit
from kit.kafka.producer import NotAcknowledged, Outgoing
from kit.kafka.relay import LEASE, Relay, republish
from kit.runtime.ids import new_id
from kit.runtime.metrics import REGISTRY
from tests.conftest import Databases
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
    """Accepts events from the relay. It can lose an acknowledgement: it raises after accepting the batch."""

    def __init__(self) -> None:
        self.taken: list[Outgoing] = []
        self.lose = 0
        self.gate = asyncio.Event()  # while it is closed nothing is acknowledged
        self.gate.set()
        self._more = asyncio.Event()

    async def send(self, batch: Sequence[Outgoing]) -> None:
        self.taken += batch
        self._more.set()
        await self.gate.wait()
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


async def test_a_transaction_that_commits_late_is_not_skipped(empty_kit: Database, wire: Wire) -> None:
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
        await session.execute("insert into noted (registration_id) values ($1)", person)
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


async def test_a_transaction_that_writes_no_event_holds_back_nothing(
    empty_kit: Database, wire: Wire, postgres: Postgres
) -> None:
    """Neither one in another database of the same server, nor one beside the outbox."""
    foreign = await asyncpg.connect(postgres.dsn("postgres"))
    async with relaying(empty_kit, wire), empty_kit.transaction() as beside, foreign.transaction():
        await foreign.fetchval("select pg_current_xact_id()")
        await beside.execute("insert into noted (registration_id) values ($1)", new_id())
        async with empty_kit.transaction() as session:
            await emit(session, [event(new_id())])

        assert len(await wire.until(1)) == 1
    await foreign.close()


async def test_the_transaction_that_holds_back_the_relay_is_named(empty_kit: Database, wire: Wire) -> None:
    async with relaying(empty_kit, wire) as relay:
        async with empty_kit.transaction() as open_one:
            await emit(open_one, [event(new_id())])
            pid = await open_one.fetchval("select pg_backend_pid()")

            async def named() -> bool:
                return bool(relay.holders)

            await until(named, within=20, what="the holder is known")
            [holder] = relay.holders
            labels = {"pid": str(pid), "application": "test", "database": holder.database}
            since = REGISTRY.get_sample_value("folgeskab_relay_held_since_timestamp_seconds", labels)
            assert (holder.pid, holder.application, since) == (pid, "test", open_one.now.timestamp())
        await wire.until(1)

    assert relay.holders == []
    assert REGISTRY.get_sample_value("folgeskab_relay_held_since_timestamp_seconds", labels) is None


async def test_republish_while_a_batch_is_under_way_is_not_undone_by_it(
    empty_kit: Database, wire: Wire
) -> None:
    """The batch in hand must not move the cursor past what republish asked for."""
    wire.gate.clear()
    async with relaying(empty_kit, wire):
        async with empty_kit.transaction() as session:
            await emit(session, [event(new_id()) for _ in range(10)])
        await wire.until(10)
        async with empty_kit.transaction() as session:
            await republish(session)
        wire.gate.set()

        assert len(await wire.until(20)) == 20


async def test_another_role_cannot_keep_a_relay_from_leading(
    empty_kit: Database, wire: Wire, databases: Databases
) -> None:
    """Any role can take an advisory lock, so one held by another role must have no effect."""
    other = await asyncpg.connect(databases.url("notify"))
    await other.execute("select pg_advisory_lock(x'466F6C67'::int, hashtext('outreach'))")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await other.execute("update outreach.relay_cursor set lease_until = 'infinity'")
    async with relaying(empty_kit, wire):
        async with empty_kit.transaction() as session:
            await emit(session, [event(new_id())])

        assert len(await wire.until(1)) == 1
    await other.close()


async def test_a_leader_whose_lease_ran_out_is_replaced_and_moves_nothing(
    empty_kit: Database, wire: Wire
) -> None:
    """A cut connection may keep its backend alive for hours: only the lease decides."""
    wire.gate.clear()
    async with relaying(empty_kit, wire) as stuck:
        async with empty_kit.transaction() as session:
            await emit(session, [event(new_id())])
        await wire.until(1)
        async with empty_kit.transaction() as session:
            await session.execute(
                "update relay_cursor set lease_until = clock_timestamp() - interval '1 second'"
            )
        second = Wire()
        async with relaying(empty_kit, second) as next_one:
            await second.until(1)

            async def both_know() -> bool:
                return next_one.leads and not stuck.leads

            wire.gate.set()
            await until(both_know, within=20, what="the first leader gives up")


async def test_a_relay_that_died_is_replaced_long_before_its_lease_ends(
    empty_kit: Database, wire: Wire
) -> None:
    gone = await empty_kit.connect()
    await gone.execute(
        "update relay_cursor set leader_pid = pg_backend_pid(), leader_started = (select backend_start "
        "from pg_stat_activity where pid = pg_backend_pid()), lease_until = clock_timestamp() + $1",
        LEASE - timedelta(seconds=2),
    )
    await gone.close()
    async with empty_kit.transaction() as session:
        await emit(session, [event(new_id())])
    started = time.monotonic()
    async with relaying(empty_kit, wire):
        await wire.until(1)

    assert time.monotonic() - started < LEASE.total_seconds() / 2
