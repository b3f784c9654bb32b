"""Each service's role is refused on every other schema; only registration may issue and delete keys."""

import itertools

import asyncpg
import pytest

from contracts.events.personal import NOTE, Note
from kit.privacy.sealing import Unopenable
from kit.runtime.ids import new_id
from tests.conftest import SERVICES, Databases


@pytest.fixture(scope="module")
async def tables(databases: Databases) -> Databases:
    """One table in each schema, made by its owner."""
    for service in SERVICES:
        connection = await asyncpg.connect(databases.url(service))
        await connection.execute("create table mine (secret text)")
        await connection.close()
    return databases


@pytest.mark.parametrize(("role", "schema"), list(itertools.permutations(SERVICES, 2)))
@pytest.mark.parametrize(
    "attempt", ["select * from {}.mine", "insert into {}.mine values ('x')", "create table {}.t (x int)"]
)
async def test_a_role_is_refused_on_another_schema(
    tables: Databases, role: str, schema: str, attempt: str
) -> None:
    connection = await asyncpg.connect(tables.url(role))

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute(attempt.format(schema))

    await connection.close()


@pytest.mark.parametrize("role", SERVICES[1:])
@pytest.mark.parametrize(
    "attempt", ["delete from data_key", "insert into data_key values (gen_random_uuid(), '')"]
)
async def test_only_registration_issues_and_deletes_keys(
    databases: Databases, role: str, attempt: str
) -> None:
    connection = await asyncpg.connect(databases.keyring_url(role))

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute(attempt)

    await connection.close()


async def test_keys_are_issued_once_read_by_others_and_deleted_irrevocably(databases: Databases) -> None:

    registration, notify = databases.keyring("registration"), databases.keyring("notify")
    person, other = new_id(), new_id()
    keys = await registration.issue([person, other])
    sealed = keys[person].seal(NOTE, Note("hemmeligt"))
    again = await registration.issue([person])
    assert again[person].open(NOTE, sealed, Note).text == "hemmeligt"
    read = await notify.read([person, other])
    assert read[person].open(NOTE, sealed, Note).text == "hemmeligt"
    with pytest.raises(Unopenable):
        read[other].open(NOTE, sealed, Note)

    assert await registration.forget([person]) == 1

    assert person not in await notify.read([person, other])
    anew = await registration.issue([person])
    with pytest.raises(Unopenable):
        anew[person].open(NOTE, sealed, Note)
    await registration.close()
    await notify.close()


async def test_a_role_sees_since_when_the_transactions_of_others_are_open(databases: Databases) -> None:
    held = await asyncpg.connect(databases.url("notify"))
    asking = await asyncpg.connect(databases.url("routing"))
    try:
        async with held.transaction():
            pid = await held.fetchval("select pg_backend_pid()")

            row = await asking.fetchrow("select xact_start, query from pg_stat_activity where pid = $1", pid)

        assert row is not None
        assert row["xact_start"] is not None
        assert "insufficient privilege" not in row["query"]
    finally:
        await asking.close()
        await held.close()
