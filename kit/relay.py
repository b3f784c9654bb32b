"""The relay: sends the outbox to Kafka, in order, at least once.

One leader per service (advisory lock). The cursor is a sequence number, but never "greater than the last
seen": numbers are given before transactions commit. So a round first notes how far numbers were given (a
*fence*: number and next transaction id) and sends only up to a fence all of whose transactions have ended, as
pg_snapshot_xmin tells. Writers of one key hold its row lock when they take their number, so number order is
commit order for that key.
"""

import asyncio
import logging
import time
from dataclasses import dataclass

import asyncpg

from contracts.envelope import headers
from kit import metrics
from kit.database import Connection, Database, Session
from kit.logs import event, trouble
from kit.producer import Outgoing, Producer

log = logging.getLogger(__name__)

BATCH = 2000  # events in flight at once
_POLL_IDLE, _POLL_FENCED, _POLL_FENCED_LONGEST, _RETRY_LONGEST = 0.25, 0.003, 0.024, 10.0  # seconds
_LOCK_SPACE = 0x466F6C67

_READ = """
select seq, ce_id::text, ce_type, to_json(ce_time) #>> '{}' as ce_time, topic, key, traceparent, value
from outbox where seq > $1 and seq <= $2 order by seq limit $3
"""


@dataclass(frozen=True, slots=True)
class Fence:
    seq: int  # numbers up to here were given out
    xid: int  # to transactions below this


class Relay:
    def __init__(self, database: Database, producer: Producer, *, source: str) -> None:
        self._database = database
        self._producer = producer
        self._source = source
        self._wake = asyncio.Event()
        self._stopping = asyncio.Event()
        self._fence: Fence | None = None
        self._cursor = 0
        self.leads = False
        self.failing_since: float | None = None  # by time.time
        self.held_since: float | None = None  # the same: open transactions hold the fence back
        database.after_commit.append(self.woken)

    def woken(self, _session: Session | None = None) -> None:
        self._wake.set()

    def stop(self) -> None:
        self._stopping.set()
        self._wake.set()

    async def run(self) -> None:
        """Lead when nobody else does; go on until stopped, whatever fails."""
        pause = 0.1
        while not self._stopping.is_set():
            try:
                await self._lead_once()
                pause = 0.1
            except Exception as error:  # noqa: BLE001 - the relay must outlive anything; the cursor has not moved
                metrics.RELAY_FAILURES.inc()
                self.failing_since = self.failing_since or time.time()
                trouble(log, "the relay tries again", error, again_in_seconds=pause)
                await self._sleep(pause)
                pause = min(pause * 2, _RETRY_LONGEST)

    async def _lead_once(self) -> None:
        connection = await self._database.connect()
        try:
            await connection.execute(
                "set synchronous_commit = off"
            )  # a cursor lost in a crash only sends twice
            while not self._stopping.is_set():
                if await connection.fetchval(
                    "select pg_try_advisory_lock($1, hashtext(current_schema()))", _LOCK_SPACE
                ):
                    await self._lead(connection)
                else:
                    self._wake.clear()
                    await self._sleep(1.0)
        finally:
            self.leads = False
            self.held_since = None
            metrics.RELAY_LEADER.set(0)
            await connection.close(timeout=5)

    async def _lead(self, connection: Connection) -> None:
        self.leads = True
        self._fence = None
        metrics.RELAY_LEADER.set(1)
        event(log, "leading the relay")
        fenced = _POLL_FENCED
        while not self._stopping.is_set():
            self._wake.clear()
            self._cursor = await connection.fetchval("select seq from relay_cursor")
            while await self._send_what_is_safe(connection):
                fenced = _POLL_FENCED
            await self._sleep(fenced if self._fence else _POLL_IDLE)
            fenced = min(fenced * 2, _POLL_FENCED_LONGEST)  # a batch of a thousand is written in tens of ms

    async def _send_what_is_safe(self, connection: Connection) -> bool:
        """Send one batch; tell whether there may be more at once."""
        upto = await self._safe(connection)
        if upto <= self._cursor:
            return False
        rows = await connection.fetch(_READ, self._cursor, upto, BATCH)
        if rows:
            await self._producer.send([self._outgoing(row) for row in rows])
            metrics.RELAYED.inc(len(rows))
        new = rows[-1]["seq"] if len(rows) == BATCH else upto
        moved = await connection.execute("update relay_cursor set seq = $1 where seq = $2", new, self._cursor)
        if moved != "UPDATE 1":  # `republish` moved it meanwhile
            self._cursor = await connection.fetchval("select seq from relay_cursor")
            return True
        self._cursor = new
        self.failing_since = None
        return len(rows) == BATCH or self._wake.is_set()

    async def _safe(self, connection: Connection) -> int:
        """Give the number up to which every event is committed or will never be."""
        if self._fence is None:
            given = await connection.fetchval(
                "select coalesce(max(last_value), 0) from outbox_seq_seq where is_called"
            )
            if given <= self._cursor:
                self.failing_since = self.held_since = None
                return self._cursor
            # an id of our own: every number up to `given` belongs to a smaller one. pg_snapshot_xmax would
            # not do: it follows the latest *ended* transaction, and a running one may lie above it
            self._fence = Fence(given, await connection.fetchval("select pg_current_xact_id()::text::bigint"))
        oldest = await connection.fetchval("select pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        if oldest < self._fence.xid:
            self.held_since = self.held_since or time.time()
            return self._cursor
        reached, self._fence, self.held_since = self._fence.seq, None, None
        return reached

    def _outgoing(self, row: asyncpg.Record) -> Outgoing:
        _, event_id, event_type, time, topic, key, traceparent, value = row
        attributes = headers(
            event_id=event_id,
            event_type=event_type,
            source=self._source,
            time=time,
            subject=key,
            traceparent=traceparent,
        )
        return Outgoing(topic, key.encode(), value, attributes)

    async def _sleep(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return


async def measure(session: Session) -> None:
    """Set the gauges of what was written and not acknowledged; true whoever relays, or nobody does."""
    row = await session.fetchrow(
        """
        select count(*), coalesce(extract(epoch from clock_timestamp() - min(ce_time)), 0)
        from outbox where seq > (select seq from relay_cursor)
        """
    )
    assert row is not None  # noqa: S101 - an aggregate has one row
    metrics.RELAY_BACKLOG.set(row[0])
    metrics.RELAY_OLDEST.set(max(0.0, float(row[1])))


async def republish(session: Session) -> int:
    """Send the whole outbox again from its start; the inboxes swallow what was handled.

    Give the number of events. The cursor becomes one that no relay has in hand: 0 is where the first batch
    of all begins, and its end would be taken for this one's.
    """
    events = await session.fetchval("select count(*) from outbox")
    await session.run("update relay_cursor set seq = -1")
    return int(events)
