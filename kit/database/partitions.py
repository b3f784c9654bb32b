"""Daily partitions of insert-only tables, by the time inside a UUIDv7. Old days are dropped whole.

Each table has a default partition: it takes rows whose day has no partition yet. The next maintenance moves
them into a partition of their own day.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from kit.database.database import Connection, Session
from kit.runtime import metrics
from kit.runtime.ids import smallest_id_at

DAYS_AHEAD = 7
_DAYS_AT_ONCE = 100  # found in a default partition
_LOCK_TIMEOUT = "5s"  # writers wait while rows are moved: give up early and retry later

# Ids that are not UUIDv7, or of another century, stay in the default partition, and the alert stays on.
_DAYS_IN_DEFAULT = """
select distinct date_trunc('day', uuid_extract_timestamp(ce_id), 'UTC') as day from {table}_default
where uuid_extract_timestamp(ce_id) between '2000-01-01' and '2100-01-01' order by 1 limit $1
"""


def _name(table: str, day: datetime) -> str:
    return f"{table}_{day:%Y%m%d}"


def _midnight(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


async def prepare(connection: Connection, table: str, now: datetime) -> None:
    """Create the partitions of today, of the days ahead and of every day in the default partition.

    Idempotent, and safe to run concurrently.
    """
    stray = await connection.fetch(_DAYS_IN_DEFAULT.format(table=table), _DAYS_AT_ONCE)
    for row in stray:
        await _create_by_moving_rows(connection, table, row["day"])
    for ahead in range(DAYS_AHEAD + 1):
        day = _midnight(now) + timedelta(days=ahead)
        name = _name(table, day)
        if await connection.fetchval("select to_regclass($1)", name) is None:
            await connection.execute(
                f"create table if not exists {name} partition of {table} for values {_bounds(day)}"
            )


def _bounds(day: datetime) -> str:
    return f"from ('{smallest_id_at(day)}') to ('{smallest_id_at(day + timedelta(days=1))}')"


async def _create_by_moving_rows(connection: Connection, table: str, day: datetime) -> None:
    """Create the partition of a day and move its rows out of the default partition."""
    name, default = _name(table, day), f"{table}_default"
    its_rows = f"ce_id >= '{smallest_id_at(day)}' and ce_id < '{smallest_id_at(day + timedelta(days=1))}'"
    async with connection.transaction():
        await connection.execute(f"set local lock_timeout = '{_LOCK_TIMEOUT}'")
        # the parent first: a waiting reader must plan again, with the new partition
        await connection.execute(f"lock table only {table} in access exclusive mode")
        await connection.execute(f"lock table {default} in access exclusive mode")
        await connection.execute(f"create table {name} (like {table} including defaults)")
        await connection.execute(
            f"with moved as (delete from {default} where {its_rows} returning *) "  # noqa: S608 - our own names
            f"insert into {name} select moved.* from moved"
        )
        await connection.execute(f"alter table {table} attach partition {name} for values {_bounds(day)}")


async def measure(session: Session, tables: Iterable[str]) -> None:
    """Count the rows in the default partitions."""
    for table in tables:
        rows = await session.fetchval(f"select count(*) from {table}_default")  # noqa: S608 - our own name
        metrics.DEFAULT_PARTITION.labels(table).set(rows)


async def drop_inbox(connection: Connection, now: datetime, keep_days: int) -> None:
    """Drop days of the inbox: they are kept twice as long as the outboxes and Kafka keep their events."""
    for name in await _old(connection, "inbox", now, keep_days * 2):
        await connection.execute(f"drop table {name}")


async def drop_sent(connection: Connection, now: datetime, keep_days: int) -> None:
    """Drop days of the outbox past retention, if all of their events were published."""
    for name in await _old(connection, "outbox", now, keep_days):
        unsent = await connection.fetchval(
            f"select exists (select from {name} where seq > (select seq from relay_cursor))"  # noqa: S608 - our own name
        )
        if not unsent:
            await connection.execute(f"drop table {name}")


async def _old(connection: Connection, table: str, now: datetime, keep_days: int) -> list[str]:
    """Return the partitions whose whole day is more than `keep_days` ago."""
    border = _name(table, _midnight(now) - timedelta(days=keep_days))
    rows = await connection.fetch(
        "select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid "
        "where i.inhparent = to_regclass($1) and c.relname <> $1 || '_default' and c.relname < $2",
        table,
        border,
    )
    return [row["relname"] for row in rows]
