"""How the command speaks: one plain line for what was done, one for why not, and an exit code."""

from collections.abc import Collection
from typing import Final, NoReturn

import typer
from rich.console import Console
from rich.table import Table

console = Console(highlight=False)
_errors = Console(stderr=True, highlight=False)

REFUSED, AWAY = 1, 3
KEPT_READABLE: Final = "Kept readable for everybody: write nobody's name or number."


def say(text: str) -> None:
    console.print(text)


def note(text: str) -> None:
    """Say something beside the answer, which may be read by a program."""
    _errors.print(text, markup=False)


def refuse(text: str, code: int = REFUSED) -> NoReturn:
    _errors.print(text, markup=False)
    raise typer.Exit(code)


_ID_LENGTH: Final = 36


def listing(*columns: str, ids: Collection[str] = (), title: str | None = None) -> Table:
    """Make a table that cuts nothing off on a narrow screen, and keeps each id whole: it is to be copied."""
    table = Table(title=title)
    for name in columns:
        whole = name in ids
        table.add_column(name, overflow="fold", no_wrap=whole, min_width=_ID_LENGTH if whole else None)
    return table
