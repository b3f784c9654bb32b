"""Typed rows: a frozen dataclass for each query, filled by the names of its columns."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import fields, make_dataclass
from functools import cache
from operator import itemgetter
from typing import Any, TypeVar, cast

import sqlalchemy as sa

T = TypeVar("T")


class RowMismatchError(TypeError):
    """The columns of a query are not the fields of its row class. The text names those without a partner."""


def columns_of(row: type, table: sa.Table) -> list[sa.Column[Any]]:
    """Return the columns of a table that a row class reads. Raise KeyError for a field that is no column."""
    return [table.c[field.name] for field in fields(row)]


def select_list(row: type, table: sa.Table, alias: str, **computed: str) -> str:
    """Return the same columns for a statement in SQL text. `computed`: expressions of the other fields."""
    return ", ".join(
        f'{computed[field.name]} as "{field.name}"'
        if field.name in computed
        else f'{alias}."{table.c[field.name].name}"'
        for field in fields(row)
    )


def typed_rows(row: type[T], records: Sequence[Any], columns: Iterable[str]) -> list[T]:
    """Return the records as instances of `row`, a dataclass. Raise RowMismatchError.

    Names are compared, not types: a value stays as the driver read it.
    """
    build = _builder(cast("Hashable", row), tuple(columns))
    return [build(record) for record in records]


@cache
def _builder(row: Any, columns: tuple[str, ...]) -> Callable[[Any], Any]:
    """Compare the names once for each query. After that a row costs one call."""
    names = tuple(field.name for field in fields(row))
    if sorted(names) != sorted(columns):
        extra, missing = sorted(set(columns) - set(names)), sorted(set(names) - set(columns))
        raise RowMismatchError(
            f"{row.__name__} has no field for {extra}; the query has no column for {missing}"
        )
    create = _constructor(row, names)
    if names == columns:
        return lambda record: create(*record)
    pick = itemgetter(*(columns.index(name) for name in names))
    return lambda record: create(*pick(record))


def _constructor(row: Any, names: tuple[str, ...]) -> Callable[..., Any]:
    """Return a constructor for `row` that fills a writable class with the same slots, then changes the class.

    The constructor of a frozen dataclass takes ten times as long. It calls a function for each field.
    """
    if hasattr(row, "__post_init__") or "__slots__" not in row.__dict__:
        return cast("Callable[..., Any]", row)
    writable: Any = make_dataclass("_Writable", names)
    methods = {
        "__slots__": row.__slots__,
        "__init__": writable.__init__,
        "__setattr__": object.__setattr__,
        "__delattr__": object.__delattr__,
    }
    writable = type(row.__name__, row.__bases__, methods)

    def create(*values: object) -> Any:
        new = writable(*values)
        new.__class__ = row
        return new

    return create
