"""The relay: publishes the outbox to Kafka, in order, at least once.

Each service has one leader, by a lease in its own schema: no other role can take it, and a leader that cannot
reach its database is replaced. A round publishes only up to a fence (kit/database/outbox_fence.py). Writers
of one key hold its row lock when they take their number, so number order is commit order for that key.
"""

import asyncio
import logging
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from contracts.wire.envelope import headers
from kit.database.database import Connection, Database, Session
from kit.database.outbox_fence import (
    Fence,
    OpenTransaction,
    describe_transactions,
    last_assigned,
    open_writers,
)
from kit.kafka.producer import Outgoing, Producer
from kit.runtime import metrics
from kit.runtime.logs import log_event, log_problem
from kit.runtime.retries import Backoff

log = logging.getLogger(__name__)

BATCH = 2000  # events in flight at once
_POLL_IDLE, _POLL_FENCED, _POLL_FENCED_LONGEST = 0.25, 0.003, 0.024  # seconds
LEASE: Final = timedelta(seconds=25)  # longer than a send; with the pause of a follower under half a minute
_RENEW_EVERY = 8.0  # seconds
_FOLLOW = 1.0  # seconds between two checks of another process's lease
_COMMAND_TIMEOUT = 10.0  # seconds: the longest wait for a cut connection
_NAME_HOLDERS_AFTER = 1.0  # seconds

_READ = """
select seq, ce_id::text, ce_type, to_json(ce_time) #>> '{}' as ce_time, topic, key, traceparent, value
from outbox where seq > $1 and seq <= $2 order by seq limit $3
"""


_MINE = "leader_pid = pg_backend_pid() and leader_started = $1"
_CURSOR = f"select seq from relay_cursor where {_MINE}"  # noqa: S608 - our own condition
_MOVE = f"""
update relay_cursor set seq = $2, lease_until = clock_timestamp() + $4 where seq = $3 and {_MINE}
"""  # noqa: S608 - the same
_RESIGN = f"update relay_cursor set lease_until = null where {_MINE}"  # noqa: S608 - the same
# A leader whose backend is gone is replaced at once, or a second after its last renewal: pg_stat_activity
# may be that old.
_LEAD = f"""
update relay_cursor c set leader_pid = pg_backend_pid(), leader_started = $1,
    lease_until = clock_timestamp() + $2
where {_MINE} or c.lease_until is null or c.lease_until < clock_timestamp()
    or (c.lease_until < clock_timestamp() + $2 - interval '1 second' and not exists (
        select from pg_stat_activity a where a.pid = c.leader_pid and a.backend_start = c.leader_started))
returning c.seq
"""  # noqa: S608 - the same


class Relay:
    def __init__(self, database: Database, producer: Producer, *, source: str) -> None:
        self._database = database
        self._producer = producer
        self._source = source
        self._wake = asyncio.Event()
        self._stopping = asyncio.Event()
        self._fence: Fence | None = None
        self._cursor = 0
        self._started: datetime | None = (
            None  # start of our connection's backend; with its pid it identifies us
        )
        self._renewed_at = 0.0  # by time.monotonic
        self.leads = False
        self.holders: list[
            OpenTransaction
        ] = []  # of the open transactions that hold the fence back, once it lasts
        self.failing_since: float | None = None  # by time.time
        self.held_since: float | None = None  # by time.time: since when open transactions hold the fence
        database.after_commit.append(self.woken)

    def woken(self, _session: Session | None = None) -> None:
        self._wake.set()

    def stop(self) -> None:
        self._stopping.set()
        self._wake.set()

    async def run(self) -> None:
        """Lead when no other process does. Continue after every error until stopped."""
        pauses = Backoff()
        while not self._stopping.is_set():
            try:
                await self._lead_once()
                pauses.reset()
            except Exception as error:  # noqa: BLE001 - the relay continues; the cursor has not moved
                metrics.RELAY_FAILURES.inc()
                self.failing_since = self.failing_since or time.time()
                pause = pauses.next()
                log_problem(log, "the relay tries again", error, again_in_seconds=round(pause, 2))
                await self._sleep(pause)

    async def _lead_once(self) -> None:
        connection = await self._database.connect(command_timeout=_COMMAND_TIMEOUT)
        try:
            await connection.execute(
                "set synchronous_commit = off"
            )  # a cursor lost in a crash only sends twice
            self._started = await connection.fetchval(
                "select backend_start from pg_stat_activity where pid = pg_backend_pid()"
            )
            while not self._stopping.is_set():
                if await self._renew(connection) is not None:
                    await self._lead(connection)
                else:
                    self._wake.clear()
                    await self._sleep(_FOLLOW)
        finally:
            self._follow()
            await connection.close(timeout=5)

    async def _lead(self, connection: Connection) -> None:
        """Publish until stopped, or until another process takes the lease."""
        self.leads = True
        self._fence = None
        metrics.RELAY_LEADER.set(1)
        log_event(log, "leading the relay")
        fenced = _POLL_FENCED
        while not self._stopping.is_set():
            self._wake.clear()
            cursor = await self._read_cursor(connection)
            if cursor is None:
                log_problem(log, "another process leads the relay now")
                self._follow()
                return
            self._cursor = cursor
            while await self._publish_batch(connection):
                fenced = _POLL_FENCED
            await self._sleep(fenced if self._fence else _POLL_IDLE)
            fenced = min(fenced * 2, _POLL_FENCED_LONGEST)  # a batch of a thousand is written in tens of ms
        await connection.execute(_RESIGN, self._started)

    def _follow(self) -> None:
        self.leads = False
        self.held_since = None
        self._name([])
        metrics.RELAY_LEADER.set(0)

    async def _renew(self, connection: Connection) -> int | None:
        """Take or keep the lease; return the cursor, or None while another leads."""
        cursor: int | None = await connection.fetchval(_LEAD, self._started, LEASE)
        self._renewed_at = time.monotonic()
        return cursor

    async def _read_cursor(self, connection: Connection) -> int | None:
        if time.monotonic() - self._renewed_at > _RENEW_EVERY:
            return await self._renew(connection)
        cursor: int | None = await connection.fetchval(_CURSOR, self._started)
        return cursor

    async def _publish_batch(self, connection: Connection) -> bool:
        """Publish one batch. Return whether there may be more at once."""
        upto = await self._publishable_up_to(connection)
        if upto <= self._cursor:
            return False
        rows = await connection.fetch(_READ, self._cursor, upto, BATCH)
        if rows:
            await self._producer.send([self._outgoing(row) for row in rows])
            metrics.RELAYED.inc(len(rows))
        new = rows[-1]["seq"] if len(rows) == BATCH else upto
        moved = await connection.execute(_MOVE, self._started, new, self._cursor, LEASE)
        if moved != "UPDATE 1":  # `republish` moved it meanwhile, or another leads
            return False
        self._cursor = new
        self._renewed_at = time.monotonic()
        self.failing_since = None
        return len(rows) == BATCH or self._wake.is_set()

    async def _publishable_up_to(self, connection: Connection) -> int:
        """Return the number up to which every event is committed or will never be."""
        if self._fence is None:
            upto = await last_assigned(connection)
            if upto <= self._cursor:
                self.failing_since = None
                self._released()
                return self._cursor
            self._fence = Fence(upto)
        writing = await open_writers(connection)
        if self._fence.writers is None:
            self._fence.writers = writing
        if held := self._fence.writers & writing:
            await self._held(connection, held)
            return self._cursor
        reached, self._fence = self._fence.seq, None
        self._released()
        return reached

    async def _held(self, connection: Connection, transactions: frozenset[str]) -> None:
        """Record since when open transactions hold the fence back. Log them if it lasts."""
        self.held_since = self.held_since or time.time()
        if time.time() - self.held_since < _NAME_HOLDERS_AFTER:
            return
        found = await describe_transactions(connection, transactions)
        for holder in found:
            if holder not in self.holders:
                log_problem(
                    log, "an open transaction holds back the relay: end it, if nobody needs it",
                    pid=holder.pid, application=holder.application, database=holder.database,
                    since=holder.since,
                )  # fmt: skip
        if found != self.holders:
            self._name(found)

    def _released(self) -> None:
        self.held_since = None
        if self.holders:
            self._name([])

    def _name(self, found: list[OpenTransaction]) -> None:
        self.holders = found
        metrics.RELAY_HELD_SINCE.clear()
        for holder in found:
            since = holder.since.timestamp() if holder.since else time.time()
            metrics.RELAY_HELD_SINCE.labels(str(holder.pid), holder.application, holder.database).set(since)

    def _outgoing(self, row: Iterable[Any]) -> Outgoing:
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
    """Set the gauges of events written and not acknowledged, from the database: no leader is needed."""
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
    """Publish the whole outbox again from its start. The inboxes drop events that were handled.

    Return the number of events. The cursor is set to -1, a value that no relay holds: with 0, a relay that is
    publishing its first batch would move the cursor past the restart.
    """
    events = await session.fetchval("select count(*) from outbox")
    await session.execute("update relay_cursor set seq = -1")
    await session.execute("delete from relay_topic")
    return int(events)
