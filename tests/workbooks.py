"""Excel workbooks as people's spreadsheets write them."""

import io
from collections.abc import Iterable, Sequence

import openpyxl


def workbook(rows: Iterable[Sequence[object]], title: str = "Ark1", *more: str) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(title)
    for row in rows:
        sheet.append(list(row))
    for other in more:
        book.create_sheet(other)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()
