"""Alembic's entry point for every service. kit.database.migrations.upgrade passes the url."""

import asyncio
from functools import partial

from alembic import context
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from kit.database import connections


def _migrate(connection: Connection) -> None:
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()


async def _run(url: str) -> None:
    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=partial(connections.connect, url, command_timeout=None),
        poolclass=NullPool,
    )
    async with engine.begin() as connection:
        await connection.run_sync(_migrate)
    await engine.dispose()


asyncio.run(_run(context.config.attributes["url"]))
