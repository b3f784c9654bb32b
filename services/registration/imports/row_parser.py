"""From a record to a person fit to register, or to every flaw of its cells."""

from dataclasses import dataclass
from datetime import datetime

from contracts.events.ids import IncidentId
from services.registration.domain import person
from services.registration.domain.person import NewPerson
from services.registration.domain.validation import FieldError
from services.registration.imports.columns import Row, column_of, read_cells
from services.registration.imports.header import Header, HeaderError, read_header
from services.registration.imports.list_consent import NO_STATEMENT, ListConsent
from services.registration.imports.record import Record
from services.registration.imports.row_cells import holds_nobody, row_cells
from services.registration.imports.row_identity import content_of
from services.registration.store.blind_index import BlindIndex
from services.registration.use_cases.register_people import Submission


@dataclass(frozen=True, slots=True)
class Read:
    """`cells`: the file's own columns; kept where the row is refused."""

    line: int
    cells: tuple[str, ...]
    submission: Submission | None
    flaws: tuple[FieldError, ...] = ()
    hints: tuple[FieldError, ...] = ()
    stated: frozenset[str] = frozenset()  # the columns that hold something


class Reader:
    def __init__(
        self,
        blind: BlindIndex,
        incident_id: IncidentId,
        *,
        by: str,
        now: datetime,
        statement: ListConsent = NO_STATEMENT,
    ) -> None:
        """`statement`: what holds for the consents of the whole list."""
        self._statement = statement
        self.header: Header | None = None
        self._blind = blind
        self._incident_id = incident_id
        self._by = by
        self._now = now

    def begin(self, record: Record) -> Header:
        """Take the header row. Raises HeaderError."""
        if record.flaw is not None:
            raise HeaderError([("", record.flaw.reason)])
        self.header = read_header(record.cells)
        return self.header

    def read(self, record: Record, header: Header) -> Read | None:
        """Return None for a row without a person. Raises HeaderError for a yes that nothing documents."""
        cells = header.own(record.cells)
        if record.flaw is not None:
            return Read(record.line, record.cells, None, (record.flaw,))
        by_name = row_cells(record.cells, header)
        if holds_nobody(by_name) and len(record.cells) <= len(header.names):
            return None
        self._statement.check(header, by_name)
        row = read_cells(by_name, record.cells, header, by=self._by, now=self._now, statement=self._statement)
        if not isinstance(row, Row):
            return Read(record.line, cells, None, tuple(row), record.hints)
        checked = person.check(row.said, self._now)
        if not isinstance(checked, NewPerson):
            return Read(record.line, cells, None, _by_column(checked), record.hints)
        hints = (*record.hints, *row.hints, *_by_column(checked.hints))
        return Read(record.line, cells, self._arrival(row, checked), hints=hints, stated=row.stated)

    def _arrival(self, row: Row, checked: NewPerson) -> Submission:
        digest = self._blind.idempotency_digest(self._incident_id, "row", content_of(checked, row.stated))
        if row.reference is None:
            return Submission(checked, digest)
        return Submission(
            checked, self._blind.idempotency_digest(self._incident_id, "reference", row.reference), digest
        )


def _by_column(flaws: list[FieldError] | tuple[FieldError, ...]) -> tuple[FieldError, ...]:
    """Tell each once: two consents of a row are read from the same cells."""
    return tuple(dict.fromkeys(FieldError(column_of(flaw), flaw.reason) for flaw in flaws))
