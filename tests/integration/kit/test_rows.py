"""Typed rows: a query and its row class must name the same columns."""

from dataclasses import dataclass

import pytest

from kit.database.database import Database
from kit.database.rows import RowMismatchError


@dataclass(frozen=True, slots=True)
class Pair:
    left: int
    right: str


@dataclass(frozen=True, slots=True)
class Single:
    left: int


async def test_columns_fill_the_fields_of_their_names_in_any_order(empty_kit: Database) -> None:
    async with empty_kit.transaction() as session:
        rows = await session.fetch(Pair, "select 'b' as right, 1 as left union all select 'd', 2 order by 2")
        one = await session.fetchrow(Single, "select $1::int as left", 7)
        none = await session.fetchrow(Single, "select 1 as left where false")

    assert rows == [Pair(1, "b"), Pair(2, "d")]
    assert one == Single(7)
    assert none is None


@pytest.mark.parametrize(
    "query",
    ["select 1 as left, 'b' as rihgt", "select 1 as left", "select 1 as left, 'b' as right, 2 as more"],
)
async def test_a_column_that_is_no_field_is_refused_with_its_name(empty_kit: Database, query: str) -> None:
    async with empty_kit.transaction() as session:
        with pytest.raises(RowMismatchError, match=r"Pair has no field for .*column for"):
            await session.fetch(Pair, query)
