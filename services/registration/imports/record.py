"""The record of cells that every file format is read into."""

from dataclasses import dataclass, field

from contracts.wire.errors import FieldError


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A row of a file. With an `error` it could not be split: `cells` then holds the raw text."""

    line: int  # line of the file or row of the sheet, from 1
    cells: tuple[str, ...] = field(repr=False)
    error: FieldError | None = None
    hints: tuple[FieldError, ...] = ()

    @property
    def empty(self) -> bool:
        return self.error is None and not any(cell.strip() for cell in self.cells)
