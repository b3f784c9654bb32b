"""Output of the command: result lines, error lines with an exit code, and tables."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final, NoReturn

import typer
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

console = Console(highlight=False)
_errors = Console(stderr=True, highlight=False)

REFUSED, UNAVAILABLE = 1, 3
_ANY_WIDTH: Final = 10_000
NO_PERSONAL_DATA: Final = "Stored unencrypted: do not write names or ID numbers."


def print_line(text: str) -> None:
    console.print(text)


def print_note(text: str) -> None:
    """Print to stderr, so that a program can read stdout."""
    _errors.print(text, markup=False)


def exit_with_error(text: str, code: int = REFUSED) -> NoReturn:
    _errors.print(text, markup=False)
    raise typer.Exit(code)


class Listing:
    """A table that falls back to one block per row on a narrow screen.

    Ids are never broken across lines: people copy them.
    """

    def __init__(self, columns: Sequence[str], ids: Collection[str], title: str | None) -> None:
        self._columns = columns
        self._ids = ids
        self._title = title
        self._rows: list[tuple[str, ...]] = []

    @property
    def row_count(self) -> int:
        return len(self._rows)

    def add_row(self, *cells: str) -> None:
        self._rows.append(cells)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        table = self._table()
        needed = Measurement.get(console, options.update_width(_ANY_WIDTH), table)
        if (needed.maximum if self._ids else needed.minimum) <= options.max_width:
            yield table
            return
        if self._title:
            yield Text(self._title, style="italic")
        for row in self._rows:
            yield from self._block(row)

    def _table(self) -> Table:
        table = Table(title=self._title)
        for name in self._columns:
            table.add_column(name, overflow="fold", no_wrap=name in self._ids)
        for row in self._rows:
            table.add_row(*row)
        return table

    def _block(self, row: Sequence[str]) -> RenderResult:
        heading = self._ids or self._columns[:1]
        named = [
            (name, cell.replace("\n", ", ")) for name, cell in zip(self._columns, row, strict=True) if cell
        ]
        for name, cell in named:
            if name in heading:
                yield Text.from_markup(f"{name} {cell}", overflow="fold")
        rest = [f"{name}: {cell}" for name, cell in named if name not in heading]
        yield Padding(Text.from_markup("; ".join(rest)), (0, 0, 1, 2), expand=False)


def make_listing(*columns: str, ids: Collection[str] = (), title: str | None = None) -> Listing:
    return Listing(columns, ids, title)


def format_minute(moment: str | None) -> str:
    """Return an ISO 8601 time to the minute, for tables."""
    return datetime.fromisoformat(moment).isoformat(timespec="minutes") if moment else ""
