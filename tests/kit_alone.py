"""kit alone in one service's schema, with a table of its own to write to."""

from collections.abc import AsyncIterator

import pytest

from kit.database import provision, schema
from kit.database.database import Database
from tests.conftest import Databases


@pytest.fixture(scope="module")
async def kit_database(databases: Databases) -> AsyncIterator[Database]:
    """Role outreach's schema with kit's tables and `noted(registration_id, event_id, seen)`."""
    database = Database(databases.url("outreach"), name="test")
    connection = await database.connect()
    for statement in (*schema.STATEMENTS, *schema.RELAY_LEASE, *schema.RELAY_TOPIC):
        await connection.execute(statement)
    await connection.execute(
        "create table noted (seen bigint generated always as identity, registration_id uuid, event_id uuid)"
    )
    await connection.close()
    await provision.create_partitions(databases.url("outreach"))
    yield database
    await database.close()


@pytest.fixture
async def empty_kit(kit_database: Database) -> Database:
    connection = await kit_database.connect()
    await connection.execute("truncate outbox, inbox, parked, noted, relay_topic restart identity")
    await connection.execute("update relay_cursor set seq = 0, lease_until = null")
    await connection.close()
    return kit_database
