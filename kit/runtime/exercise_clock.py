"""Keeps the moved clock of an exercise away from a database that holds something real."""

from typing import Final

from kit.database.database import Driver

# A column with a default says nothing of a row that is written before it is known.
_TABLES: Final = """
select c.relname from pg_attribute a join pg_class c on c.oid = a.attrelid
where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
    and a.attname = 'exercise' and a.atttypid = 'boolean'::regtype and not a.attisdropped
    and not a.atthasdef
order by c.relname
"""


async def table_with_real_rows(driver: Driver) -> str | None:
    """Return the first table of the schema with a row that is no exercise; None if all is exercise."""
    for row in await driver.fetch(_TABLES):
        table = row["relname"]
        if await driver.fetchval(f"select exists (select from {table} where not exercise)"):  # noqa: S608 - our own name
            return str(table)
    return None


def refusal(table: str) -> str:
    return (
        f"The clock is moved by FOLGESKAB_CLOCK_OFFSET_SECONDS, and the table {table} holds what is no "
        "exercise. Unset the offset, or run the exercise on a database of its own."
    )
