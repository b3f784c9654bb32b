"""Daily partitions, and the guard against a moved clock beside real rows: what one loop does."""

import logging
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Final

import asyncpg

from kit.database import partitions
from kit.database.database import Connection, Database
from kit.database.schema import DAILY
from kit.runtime import exercise_clock
from kit.runtime.logs import log_problem

log = logging.getLogger(__name__)

EVERY: Final = 60.0  # seconds

_Task = Callable[[], Awaitable[None]]


class Maintenance:
    """Creates the partitions of the coming days and drops those past the retention of the outbox."""

    def __init__(self, database: Database, *, outbox_days: int) -> None:
        self._database = database
        self._outbox_days = outbox_days

    async def exit_on_moved_clock(self) -> None:
        """End the process if the clock is moved and the database holds real rows."""
        connection = await self._database.connect()
        try:
            table = await exercise_clock.table_with_real_rows(connection)
        finally:
            await connection.close(timeout=5)
        if table is not None:
            sys.exit(exercise_clock.refusal(table))

    async def round(self) -> bool:
        """Run every task, then raise the first error."""
        clock = self._database.clock
        connection = await self._database.connect()
        try:
            now = await connection.fetchval("select now()")
            failed = [error for task in self._tasks(connection, now) if (error := await _failure(task))]
            if clock.offset:
                real = await exercise_clock.table_with_real_rows(connection)
                clock.refused = exercise_clock.refusal(real) if real else None
        finally:
            await connection.close(timeout=5)
        if failed:
            raise failed[0]
        return False

    def _tasks(self, connection: Connection, now: datetime) -> list[_Task]:
        """Return the tasks. They are independent: a lock on one table does not delay the next."""

        async def drop() -> None:
            if await self._database.clocks_agree():
                await partitions.drop_inbox(connection, now, self._outbox_days)
                await partitions.drop_sent(connection, now, self._outbox_days)

        return [*(partial(partitions.prepare, connection, table, now) for table in DAILY), drop]


async def _failure(task: _Task) -> asyncpg.PostgresError | None:
    try:
        await task()
    except asyncpg.PostgresError as error:
        log_problem(log, "a maintenance task failed; the others continue", error)
        return error
    return None
