"""Rows already seen in this file, to report repeats. Takes some hundred bytes of memory per row."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from contracts.events.ids import RegistrationId
from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError
from services.registration.domain.identity_match import doubts
from services.registration.imports.row_parser import ParsedRow
from services.registration.use_cases.register_people import RegistrationOutcome, RegistrationResult


@dataclass(slots=True)
class SeenValues:
    """The line of the first row with a key, and of the row that registered a person."""

    lines_by_key: dict[bytes, int] = field(default_factory=dict)
    lines_by_person: dict[RegistrationId, int] = field(default_factory=dict)

    def repeat_hints(self, row: ParsedRow, result: RegistrationResult) -> Iterator[FieldError]:
        """Yield hints about what a row repeats, and remember the row. Call in the order of the file."""
        if row.submission is None:
            return
        before = self.lines_by_key.setdefault(row.submission.key, row.line)
        person = result.registration_id
        if result.outcome is RegistrationOutcome.REPEATED and before != row.line:
            yield FieldError("", ErrorCode.ROW_REPEATED, line=before)
        elif result.outcome is RegistrationOutcome.SAME_PERSON and person in self.lines_by_person:
            yield FieldError("", ErrorCode.ROW_SAME_PERSON, line=self.lines_by_person[person])
        elif result.outcome is RegistrationOutcome.REGISTERED and person is not None:
            self.lines_by_person[person] = row.line
        if result.doubted is not None:
            yield from self._doubt_errors(result.doubted)

    def _doubt_errors(self, other: RegistrationId) -> Sequence[FieldError]:
        line = self.lines_by_person.get(other)
        if line is None:
            return [doubt.at("cpr") for doubt in doubts(other)]
        return [FieldError("cpr", ErrorCode.ROW_NUMBER_OF_LINE, line=line)]
