"""Properties of all consents of a file, stated once by the sender. They fill empty cells."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from contracts.events.vocabulary import Channel, ObtainedBy
from contracts.rules.invisible_characters import visible
from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError
from services.registration.imports import danish_terms
from services.registration.imports.cells import YES, read_channels, read_time, read_word
from services.registration.imports.header import FileHeader, HeaderError

STATABLE_COLUMNS: Final = (
    "wording", "obtained_by", "witness", "consented_at", "consent_language", "channels", "consent_by",
)  # fmt: skip
_REQUIRED: Final = ("wording", "obtained_by", "consented_at")
_LONGEST: Final = 500  # characters


@dataclass(frozen=True, slots=True)
class ListConsent:
    """The stated properties, by column."""

    stated: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def read(cls, said: Mapping[str, str]) -> "ListConsent | list[FieldError]":
        """Return the checked statement, or its errors: otherwise every row would be rejected."""
        stated = {name: visible(text) for name, text in said.items() if visible(text)}
        errors = [
            FieldError(name, ErrorCode.UNKNOWN_FIELD) for name in stated if name not in STATABLE_COLUMNS
        ]
        errors += [
            FieldError(name, ErrorCode.TOO_LONG, limit=_LONGEST)
            for name, text in stated.items()
            if len(text) > _LONGEST
        ]
        if not stated:
            return cls()
        how = read_word(stated, "obtained_by", ObtainedBy, errors) if stated.get("obtained_by") else None
        read_time(stated, "consented_at", errors)
        read_channels(stated, errors)
        if how is ObtainedBy.ORAL_WITNESSED and not stated.get("witness"):
            errors.append(FieldError("witness", ErrorCode.WITNESS_MISSING))
        return errors or cls(stated)

    def fill(self, cells: dict[str, str]) -> Iterator[FieldError]:
        """Fill the empty cells of a row. Yield a hint where a consent to contact lacks contact details."""
        for name, text in self.stated.items():
            cells[name] = cells.get(name) or text
        whole = _has_consent(cells)
        if not self.stated and not whole:
            return
        cells["consent_language"] = cells.get("consent_language") or cells.get("language") or "da"
        answer = cells.get("contact_consent", "").casefold()
        if (answer in YES or (whole and not answer)) and not cells.get("channels"):
            cells["channels"] = " ".join(_default_channels(cells))
            if not cells["channels"]:
                cells["contact_consent"] = "no"
                yield FieldError("contact_consent", ErrorCode.CONTACT_WITHOUT_DETAILS)

    def check(self, header: FileHeader, cells: Mapping[str, str]) -> None:
        """Raise HeaderError where a row has a consent and the file lacks the columns to document it."""
        if _has_consent(cells) and (missing := list(self._missing(header))):
            raise HeaderError(*missing)

    def _missing(self, header: FileHeader) -> Iterator[FieldError]:
        for name in _REQUIRED:
            if name not in header.names and not self.stated.get(name):
                yield FieldError(header.heading(name), ErrorCode.COLUMN_NEEDED)
        how = danish_terms.vocabulary_word("obtained_by", self.stated.get("obtained_by", ""))
        if how == ObtainedBy.PAPER_FORM and not {"obtained_by", "form_number"} & set(header.names):
            yield FieldError(header.heading("form_number"), ErrorCode.FORM_NUMBER_COLUMN)


def _has_consent(cells: Mapping[str, str]) -> bool:
    return cells.get("consent", "").casefold() in YES


def _default_channels(cells: Mapping[str, str]) -> Iterator[Channel]:
    """Yield the channels for the contact details in the row."""
    if cells.get("phone"):
        yield from (Channel.CALL, Channel.SMS)
    if cells.get("email"):
        yield Channel.EMAIL


NO_LIST_CONSENT: Final = ListConsent()
