"""How far the outbox may be published: below every number that an open transaction may still commit.

Numbers are assigned before transactions commit, so "greater than the last seen" would skip events. A writer
locks the outbox before it takes its first number, and holds the lock until it ends. A *fence* is the last
assigned number with the transactions that held the lock right afterwards. When they have ended, every number
up to the fence is committed or never will be. Other transactions do not matter, however long they stay open.
"""

from dataclasses import dataclass, field
from datetime import datetime

from kit.database.database import Connection

_LAST_ASSIGNED = "select coalesce(max(last_value), 0) from outbox_seq_seq where is_called"
_WRITERS = """
select l.virtualtransaction, l.pid from pg_locks l
where l.locktype = 'relation' and l.mode = 'RowExclusiveLock' and l.granted
    and l.database = (select oid from pg_database where datname = current_database())
    and l.relation in (select relid from pg_partition_tree('outbox'))
"""
_DESCRIBED = """
select distinct l.pid, coalesce(a.application_name, 'a prepared transaction') as application,
    current_database() as database, coalesce(a.xact_start, p.prepared) as since
from pg_locks l left join pg_stat_activity a on a.pid = l.pid
    left join pg_prepared_xacts p on l.virtualtransaction = '-1/' || p.transaction
where l.virtualtransaction = any($1::text[])
"""


@dataclass(frozen=True, slots=True)
class OpenTransaction:
    """An open transaction that the relay waits for."""

    pid: int | None
    application: str
    database: str
    since: datetime | None


@dataclass(slots=True)
class Fence:
    seq: int  # numbers up to here were assigned
    writers: frozenset[str] | None = field(
        default=None
    )  # transactions open at that moment; None: not read yet


async def last_assigned(connection: Connection) -> int:
    """Return the highest assigned number."""
    return int(await connection.fetchval(_LAST_ASSIGNED))


async def open_writers(connection: Connection) -> frozenset[str]:
    """Return the open transactions that write to the outbox.

    A transaction releases its lock after its commit is visible.
    """
    return frozenset(row["virtualtransaction"] for row in await connection.fetch(_WRITERS))


async def describe_transactions(
    connection: Connection, transactions: frozenset[str]
) -> list[OpenTransaction]:
    rows = await connection.fetch(_DESCRIBED, list(transactions))
    return [OpenTransaction(row["pid"], row["application"], row["database"], row["since"]) for row in rows]
