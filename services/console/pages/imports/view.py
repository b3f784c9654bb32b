"""View models of imports and their reports."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contracts.wire.errors import FieldError

SHOWN = 500  # rows on the page; the file of rejected rows holds all


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
    error: FieldError  # of a column


@dataclass(frozen=True, slots=True)
class RejectedRowView:
    """A rejected row: the error to correct first, and its other errors."""

    line: int
    first: RowError
    more: tuple[RowError, ...]


@dataclass(frozen=True, slots=True)
class RowHint:
    """A remark about rows that were imported."""

    error: FieldError
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ImportReport:
    line: ImportLine
    bad: tuple[RejectedRowView, ...]
    hints: tuple[RowHint, ...]
    cut: bool  # more rejected rows than are shown
    kept: bool  # the rejected rows can be downloaded
    file_kept: bool  # the good rows can be imported without sending the file again


def line(data: Mapping[str, Any]) -> ImportLine:
    return ImportLine(
        import_id=str(data["import_id"]),
        name=str(data.get("name") or ""),
        state=str(data["state"]),
        dry_run=bool(data["dry_run"]),
        rows=int(data["rows"] or 0),
        registered=int(data["registered"] or 0),
        already_there=int(data["already_there"] or 0),
        bad_rows=int(data["bad_rows"] or 0),
        bytes_read=int(data["bytes_read"] or 0),
        started_at=str(data["started_at"]),
        ended_at=str(data.get("ended_at") or ""),
        by=str(data["by"]),
    )


def report(data: Mapping[str, Any]) -> ImportReport:
    bad = data.get("bad") or ()
    rows = _rows(bad)
    kept = bool(data.get("bad_rows_kept", bad))
    hints = _hints(data.get("hints") or ())
    return ImportReport(
        line(data), tuple(rows[:SHOWN]), hints, len(rows) > SHOWN, kept, bool(data.get("file_kept"))
    )


def _row_error(data: Mapping[str, Any]) -> RowError:
    return RowError(int(data["line"]), FieldError.of_document({**data, "field": data["column"]}))


def _rows(data: Sequence[Mapping[str, Any]]) -> list[RejectedRowView]:
    errors: dict[int, list[RowError]] = defaultdict(list)
    for error in map(_row_error, data):
        errors[error.line].append(error)
    return [RejectedRowView(line, found[0], tuple(found[1:])) for line, found in errors.items()]


def _hints(data: Sequence[Mapping[str, Any]]) -> tuple[RowHint, ...]:
    """Group equal remarks: a whole column may have the same error."""
    lines: dict[FieldError, list[int]] = defaultdict(list)
    for error in map(_row_error, data):
        lines[error.error].append(error.line)
    return tuple([RowHint(about, tuple(found)) for about, found in lines.items()])
