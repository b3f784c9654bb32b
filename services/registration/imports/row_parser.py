"""Parse a record into a submission to register, or into all errors of its cells."""

from dataclasses import dataclass
from datetime import datetime

from contracts.events.ids import IncidentId
from contracts.wire.errors import FieldError
from services.registration.domain import person
from services.registration.domain.person import NewPerson
from services.registration.imports.columns import PersonRow, column_of_field, read_cells
from services.registration.imports.header import FileHeader, HeaderError, read_header
from services.registration.imports.list_consent import NO_LIST_CONSENT, ListConsent
from services.registration.imports.record import FileRecord
from services.registration.imports.row_cells import cells_by_column, has_no_person
from services.registration.imports.row_identity import canonical_content
from services.registration.store.blind_index import BlindIndex
from services.registration.use_cases.register_people import Submission


@dataclass(frozen=True, slots=True)
class ParsedRow:
    """A row: a submission or errors. `cells` are the file's own columns, stored if it is rejected."""

    line: int
    cells: tuple[str, ...]
    submission: Submission | None
    errors: tuple[FieldError, ...] = ()
    hints: tuple[FieldError, ...] = ()
    stated: frozenset[str] = frozenset()  # the columns that are not empty


class RowParser:
    def __init__(
        self,
        blind: BlindIndex,
        incident_id: IncidentId,
        *,
        by: str,
        now: datetime,
        statement: ListConsent = NO_LIST_CONSENT,
    ) -> None:
        """`statement` holds the properties of all consents of the file."""
        self._statement = statement
        self.header: FileHeader | None = None
        self._blind = blind
        self._incident_id = incident_id
        self._by = by
        self._now = now

    def parse_header(self, record: FileRecord) -> FileHeader:
        """Parse the header row and keep it. Raise HeaderError."""
        if record.error is not None:
            raise HeaderError(record.error)
        self.header = read_header(record.cells)
        return self.header

    def parse_row(self, record: FileRecord, header: FileHeader) -> ParsedRow | None:
        """Return None for a row without a person. Raise HeaderError for a consent without documentation."""
        cells = header.own_cells(record.cells)
        if record.error is not None:
            return ParsedRow(record.line, record.cells, None, (record.error,))
        by_name = cells_by_column(record.cells, header)
        if has_no_person(by_name) and len(record.cells) <= len(header.names):
            return None
        self._statement.check(header, by_name)
        row = read_cells(by_name, record.cells, header, by=self._by, now=self._now, statement=self._statement)
        if not isinstance(row, PersonRow):
            return ParsedRow(record.line, cells, None, tuple(row), record.hints)
        checked = person.check(row.said, self._now)
        if not isinstance(checked, NewPerson):
            return ParsedRow(record.line, cells, None, _errors_by_column(checked), record.hints)
        hints = (*record.hints, *row.hints, *_errors_by_column(checked.hints))
        return ParsedRow(
            record.line, cells, self._make_submission(row, checked), hints=hints, stated=row.stated
        )

    def _make_submission(self, row: PersonRow, checked: NewPerson) -> Submission:
        digest = self._blind.idempotency_digest(
            self._incident_id, "row", canonical_content(checked, row.stated)
        )
        if row.reference is None:
            return Submission(checked, digest)
        return Submission(
            checked, self._blind.idempotency_digest(self._incident_id, "reference", row.reference), digest
        )


def _errors_by_column(errors: list[FieldError] | tuple[FieldError, ...]) -> tuple[FieldError, ...]:
    """Return each error once, by column: two consents of a row are read from the same cells."""
    return tuple(dict.fromkeys(error.at(column_of_field(error)) for error in errors))
