"""Transactions against a service's own schema.

A `Session` is one transaction on one connection: SQLAlchemy Core for plain queries, the asyncpg connection
below it for bulk work with arrays and COPY. Services commit only at the end of `transaction()`.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, TypeVar, overload

import asyncpg
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from kit.database import connections
from kit.database.connections import Connection, Driver
from kit.database.rows import typed_rows
from kit.runtime.clock import Clock, GuardedClock

__all__ = ["COMMAND_TIMEOUT", "Connection", "Database", "Driver", "Session", "is_stale_plan", "is_transient"]

T = TypeVar("T")

COMMAND_TIMEOUT = 60.0  # seconds
_CLOCK_READ_EVERY = 1.0  # seconds
_BEGIN = sa.text("select now()")

_PLANS = "kit.plans"  # key in a connection's info: the plan number of its prepared statements

_TRANSIENT = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    asyncpg.LockNotAvailableError,
    asyncpg.InvalidCachedStatementError,
    asyncpg.ReadOnlySQLTransactionError,
    sa.exc.TimeoutError,
)


@dataclass(slots=True)
class Session:
    connection: AsyncConnection
    driver: Driver
    now: datetime  # the database's clock at the start of the transaction, UTC
    emitted: bool = False  # set by kit.database.outbox; wakes the relay after the commit

    async def read_time(self, clock: Clock) -> datetime:
        """Return the database's current time, moved by the offset of `clock`. Call it after the row lock.

        Then recorded times follow the order of the changes across all processes.
        """
        return clock.shown_at(await self.driver.fetchval("select clock_timestamp()"))

    @overload
    async def fetch(self, row: type[T], query: str, /, *args: object) -> list[T]: ...

    @overload
    async def fetch(self, row: type[T], query: sa.Select[Any], /) -> list[T]: ...

    @overload
    async def fetch(self, row: str, /, *args: object) -> list[asyncpg.Record]: ...

    async def fetch(self, row: Any, /, *args: Any) -> list[Any]:
        """Return the rows of a query as instances of `row`, a frozen dataclass. Raise RowMismatchError."""
        if isinstance(row, str):  # not every store names its rows yet
            return await self.driver.fetch(row, *args)
        if isinstance(args[0], sa.Select):
            result = await self.connection.execute(args[0])
            return typed_rows(row, result.all(), result.keys())
        records = await self.driver.fetch(*args)
        return typed_rows(row, records, records[0].keys()) if records else []

    @overload
    async def fetchrow(self, row: type[T], query: str, /, *args: object) -> T | None: ...

    @overload
    async def fetchrow(self, row: type[T], query: sa.Select[Any], /) -> T | None: ...

    @overload
    async def fetchrow(self, row: str, /, *args: object) -> asyncpg.Record | None: ...

    async def fetchrow(self, row: Any, /, *args: Any) -> Any:
        """Return the first row of a query as an instance of `row`; None if there is no row."""
        if isinstance(row, str):
            return await self.driver.fetchrow(row, *args)
        if isinstance(args[0], sa.Select):
            rows = await self.fetch(row, args[0])
            return rows[0] if rows else None
        record = await self.driver.fetchrow(*args)
        return None if record is None else typed_rows(row, [record], record.keys())[0]

    async def fetchcolumn(self, sql: str, *args: object) -> list[Any]:
        """Return the first column of a query."""
        return [record[0] for record in await self.driver.fetch(sql, *args)]

    async def fetchpairs(self, sql: str, *args: object) -> dict[Any, Any]:
        """Return a query of two columns as a mapping."""
        return {record[0]: record[1] for record in await self.driver.fetch(sql, *args)}

    async def fetchval(self, sql: str, *args: object) -> Any:
        return await self.driver.fetchval(sql, *args)

    async def execute(self, sql: str, *args: object) -> int:
        """Execute a statement. Return the number of affected rows."""
        status = await self.driver.execute(sql, *args)
        return int(tail) if (tail := status.rpartition(" ")[2]).isdigit() else 0

    async def copy(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        await self.driver.copy_records_to_table(table, columns=list(columns), records=rows)

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """Roll back the block, and only the block, when it raises."""
        async with self.driver.transaction():
            yield


class Database:
    """The connection pool of one service.

    `url`: postgresql://role:password@host:port/database, also with sslmode. Every transaction compares
    `clock` with the database's clock.
    """

    def __init__(
        self,
        url: str,
        *,
        name: str,
        pool_size: int = 8,
        clock: GuardedClock | None = None,
        command_timeout: float = COMMAND_TIMEOUT,
    ) -> None:
        self.url = url
        self.name = name
        self.clock = clock or GuardedClock()
        self._plans = 0  # counts the migrations that made prepared statements stale
        self.after_commit: list[Callable[[Session], None]] = []
        self.engine: AsyncEngine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=partial(
                connections.connect,
                url,
                command_timeout=command_timeout,
                settings={
                    "application_name": name,
                    "idle_in_transaction_session_timeout": "60s",
                    "transaction_timeout": "300s",
                    "jit": "off",
                    "random_page_cost": "1.1",  # claimed rows were written a moment ago: they are in memory
                },
            ),
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=30,
            pool_pre_ping=False,
        )

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Session]:
        async with self.engine.connect() as connection:
            try:
                async with connection.begin():
                    session = await self._session(connection)
                    yield session
            except Exception as error:
                if is_stale_plan(error):
                    self._plans += 1
                raise
            if session.emitted:
                for notify in self.after_commit:
                    notify(session)

    async def connect(self, *, command_timeout: float = COMMAND_TIMEOUT) -> Connection:
        """Open a connection outside the pool (relay, maintenance). The caller closes it."""
        settings = {"application_name": f"{self.name}-own", "jit": "off"}
        return await connections.connect(self.url, command_timeout=command_timeout, settings=settings)

    async def ping(self) -> None:
        async with asyncio.timeout(5), self.transaction():
            pass

    async def clocks_agree(self) -> bool:
        """Return whether loops that end or delete anything may run. Read the database's clock if needed."""
        age = self.clock.age()
        if age is None or age > _CLOCK_READ_EVERY or not self.clock.agrees:
            await self.ping()
        return self.clock.agrees

    async def close(self) -> None:
        await self.engine.dispose()

    async def _session(self, connection: AsyncConnection) -> Session:
        started = self.clock.start()
        row = (await connection.execute(_BEGIN)).one()
        self.clock.compare(started, row[0])
        raw = await connection.get_raw_connection()
        driver = raw.driver_connection
        if driver is None:
            raise ConnectionError("the database connection was lost before its first statement")
        if raw.info.setdefault(_PLANS, self._plans) != self._plans:
            await driver.reload_schema_state()
            raw.info[_PLANS] = self._plans
        return Session(connection=connection, driver=driver, now=row[0])


def is_stale_plan(error: BaseException) -> bool:
    """Return whether a migration made a prepared statement stale. The next transaction prepares it anew."""
    if isinstance(error, sa.exc.DBAPIError):
        return error.orig is not None and is_stale_plan(error.orig)
    return isinstance(error, asyncpg.InvalidCachedStatementError) or isinstance(
        error.__cause__, asyncpg.InvalidCachedStatementError
    )


def is_transient(error: BaseException) -> bool:
    """Return whether a retry can help: the database is away, a deadlock, a time limit."""
    if isinstance(error, sa.exc.DBAPIError):
        return error.connection_invalidated or (error.orig is not None and is_transient(error.orig))
    if isinstance(error, _TRANSIENT):
        return True
    if error.__class__.__module__.startswith("sqlalchemy.dialects") and error.__cause__ is not None:
        return is_transient(error.__cause__)
    return isinstance(error, asyncpg.InterfaceError) and "connection" in str(error)
