"""The columns that registration reads are those its tables have: who adds one, adds it to the list."""

from kit.database.database import Database
from services.registration.store import columns
from tests.conftest import Databases

_TABLES = {"CONTACT_RESTRICTION": "contact_bar"}  # a list with another name than its table
_KEPT_BY_STATEMENTS = {"changed_at", "revision"}  # read nowhere


async def test_every_table_that_is_read_whole_has_the_columns_that_are_listed(databases: Databases) -> None:
    listed = {
        _TABLES.get(name, name.lower()): set(value)
        for name, value in vars(columns).items()
        if isinstance(value, tuple)
    }
    database = Database(await databases.migrate("registration"), name="test")
    async with database.transaction() as session:
        rows = await session.fetch(
            "select table_name, column_name from information_schema.columns "
            "where table_schema = current_schema() and table_name = any($1::text[])",
            list(listed),
        )
    await database.close()

    there: dict[str, set[str]] = {}
    for row in rows:
        if row["column_name"] not in _KEPT_BY_STATEMENTS:
            there.setdefault(row["table_name"], set()).add(row["column_name"])
    assert there == listed
