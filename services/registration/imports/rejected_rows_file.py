"""The rejected rows of an import as a file that can be corrected and imported."""

import csv
import io
from collections.abc import AsyncIterator

from kit.database.database import Database
from kit.privacy.sealing import DataKey
from services.registration.imports.job import REJECTED_CELLS, RejectedCells
from services.registration.imports.report import ReportLanguage, escape_formula
from services.registration.store import imports
from services.registration.store.imports import ImportRow, StoredBadRow

_ROWS_AT_ONCE = 500


async def rejected_rows_csv(database: Database, job: ImportRow, key: DataKey) -> AsyncIterator[bytes]:
    """Yield the file in the format of Danish spreadsheets: byte order mark, semicolons."""
    columns = job.columns or []
    language = ReportLanguage.from_headings(columns)
    yield b"\xef\xbb\xbf" + _lines([[*columns, *language.report_headings()]])
    last = 0
    while True:
        async with database.transaction() as session:
            rows = await imports.bad_rows(session, job.import_id, last, _ROWS_AT_ONCE)
        if not rows:
            return
        yield _lines([_cells(row, key, len(columns), language) for row in rows])
        last = rows[-1].line


def _cells(row: StoredBadRow, key: DataKey, width: int, language: ReportLanguage) -> list[str]:
    cells = list(map(escape_formula, key.open(REJECTED_CELLS, row.cells, RejectedCells).cells))
    return [*cells, *[""] * (width - len(cells)), str(row.line), language.join_errors(row.errors)]


def _lines(rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()
