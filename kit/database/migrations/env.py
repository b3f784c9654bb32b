"""Alembic's entry point, the same for every service. kit.database.migrations gives url and metadata."""

import asyncio
import re
from functools import partial

from alembic import context
from sqlalchemy import Column, Index, Table
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import SchemaItem

from kit.database import connections

_PARTITION = re.compile(r".*_(\d{8}|default)")  # kit makes and drops partitions at run time


def _is_compared(item: SchemaItem, name: str | None, *_: object) -> bool:
    """Leave out partitions, and indexes over expressions: PostgreSQL writes an expression in its own way."""
    if isinstance(item, Index):
        return all(isinstance(part, Column) for part in item.expressions)
    return not isinstance(item, Table) or _PARTITION.fullmatch(name or "") is None


def _migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        transaction_per_migration=True,
        target_metadata=context.config.attributes.get("metadata"),
        include_object=_is_compared,
        compare_type=True,
    )
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
