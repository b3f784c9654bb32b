"""Daily partitions: prepared ahead, dropped whole past keeping, never with an event that was not sent."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from kit import partitions
from kit.database import Connection, Database
from kit.ids import floor_of
from kit.schema import DAILY

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
        floor_of(at),
    )
    return seq


async def test_today_and_the_coming_week_are_prepared_and_again_changes_nothing(
    connection: Connection,
) -> None:
    now = datetime.now(UTC)
    await partitions.prepare(connection, "outbox", now)

    before = await days(connection, "outbox")
    await partitions.prepare(connection, "outbox", now)

    assert {f"outbox_{now + timedelta(days=ahead):%Y%m%d}" for ahead in range(8)} <= set(before)
    assert await days(connection, "outbox") == before


async def test_an_old_day_goes_only_when_all_of_its_events_were_sent(connection: Connection) -> None:
    seq = await write(connection, LONG_AGO)
    old = f"outbox_{LONG_AGO:%Y%m%d}"

    await partitions.drop_sent(connection, datetime.now(UTC), KEEP)
    assert old in await days(connection, "outbox")
    await connection.execute("update relay_cursor set seq = $1", seq)
    await partitions.drop_sent(connection, datetime.now(UTC), KEEP)

    assert old not in await days(connection, "outbox")


async def test_the_inbox_is_kept_longer_than_anybody_can_send_again(connection: Connection) -> None:
    now = datetime.now(UTC)
    for back in (KEEP + 1, KEEP * 2 + 1):
        await partitions.prepare(connection, "inbox", now - timedelta(days=back))

    await partitions.drop_inbox(connection, now, KEEP)

    left = await days(connection, "inbox")
    assert f"inbox_{now - timedelta(days=KEEP + 1):%Y%m%d}" in left
    assert f"inbox_{now - timedelta(days=KEEP * 2 + 1):%Y%m%d}" not in left


async def test_a_row_of_a_day_nobody_prepared_is_kept(connection: Connection) -> None:
    await write(connection, datetime.now(UTC) - timedelta(days=400))

    assert await connection.fetchval("select count(*) from outbox_default") == 1
