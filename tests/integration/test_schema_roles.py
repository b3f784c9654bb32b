"""Each service's role is refused on every table that another service's migrations have made."""

import itertools
from collections import defaultdict

import asyncpg
import pytest

from tests.conftest import SERVICES, Databases

Tables = dict[str, dict[str, str]]  # of each schema, with one column of each table

_TABLES = """
select c.relname, n.nspname, min(a.attname) as attname from pg_class c
join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where n.nspname = any($1::text[]) and c.relkind = any(array['r', 'p', 'v', 'm']::"char"[])
group by 1, 2
"""
_GRANTED = """
select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = $1 and (
    c.relkind = any(array['r', 'p', 'v', 'm']::"char"[])
        and has_table_privilege($2, c.oid, 'select, insert, update, delete, truncate, references, trigger')
    or c.relkind = 'S' and has_sequence_privilege($2, c.oid, 'usage, select, update'))
"""


@pytest.fixture(scope="module")
async def tables(databases: Databases) -> Tables:
    for service in SERVICES:
        await databases.migrate(service)
    admin = await asyncpg.connect(databases.server.dsn(databases.database))
    found: Tables = defaultdict(dict)
    for row in await admin.fetch(_TABLES, SERVICES):
        found[row["nspname"]][row["relname"]] = row["attname"]
    await admin.close()
    return found


@pytest.mark.parametrize("role", SERVICES)
async def test_a_role_reads_all_of_its_own(databases: Databases, tables: Tables, role: str) -> None:
    connection = await asyncpg.connect(databases.url(role))

    for table in tables[role]:
        await connection.execute(f"select * from {role}.{table} limit 1")

    await connection.close()
    assert {"outbox", "inbox", "parked"} < tables[role].keys()


@pytest.mark.parametrize(("role", "schema"), list(itertools.permutations(SERVICES, 2)))
async def test_a_role_is_refused_on_every_table_of_another_service(
    databases: Databases, tables: Tables, role: str, schema: str
) -> None:
    connection = await asyncpg.connect(databases.url(role))

    for table, column in tables[schema].items():
        for attempt in (
            f"select from {schema}.{table}",
            f"insert into {schema}.{table} default values",
            f"update {schema}.{table} set {column} = {column}",
            f"delete from {schema}.{table}",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(attempt)

    await connection.close()


@pytest.mark.parametrize(("role", "schema"), list(itertools.permutations(SERVICES, 2)))
async def test_no_table_is_granted_even_to_a_role_that_came_into_the_schema(
    databases: Databases, tables: Tables, role: str, schema: str
) -> None:
    admin = await asyncpg.connect(databases.server.dsn(databases.database))

    granted = await admin.fetch(_GRANTED, schema, role)

    await admin.close()
    assert tables[schema]
    assert [row["relname"] for row in granted] == []
