"""Imports and their reports, ready to be laid out."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SHOWN = 500  # rows on the page: the file of bad rows has all of them


@dataclass(frozen=True, slots=True)
class ImportLine:
    import_id: str
    name: str
    state: str
    dry_run: bool
    rows: int
    registered: int
    already_there: int
    bad_rows: int
    bytes_read: int
    started_at: str
    ended_at: str
    by: str

    @property
    def running(self) -> bool:
        return self.state == "running"


@dataclass(frozen=True, slots=True)
class RowError:
    line: int
    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """What to mend first in a row, and what else is wrong with it."""

    line: int
    first: RowError
    more: tuple[RowError, ...]


@dataclass(frozen=True, slots=True)
class RowHint:
    """One remark about rows that went in all the same."""

    column: str
    reason: str
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ImportReport:
    line: ImportLine
    bad: tuple[RejectedRow, ...]
    hints: tuple[RowHint, ...]
    cut: bool  # more rows refused than are shown
    kept: bool  # the rows refused can be fetched
    file_kept: bool  # the good rows can be imported without sending the file again


def line(told: Mapping[str, Any]) -> ImportLine:
    return ImportLine(
        import_id=str(told["import_id"]),
        name=str(told.get("name") or ""),
        state=str(told["state"]),
        dry_run=bool(told["dry_run"]),
        rows=int(told["rows"] or 0),
        registered=int(told["registered"] or 0),
        already_there=int(told["already_there"] or 0),
        bad_rows=int(told["bad_rows"] or 0),
        bytes_read=int(told["bytes_read"] or 0),
        started_at=str(told["started_at"]),
        ended_at=str(told.get("ended_at") or ""),
        by=str(told["by"]),
    )


def report(told: Mapping[str, Any]) -> ImportReport:
    bad = told.get("bad") or ()
    rows = _rows(bad)
    kept = bool(told.get("bad_rows_kept", bad))
    hints = _hints(told.get("hints") or ())
    return ImportReport(
        line(told), tuple(rows[:SHOWN]), hints, len(rows) > SHOWN, kept, bool(told.get("file_kept"))
    )


def _flaw(told: Mapping[str, Any]) -> RowError:
    return RowError(int(told["line"]), str(told["column"]), str(told["reason"]))


def _rows(told: Sequence[Mapping[str, Any]]) -> list[RejectedRow]:
    flaws: dict[int, list[RowError]] = defaultdict(list)
    for one in map(_flaw, told):
        flaws[one.line].append(one)
    return [RejectedRow(line, found[0], tuple(found[1:])) for line, found in flaws.items()]


def _hints(told: Sequence[Mapping[str, Any]]) -> tuple[RowHint, ...]:
    """Say each remark once, with all its lines: a whole column may have the same."""
    lines: dict[tuple[str, str], list[int]] = defaultdict(list)
    for flaw in map(_flaw, told):
        lines[flaw.column, flaw.reason].append(flaw.line)
    return tuple([RowHint(*about, tuple(found)) for about, found in lines.items()])
