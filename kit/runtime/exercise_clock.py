"""Detects real rows in a database: a moved clock is only allowed where everything is an exercise."""

from typing import Final

from kit.database.database import Driver

# A column with a default is left out: its rows are written before the flag is known.
_TABLES: Final = """
select c.relname from pg_attribute a join pg_class c on c.oid = a.attrelid
where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
    and a.attname = 'exercise' and a.atttypid = 'boolean'::regtype and not a.attisdropped
    and not a.atthasdef
order by c.relname
"""


async def table_with_real_rows(driver: Driver) -> str | None:
    """Return the first table with a row that is not an exercise; None if there is none."""
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
