"""How far the outbox may be sent: below every number that an open transaction may still commit.

Numbers are given before transactions commit, so "greater than the last seen" would pass events over. Whoever
writes to the outbox locks it before the first number and until the end. So a *fence* is how far numbers were
given, and who held that lock right afterwards. When these have ended, everything below the fence is
committed, or never will be. No other transaction counts, however long it stays open.
"""

from dataclasses import dataclass, field
from datetime import datetime

from kit.database.database import Connection

_GIVEN = "select coalesce(max(last_value), 0) from outbox_seq_seq where is_called"
_WRITERS = """
select l.virtualtransaction, l.pid from pg_locks l
where l.locktype = 'relation' and l.mode = 'RowExclusiveLock' and l.granted
    and l.database = (select oid from pg_database where datname = current_database())
    and l.relation in (select relid from pg_partition_tree('outbox'))
"""
_HOLDERS = """
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
    seq: int  # numbers up to here were given out
    writers: frozenset[str] | None = field(default=None)  # open when it was raised; None: not asked yet


async def given(connection: Connection) -> int:
    """Return the highest number that was given out."""
    return int(await connection.fetchval(_GIVEN))


async def open_writers(connection: Connection) -> frozenset[str]:
    """Return the open transactions that write to the outbox.

    Their locks go after their commit can be seen.
    """
    return frozenset(row["virtualtransaction"] for row in await connection.fetch(_WRITERS))


async def holders(connection: Connection, transactions: frozenset[str]) -> list[OpenTransaction]:
    rows = await connection.fetch(_HOLDERS, list(transactions))
    return [OpenTransaction(row["pid"], row["application"], row["database"], row["since"]) for row in rows]
