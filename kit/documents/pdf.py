"""PDF pages on A4: headings, facts, tables, form fields. Any language, either writing direction.

Layout takes a tenth of a second per page: call it in a thread. The same input gives the same bytes.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Final, cast

import segno
from fpdf import FPDF, ViewerPreferences
from fpdf.enums import Align, MethodReturnValue, TextDirection

MARGIN: Final = 18.0  # millimetres, as every measure here
_FAMILY: Final = "DejaVu"
_FILES: Final = {"": "DejaVuSans.ttf", "B": "DejaVuSans-Bold.ttf"}
_RIGHT_TO_LEFT: Final = frozenset({"ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})
_BODY: Final = 9.5  # points
_SMALL: Final = 7.5
_HEADINGS: Final = {1: 17.0, 2: 11.5, 3: _BODY}
_LEADING: Final = 0.5  # millimetres of line for each point of type
_HEIGHT: Final = _BODY * _LEADING
_GAP: Final = 2.2
_BOX: Final = 3.6
_WRITING: Final = 8.0  # height of a line to write on
_QR: Final = 30.0
_NAMES: Final = 0.32  # share of the width for the names of facts
_GREY: Final = 95
_RULE: Final = 170
_LEFT_TO_RIGHT: Final = "\u200e"
_RUN: Final = re.compile(r"\+?\d[\d .:/-]*\d")  # keeps the + of a telephone number in front in Arabic
_QUIET: Final = str.maketrans({"\t": " ", "\r": "", "\v": "\n", "\f": "\n", "\u2028": "\n", "\u2029": "\n"})


class FontsMissing(RuntimeError):  # noqa: N818 - a state
    pass


def fonts_in(assets_dir: Path) -> Path:
    return assets_dir / "dejavu-fonts-ttf" / "ttf"


class _Pages(FPDF):
    """Numbers the pages, left to right in every language: 1 / 2 must not become 2 / 1."""

    def footer(self) -> None:
        self.set_text_shaping(True, direction=TextDirection.LTR)
        self.set_y(-MARGIN + 6)
        self.set_font(_FAMILY, size=_SMALL)
        self.set_text_color(_GREY)
        self.cell(w=0, h=4, text=f"{self.page_no()} / {{nb}}", align=Align.C)
        self.set_text_color(0)


class PdfDocument:
    """One document, written from top to bottom.

    `fonts`: the folder with DejaVu Sans (see fonts_in). `created`: the creation date, the only time in the
    file. Raises FontsMissing. A character that the font lacks is printed by its number, [U+1F600].
    """

    def __init__(
        self, fonts: Path, language: str, title: str, *, created: datetime, compress: bool = True
    ) -> None:
        self._rtl = language in _RIGHT_TO_LEFT
        self._pdf = pdf = _Pages(format="A4")
        for style, name in _FILES.items():
            if not (fonts / name).is_file():
                raise FontsMissing(f"the font {name} is not in {fonts}: run `make setup`, or set ASSETS_DIR")
            pdf.add_font(_FAMILY, style, fonts / name)
        self._known = [frozenset(font.cmap) for font in pdf.fonts.values() if hasattr(font, "cmap")]
        pdf.set_compression(compress)
        pdf.set_creation_date(created)
        pdf.set_lang(language)
        pdf.set_title(title)
        pdf.viewer_preferences = ViewerPreferences(display_doc_title=True)
        pdf.set_margin(MARGIN)
        pdf.c_margin = 0
        pdf.set_auto_page_break(True, MARGIN)  # noqa: FBT003 - fpdf2's
        pdf.add_page()
        self._direct()

    def pdf(self) -> bytes:
        return bytes(self._pdf.output())

    def new_page(self) -> None:
        self._pdf.add_page()
        self._direct()

    def heading(self, text: str, level: int = 1) -> None:
        size = _HEADINGS[level]
        self._room(size * _LEADING + 3 * _BODY * _LEADING)  # never alone at the foot of a page
        self._gap((0, 1.5 * _GAP, _GAP / 2)[level - 1])
        self._write(text, self._left, self._width, size, "B")
        self._gap(_GAP / 2)

    def paragraph(self, text: str, *, small: bool = False) -> None:
        self._write(text, self._left, self._width, _SMALL if small else _BODY)
        self._gap(_GAP)

    def banner(self, text: str) -> None:
        """Print a prominent warning."""
        pdf, height = self._pdf, 9.0
        self._room(height)
        pdf.set_fill_color(0)
        pdf.set_text_color(255)
        self._font(_BODY + 2, "B")
        pdf.set_x(self._left)
        pdf.cell(self._width, height, self._plain(text), align=Align.C, fill=True)
        pdf.set_text_color(0)
        pdf.set_y(pdf.get_y() + height)
        self._gap(_GAP)

    def facts(self, facts: Sequence[tuple[str, str]]) -> None:
        columns = ((_NAMES * self._width, "B"), ((1 - _NAMES) * self._width, ""))
        for fact in facts:
            self._row(self._wrapped(fact, columns), columns)
        self._gap(_GAP)

    def table(
        self, header: Sequence[str], rows: Sequence[Sequence[str]], shares: Sequence[float] = ()
    ) -> None:
        """Print a table with the header on each page. `shares`: of the width per column; default equal."""
        parts = shares or [1.0] * len(header)
        columns = [(self._width * part / sum(parts), "") for part in parts]
        names = [(wide, "B") for wide, _ in columns]
        head = self._wrapped(header, names)
        self._row(head, names, ruled=True)
        for row in rows:
            cells = self._wrapped(row, columns)
            if self._height(cells) > self._left_on_page:
                self.new_page()
                self._row(head, names, ruled=True)
            self._row(cells, columns, ruled=True)
        self._gap(_GAP)

    def boxes(self, labels: Sequence[str]) -> None:
        """Print tick boxes, in one row if they fit."""
        used = 0.0
        for label in labels:
            self._font(_BODY)
            wide = min(_BOX + 2 + self._pdf.get_string_width(self._plain(label)) + 3, self._width)
            if used + wide > self._width:
                self._gap(_HEIGHT + 1)
                used = 0.0
            self._boxed(label, used)
            used += wide + 3
        self._gap(_HEIGHT + _GAP)

    def line(self, *labels: str) -> None:
        """Print one or more lines to write on, side by side, each with a label below."""
        pdf = self._pdf
        self._room(_WRITING + _SMALL * _LEADING + _GAP)
        wide = (self._width - 4 * (len(labels) - 1)) / len(labels)
        top = pdf.get_y() + _WRITING
        for number, label in enumerate(labels):
            x = self._from_start(number * (wide + 4), wide)
            pdf.line(x, top, x + wide, top)
            pdf.set_y(top + 0.4)
            self._write(label, x, wide, _SMALL)
        self._gap(_GAP / 2)

    def qr(self, url: str, caption: str) -> None:
        pdf = self._pdf
        self._room(_QR + _GAP)
        top = pdf.get_y()
        matrix = tuple(segno.make(url, error="m", micro=False).matrix)
        size, left = _QR / len(matrix), self._from_start(0, _QR)
        pdf.set_fill_color(0)
        for row, modules in enumerate(matrix):
            for start, length in _dark(modules):
                pdf.rect(left + start * size, top + row * size, length * size, size, style="F")
        room = self._width - _QR - 5
        pdf.set_y(top + 2)
        self._write(f"{caption}\n{url}", self._from_start(_QR + 5, room), room, _BODY)
        pdf.set_y(max(top + _QR, pdf.get_y()))
        self._gap(_GAP)

    @property
    def _left(self) -> float:
        return float(self._pdf.l_margin)

    @property
    def _width(self) -> float:
        return float(self._pdf.epw)

    @property
    def _left_on_page(self) -> float:
        return float(self._pdf.page_break_trigger - self._pdf.get_y())

    def _from_start(self, offset: float, wide: float) -> float:
        """Return the x of an item of this width, at an offset from the start of the line."""
        return self._left + (self._width - offset - wide if self._rtl else offset)

    def _direct(self) -> None:
        direction = TextDirection.RTL if self._rtl else TextDirection.LTR
        self._pdf.set_text_shaping(True, direction=direction)

    def _font(self, size: float, style: str = "") -> None:
        self._direct()
        self._pdf.set_font(_FAMILY, style, size)

    def _room(self, height: float) -> None:
        if height > self._left_on_page and self._pdf.get_y() > MARGIN:
            self.new_page()

    def _gap(self, height: float) -> None:
        self._pdf.set_y(self._pdf.get_y() + height)

    def _boxed(self, label: str, used: float) -> None:
        """Print one box with its label. Leaves y at the label's last line."""
        room = self._width - used - _BOX - 2
        if not used:
            self._room(len(self._lines(label, room)) * _HEIGHT)
        x = self._from_start(used, _BOX)
        self._pdf.rect(x, self._pdf.get_y() + (_HEIGHT - _BOX) / 2, _BOX, _BOX)
        self._write(label, self._from_start(used + _BOX + 2, room), room, _BODY)
        self._gap(-_HEIGHT)

    def _wrapped(self, cells: Sequence[str], columns: Sequence[tuple[float, str]]) -> list[list[str]]:
        wrapped = []
        for text, (wide, style) in zip(cells, columns, strict=True):
            self._font(_BODY, style)
            wrapped.append(self._lines(text, wide - _GAP))
        return wrapped

    def _height(self, cells: Sequence[Sequence[str]]) -> float:
        return max(len(lines) for lines in cells) * _HEIGHT + 1

    def _row(
        self,
        cells: Sequence[Sequence[str]],
        columns: Sequence[tuple[float, str]],
        *,
        ruled: bool = False,
    ) -> None:
        """Print cells side by side, line by line: a cell may be longer than a page."""
        for number in range(max(len(lines) for lines in cells)):
            self._room(_HEIGHT)
            offset = 0.0
            for lines, (wide, style) in zip(cells, columns, strict=True):
                self._font(_BODY, style)
                if number < len(lines):
                    self._put(lines[number], self._from_start(offset, wide - _GAP), wide - _GAP, _BODY)
                offset += wide
            self._gap(_HEIGHT)
        if ruled:
            self._pdf.set_draw_color(_RULE)
            self._pdf.line(self._left, self._pdf.get_y(), self._left + self._width, self._pdf.get_y())
            self._pdf.set_draw_color(0)
        self._gap(1)

    def _write(self, text: str, x: float, wide: float, size: float, style: str = "") -> None:
        self._font(size, style)
        pdf = self._pdf
        for line in self._lines(text, wide):
            self._room(size * _LEADING)
            self._put(line, x, wide, size)
            pdf.set_y(pdf.get_y() + size * _LEADING)

    def _put(self, line: str, x: float, wide: float, size: float) -> None:
        pdf = self._pdf
        pdf.set_x(x)
        pdf.cell(wide, size * _LEADING, line, align=Align.R if self._rtl else Align.L)

    def _lines(self, text: str, wide: float) -> list[str]:
        """Break a text into lines of the font in use."""
        pdf = self._pdf
        x, y = pdf.get_x(), pdf.get_y()
        pdf.set_x(self._left)
        found = pdf.multi_cell(
            wide, _BODY, self._plain(text), align=Align.L, dry_run=True, output=MethodReturnValue.LINES
        )
        pdf.set_xy(x, y)
        return cast("list[str]", found)

    def _plain(self, text: str) -> str:
        composed = unicodedata.normalize("NFC", text.replace("{nb}", "{\u200enb}")).translate(_QUIET)
        known = "".join(c if self._printable(c) else f"[U+{ord(c):04X}]" for c in composed)
        return _RUN.sub(rf"{_LEFT_TO_RIGHT}\g<0>{_LEFT_TO_RIGHT}", known) if self._rtl else known

    def _printable(self, character: str) -> bool:
        code = ord(character)
        return character == "\n" or all(code in known for known in self._known)


def _dark(modules: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield each run of dark modules in a row of a QR code: its start and length."""
    start = 0
    for dark, run in groupby(modules):
        length = len(list(run))
        if dark:
            yield start, length
        start += length
