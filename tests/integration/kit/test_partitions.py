"""Daily partitions: prepared ahead, dropped whole past keeping, never with an event that was not sent."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from kit.database import partitions
from kit.database.database import Connection, Database
from kit.database.outbox import emit
from kit.database.schema import DAILY
from kit.kafka import relay
from kit.runtime.ids import smallest_id_at
from kit.runtime.metrics import REGISTRY
from tests.integration.kit.test_consumer import withdrawn
from tests.stacks import until

KEEP = 14
LONG_AGO = datetime.now(UTC) - timedelta(days=40)


@pytest.fixture
async def connection(empty_kit: Database) -> AsyncIterator[Connection]:
    made = await empty_kit.connect()
    for table in DAILY:
        await partitions.prepare(made, table, LONG_AGO)
    yield made
    await made.close()


async def days(connection: Connection, table: str) -> list[str]:
    rows = await connection.fetch(
        "select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid "
        "where i.inhparent = to_regclass($1) order by 1",
        table,
    )
    return [row[0] for row in rows if not row[0].endswith("default")]


async def write(connection: Connection, at: datetime) -> int:
    seq: int = await connection.fetchval(
        "insert into outbox (ce_id, ce_type, ce_time, topic, key, value) "
        "values ($1, 't', now(), 't', 'k', '') returning seq",
        smallest_id_at(at),
    )
    return seq


async def test_partitions_of_the_coming_week_are_created_idempotently(
    connection: Connection,
) -> None:
    now = datetime.now(UTC)
    await partitions.prepare(connection, "outbox", now)

    before = await days(connection, "outbox")
    await partitions.prepare(connection, "outbox", now)

    assert {f"outbox_{now + timedelta(days=ahead):%Y%m%d}" for ahead in range(8)} <= set(before)
    assert await days(connection, "outbox") == before


async def test_an_old_partition_is_dropped_only_when_all_of_its_events_were_published(
    connection: Connection,
) -> None:
    seq = await write(connection, LONG_AGO)
    old = f"outbox_{LONG_AGO:%Y%m%d}"

    await partitions.drop_sent(connection, datetime.now(UTC), KEEP)
    assert old in await days(connection, "outbox")
    await connection.execute("update relay_cursor set seq = $1", seq)
    await partitions.drop_sent(connection, datetime.now(UTC), KEEP)

    assert old not in await days(connection, "outbox")


async def test_the_inbox_is_kept_longer_than_any_outbox(connection: Connection) -> None:
    now = datetime.now(UTC)
    for back in (KEEP + 1, KEEP * 2 + 1):
        await partitions.prepare(connection, "inbox", now - timedelta(days=back))

    await partitions.drop_inbox(connection, now, KEEP)

    left = await days(connection, "inbox")
    assert f"inbox_{now - timedelta(days=KEEP + 1):%Y%m%d}" in left
    assert f"inbox_{now - timedelta(days=KEEP * 2 + 1):%Y%m%d}" not in left


async def in_default(connection: Connection, table: str = "outbox") -> int:
    rows: int = await connection.fetchval(f"select count(*) from {table}_default")
    return rows


@pytest.mark.parametrize("off", [timedelta(days=-400), timedelta(days=30)])
async def test_a_row_of_another_day_is_kept_and_moved_into_its_own(
    connection: Connection, off: timedelta
) -> None:
    now = datetime.now(UTC)
    day = now + off
    seq = await write(connection, day)
    assert await in_default(connection) == 1

    await partitions.prepare(connection, "outbox", now)

    assert await in_default(connection) == 0
    assert await connection.fetchval(f"select seq from outbox_{day:%Y%m%d}") == seq
    assert await write(connection, day) > seq


async def test_a_row_that_was_there_before_the_partition_of_its_day_does_not_stop_the_maintenance(
    connection: Connection,
) -> None:
    """The days ahead reach it: making its partition is refused while the default one holds it."""
    now = datetime.now(UTC)
    for table in DAILY:
        await connection.execute(
            "insert into inbox (ce_id) values ($1)"
            if table == "inbox"
            else "insert into outbox (ce_id, ce_type, ce_time, topic, key, value) "
            "values ($1, 't', now(), 't', 'k', '')",
            smallest_id_at(now + timedelta(days=partitions.DAYS_AHEAD + 10)),
        )

    for table in DAILY:
        await partitions.prepare(connection, table, now + timedelta(days=10))

    assert [await in_default(connection, table) for table in DAILY] == [0, 0]


async def test_an_id_without_a_time_stays_in_the_default_partition_and_is_counted(
    connection: Connection, empty_kit: Database
) -> None:
    await connection.execute("insert into inbox (ce_id) values (gen_random_uuid())")

    await partitions.prepare(connection, "inbox", datetime.now(UTC))
    async with empty_kit.transaction() as session:
        await partitions.measure(session, DAILY)

    found = [
        REGISTRY.get_sample_value("folgeskab_default_partition_rows", {"table": table}) for table in DAILY
    ]
    assert found == [0, 1]


async def test_an_event_lies_in_the_day_of_the_database_whatever_the_process_clock(
    empty_kit: Database,
) -> None:
    async with empty_kit.transaction() as session:
        await emit(session, [withdrawn()])
        made = await session.fetchval("select uuid_extract_timestamp(ce_id) from outbox")

        assert abs(made - session.now) <= timedelta(milliseconds=1)


async def test_a_relay_that_reads_while_rows_are_moved_reads_them_all(
    empty_kit: Database, connection: Connection
) -> None:
    """A read that was planned before the new partition would pass over its rows, and the cursor with it."""
    day = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=90)
    wanted = [await write(connection, day + timedelta(hours=hour)) for hour in range(3)]
    reader, watcher = await empty_kit.connect(), await empty_kit.connect()

    async def waits() -> bool:
        pid = reader.get_server_pid()
        return bool(await watcher.fetchval("select cardinality(pg_blocking_pids($1)) > 0", pid))

    async with connection.transaction():
        await partitions._create_by_moving_rows(connection, "outbox", day)
        reading = asyncio.create_task(reader.fetch(relay._READ, wanted[0] - 1, wanted[-1], relay.BATCH))
        await until(waits, within=10, what="the reader waits for the mover")
    rows = await reading
    await reader.close()
    await watcher.close()

    assert [row["seq"] for row in rows] == wanted
