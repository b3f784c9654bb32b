"""Gauges are measured at each scrape: they stay correct while consumer, relay, database or loop hang."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from fastapi import Response

from contracts.events.registration import ConsentWithdrawn
from contracts.wire.catalogue import EVENTS, consumed_by
from kit.database.database import Database, Session
from kit.database.outbox import emit
from kit.kafka import relay
from kit.kafka.consumer import Consumer, make_broker
from kit.kafka.parking import Parking
from kit.kafka.records import Delivery
from kit.runtime.collector import Collector, Source
from kit.runtime.ids import new_id, smallest_id_at
from kit.runtime.loops import Loop
from kit.runtime.metrics import REGISTRY, RELAY_BACKLOG, RELAY_OLDEST
from kit.runtime.service import Service
from kit.runtime.settings import ServiceSettings
from tests.conftest import Databases
from tests.integration.kit.test_consumer import withdrawn
from tests.poison import record


def gauge(name: str, **labels: str) -> float:
    value = REGISTRY.get_sample_value(f"folgeskab_{name}", labels)
    assert value is not None
    return value


async def away(_session: Session, _deliveries: Sequence[Delivery]) -> None:
    raise ConnectionError("away")


@pytest.fixture
def failing(empty_kit: Database, databases: Databases) -> Consumer:
    """A consumer whose database is away."""
    return Consumer(
        service="test",
        database=empty_kit,
        parking=Parking(databases.master()),
        known=EVENTS,
        wanted=frozenset({ConsentWithdrawn}),
        handler=away,
        brake_after=20,
    )


@asynccontextmanager
async def tried_again(consumer: Consumer, written_ago: float) -> AsyncIterator[None]:
    """Give it a batch written so many seconds ago, and wait until it has failed."""
    old = replace(
        record(withdrawn(), str(new_id()), offset=0), timestamp=int((time.time() - written_ago) * 1000)
    )
    handling = asyncio.create_task(consumer.on_batch([old]))
    async with asyncio.timeout(20):
        while consumer.failing_since is None:
            await asyncio.wait({handling}, timeout=0.01)
    yield
    consumer.stop()
    await handling


@pytest.fixture
async def service(empty_kit: Database, databases: Databases) -> AsyncIterator[Service]:
    settings = ServiceSettings(
        database_url=databases.url("outreach"),
        keyring_url=databases.keyring_url("outreach"),
        master_key_file=databases.master_key_file,
        broker="127.0.0.1:1",
        http_port=1,
    )
    made = Service("outreach", settings)
    yield made
    await made.keyring.close()
    await made.collector.close()
    await made.database.close()


async def test_the_age_gauge_grows_while_a_batch_keeps_failing(failing: Consumer) -> None:
    async with tried_again(failing, written_ago=90):
        failing.measure()

        assert gauge("oldest_unprocessed_seconds") == pytest.approx(90, abs=20)
        assert gauge("consumer_failing_seconds") > 0


async def test_the_age_gauge_is_zero_after_the_batch(failing: Consumer) -> None:
    async def passes(_session: Session, _deliveries: Sequence[Delivery]) -> None:
        return

    failing._handler = passes
    old = replace(record(withdrawn(), str(new_id()), offset=0), timestamp=0)

    await failing._until_handled([old])
    failing.measure()

    assert gauge("oldest_unprocessed_seconds") == 0
    assert gauge("consumer_failing_seconds") == 0


async def test_readiness_tells_since_when_the_consumer_fails_and_ends_when_that_lasts(
    service: Service, failing: Consumer
) -> None:
    service.consumer = failing
    service._broker = make_broker("127.0.0.1:1", "test")
    failing.subscribe(service._broker, consumed_by("outreach"), batch_size=10, session_timeout=30)
    response = Response()

    async with tried_again(failing, written_ago=1):
        early = await service._ready(response)
        assert response.status_code == 200
        assert set(early["failing_since"]) == {"consumer"}
        failing.failing_since = time.time() - 90

        late = await service._ready(response)

    assert response.status_code == 503
    assert late["failing_since"]["consumer"] < early["failing_since"]["consumer"]


async def test_readiness_tells_since_when_an_open_transaction_holds_the_relay(service: Service) -> None:
    async with service.database.transaction() as early:
        await emit(early, [withdrawn()])
        running = asyncio.create_task(service.relay.run())
        async with service.database.transaction() as late:
            await emit(late, [withdrawn()])
        async with asyncio.timeout(20):
            while service.relay.held_since is None:
                await asyncio.wait({running}, timeout=0.01)

        told = await service._ready(Response())

    service.relay.stop()
    await running
    assert set(told["held_back_since"]) == {"relay"}


async def test_events_without_a_relay_are_counted_and_their_age_grows(
    service: Service, empty_kit: Database
) -> None:
    async with empty_kit.transaction() as session:
        await emit(session, [withdrawn() for _ in range(3)])
        await session.execute("update outbox set ce_time = ce_time - interval '1 hour'")

    await service.collector.refresh()

    assert gauge("relay_backlog_events") == 3
    assert gauge("relay_oldest_unsent_seconds") == pytest.approx(3600, abs=60)


async def test_a_transaction_of_another_role_is_seen(service: Service, databases: Databases) -> None:
    foreign = Database(databases.url("notify"), name="foreign")
    async with foreign.transaction() as session:
        began = time.monotonic()
        await session.execute("select pg_sleep(0.2)")

        await service.collector.refresh()

        assert gauge("oldest_transaction_seconds") >= 0.2
        assert gauge("oldest_transaction_seconds") <= time.monotonic() - began + 1
    await foreign.close()


async def test_while_the_database_is_away_ages_grow_and_no_old_zero_is_reported() -> None:
    collector = Collector("postgresql://nobody:x@127.0.0.1:1/none", name="test")
    RELAY_OLDEST.set(0)
    RELAY_BACKLOG.set(0)
    collector.add_query("outbox", relay.measure, ages=(RELAY_OLDEST,), counts=(RELAY_BACKLOG,))

    await collector.refresh()
    first = gauge("relay_oldest_unsent_seconds")
    collector._fresh_until = 0
    await collector.refresh()

    assert 0 < first < gauge("relay_oldest_unsent_seconds")
    assert math.isnan(gauge("relay_backlog_events"))
    assert gauge("measurement_failing_seconds", source="outbox") > 0
    await collector.close()


async def test_the_last_count_stays_while_the_source_cannot_be_measured() -> None:
    RELAY_BACKLOG.set(7)

    async def fails() -> None:
        raise ConnectionError

    await Source("test", fails, counts=(RELAY_BACKLOG,)).refresh()

    assert gauge("relay_backlog_events") == 7


async def test_a_database_that_never_answers_does_not_hold_up_the_scrape() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    collector = Collector(f"postgresql://nobody:x@127.0.0.1:{port}/none", name="test")
    collector.add_query("outbox", relay.measure, ages=(RELAY_OLDEST,), counts=(RELAY_BACKLOG,))

    async with asyncio.timeout(9):  # a scrape waits ten seconds
        await collector.refresh()

    assert gauge("measurement_failing_seconds", source="outbox") >= 0
    server.close()
    await collector.close()


async def test_the_gauges_show_how_long_a_loop_fails_or_hangs() -> None:
    stuck = asyncio.Event()

    async def work() -> bool:
        await stuck.wait()
        raise ConnectionError

    loop = Loop("stuck", work, every=1.0)
    running = asyncio.create_task(loop.run())
    await asyncio.wait({running}, timeout=0.01)
    loop.beat_at -= timedelta(minutes=5).total_seconds()
    loop.measure()
    assert gauge("loop_late_seconds", loop="stuck") == pytest.approx(299, abs=20)

    stuck.set()
    async with asyncio.timeout(20):
        while loop.failing_since is None:
            await asyncio.wait({running}, timeout=0.01)
    loop.measure()

    assert gauge("loop_failing_seconds", loop="stuck") > 0
    loop.stop()
    await running


async def test_an_error_with_one_table_does_not_stop_the_maintenance_of_the_others(
    service: Service, empty_kit: Database
) -> None:
    """A lock on one default partition does not delay the next table or retention."""
    day = datetime.now(UTC) + timedelta(days=60)
    async with empty_kit.transaction() as session:
        for table in ("outbox", "inbox"):
            await session.execute(f"drop table if exists {table}_{day:%Y%m%d}")
        await session.execute("drop table if exists inbox_20200101")
        await session.execute(
            "create table inbox_20200101 partition of inbox for values "
            f"from ('{smallest_id_at(datetime(2020, 1, 1, tzinfo=UTC))}') "
            f"to ('{smallest_id_at(datetime(2020, 1, 2, tzinfo=UTC))}')"
        )
        await emit(session, [withdrawn()])
        await session.execute("update outbox set ce_id = $1", smallest_id_at(day))
        await session.execute("insert into inbox (ce_id) values ($1)", smallest_id_at(day))
    async with empty_kit.transaction() as holder:
        await holder.execute("lock table outbox_default in access share mode")

        with pytest.raises(asyncpg.LockNotAvailableError):
            await service.maintenance.round()

    async with empty_kit.transaction() as session:
        assert await session.fetchval("select count(*) from inbox_default") == 0
        assert await session.fetchval("select count(*) from outbox_default") == 1
        assert await session.fetchval("select to_regclass('inbox_20200101')") is None
