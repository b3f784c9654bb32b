"""The whole system for a test: on the embedded broker, or on Apache Kafka where BROKER=kafka."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import asyncpg

from deploy.local.broker import Broker
from deploy.local.kafka import Kafka
from deploy.local.stack import DATABASE, KEYRING, ROOT, SERVICES, Stack, wipe

T = TypeVar("T")

POLL = 0.1  # seconds between looks at what tells nobody when it changes


def on_kafka() -> bool:
    return os.environ.get("BROKER") == "kafka"


@asynccontextmanager
async def stack_in(
    home: Path,
    *,
    source: Path = ROOT,
    settings: Mapping[str, str] | None = None,
    services: Sequence[str] = SERVICES,
    broker: Broker | None = None,
) -> AsyncIterator[Stack]:
    """Run a stack, and remove what it wrote when it is over."""
    chosen = broker or (Kafka(home) if on_kafka() else None)
    try:
        async with Stack(home, chosen, source=source, settings=settings, services=services) as running:
            yield running
    finally:
        wipe(home)


@asynccontextmanager
async def connected(
    stack: Stack, database: str = DATABASE
) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """Connect as the superuser, to read the tables directly."""
    connection = await asyncpg.connect(stack.postgres.dsn(database))
    try:
        yield connection
    finally:
        await connection.close()


async def until(met: Callable[[], Awaitable[T]], *, within: float, what: str) -> T:
    """Poll until the answer is true, and return it. Raise TimeoutError, naming `what`."""
    deadline = time.monotonic() + within
    while not (answer := await met()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {within:.0f} s: {what}")
        await asyncio.sleep(POLL)
    return answer


__all__ = ["DATABASE", "KEYRING", "connected", "on_kafka", "stack_in", "until"]
