"""Daily partitions of insert-only tables, cut by the time inside a UUIDv7: old days are dropped whole.

Each such table has a default partition as a net: a row whose day was not prepared is kept, not refused.
"""

from datetime import UTC, datetime, timedelta

from kit.database import Connection
from kit.ids import floor_of

DAYS_AHEAD = 7


def _name(table: str, day: datetime) -> str:
    return f"{table}_{day:%Y%m%d}"


def _midnight(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


async def prepare(connection: Connection, table: str, now: datetime) -> None:
    """Make the partitions of today and the days ahead. Safe to run at any time, by anybody, again."""
    for ahead in range(DAYS_AHEAD + 1):
        day = _midnight(now) + timedelta(days=ahead)
        name = _name(table, day)
        if await connection.fetchval("select to_regclass($1)", name) is None:
            await connection.execute(
                f"create table if not exists {name} partition of {table} "
                f"for values from ('{floor_of(day)}') to ('{floor_of(day + timedelta(days=1))}')",
            )


async def drop_inbox(connection: Connection, now: datetime, keep_days: int) -> None:
    """Drop the days nobody can send again: kept longer than the outboxes and Kafka keep their events."""
    for name in await _old(connection, "inbox", now, keep_days * 2):
        await connection.execute(f"drop table {name}")


async def drop_sent(connection: Connection, now: datetime, keep_days: int) -> None:
    """Drop the outbox days past keeping, if all of their events were sent."""
    for name in await _old(connection, "outbox", now, keep_days):
        unsent = await connection.fetchval(
            f"select exists (select from {name} where seq > (select seq from relay_cursor))"  # noqa: S608 - our own name
        )
        if not unsent:
            await connection.execute(f"drop table {name}")


async def _old(connection: Connection, table: str, now: datetime, keep_days: int) -> list[str]:
    """Name the partitions whose whole day lies more than `keep_days` back."""
    border = _name(table, _midnight(now) - timedelta(days=keep_days))
    rows = await connection.fetch(
        "select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid "
        "where i.inhparent = to_regclass($1) and c.relname <> $1 || '_default' and c.relname < $2",
        table,
        border,
    )
    return [row["relname"] for row in rows]
