"""Typed rows: a query and its row class must name the same columns."""

from dataclasses import FrozenInstanceError, dataclass, replace

import pytest
import sqlalchemy as sa

from kit.database.database import Database
from kit.database.rows import RowMismatchError, columns_of, select_list


@dataclass(frozen=True, slots=True)
class Pair:
    left: int
    right: str


@dataclass(frozen=True, slots=True)
class Single:
    left: int


@dataclass(frozen=True, slots=True)
class Triple(Pair):
    more: float


_NOTED = sa.Table("noted", sa.MetaData(), sa.Column("left", sa.Integer), sa.Column("right", sa.Text))


@dataclass(frozen=True, slots=True)
class Misspelt:
    left: int
    rihgt: str


async def test_columns_fill_the_fields_of_their_names_in_any_order(empty_kit: Database) -> None:
    async with empty_kit.transaction() as session:
        rows = await session.fetch(Pair, "select 'b' as right, 1 as left union all select 'd', 2 order by 2")
        one = await session.fetchrow(Single, "select $1::int as left", 7)
        none = await session.fetchrow(Single, "select 1 as left where false")

    assert rows == [Pair(1, "b"), Pair(2, "d")]
    assert one == Single(7)
    assert none is None


async def test_a_row_is_a_frozen_instance_of_its_class(empty_kit: Database) -> None:
    async with empty_kit.transaction() as session:
        row = await session.fetchrow(Triple, "select 1 as left, 'b' as right, 2.5::float8 as more")

    assert row == Triple(1, "b", 2.5)
    assert type(row) is Triple
    assert replace(row, left=3) == Triple(3, "b", 2.5)
    with pytest.raises(FrozenInstanceError):
        row.left = 4  # type: ignore[misc]


@pytest.mark.parametrize(
    "query",
    ["select 1 as left, 'b' as rihgt", "select 1 as left", "select 1 as left, 'b' as right, 2 as more"],
)
async def test_a_column_that_is_no_field_is_refused_with_its_name(empty_kit: Database, query: str) -> None:
    async with empty_kit.transaction() as session:
        with pytest.raises(RowMismatchError, match=r"Pair has no field for .*column for"):
            await session.fetch(Pair, query)


async def test_a_core_expression_returns_the_same_rows_as_its_text(empty_kit: Database) -> None:
    numbers = sa.select(sa.values(*_NOTED.c, name="noted").data([(1, "b"), (3, "d")]))
    async with empty_kit.transaction() as session:
        rows = await session.fetch(Pair, numbers)
        last = await session.fetchrow(Pair, numbers.order_by(sa.desc("left")))
        none = await session.fetchrow(Pair, numbers.where(sa.false()))
        columns = await session.fetchcolumn("select * from (values (1), (3)) as noted")
        pairs = await session.fetchpairs("values (1, 'b'), (3, 'd')")

    assert rows == [Pair(1, "b"), Pair(3, "d")]
    assert last == Pair(3, "d")
    assert none is None
    assert columns == [1, 3]
    assert pairs == {1: "b", 3: "d"}


def test_a_field_that_is_no_column_of_its_table_is_refused_before_any_query() -> None:
    assert select_list(Pair, _NOTED, "n") == 'n."left", n."right"'
    assert select_list(Misspelt, _NOTED, "n", rihgt="n.right") == 'n."left", n.right as "rihgt"'
    with pytest.raises(KeyError, match="rihgt"):
        columns_of(Misspelt, _NOTED)
