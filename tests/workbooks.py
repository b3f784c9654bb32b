"""Excel workbooks as people's spreadsheets write them."""

import io
import zipfile
from collections.abc import Iterable, Sequence

import openpyxl

SHEET = "xl/worksheets/sheet1.xml"


def workbook(rows: Iterable[Sequence[object]], title: str = "Ark1", *more: str) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(title)
    for row in rows:
        sheet.append(list(row))
    for other in more:
        book.create_sheet(other)
    return saved(book)


def book_of(**sheets: Iterable[Sequence[object]]) -> openpyxl.Workbook:
    """Return a workbook to be changed further, of sheets by their names."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    return book


def saved(book: openpyxl.Workbook) -> bytes:
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def part(content: bytes, name: str = SHEET) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(name)


def with_part(content: bytes, changed: bytes, name: str = SHEET) -> bytes:
    """Return the workbook with the XML of one of its parts replaced."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w") as new:
        for one in old.namelist():
            new.writestr(one, changed if one == name else old.read(one))
    return made.getvalue()


def computed(content: bytes) -> bytes:
    """Return the workbook as a spreadsheet saves it, which has computed its formulas."""
    name = "xl/workbook.xml"
    return with_part(content, part(content, name).replace(b'fullCalcOnLoad="1"', b""), name)
