"""What a file is read into, whatever its way: records of cells."""

from dataclasses import dataclass, field

from services.registration.domain.validation import FieldError


@dataclass(frozen=True, slots=True)
class FileRecord:
    """`flaw`: why it could not be cut into cells; they then hold what stood there."""

    line: int  # of the file, or row of the sheet, from 1
    cells: tuple[str, ...] = field(repr=False)
    error: FieldError | None = None
    hints: tuple[FieldError, ...] = ()

    @property
    def empty(self) -> bool:
        return self.error is None and not any(cell.strip() for cell in self.cells)
