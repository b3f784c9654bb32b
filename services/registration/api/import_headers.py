"""Headers of an import. They may name people, so they are not part of the address."""

from typing import Annotated
from urllib.parse import unquote

import msgspec
from fastapi import Header

from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError
from services.registration.api.dependencies import refused
from services.registration.imports.list_consent import ListConsent

_LONGEST_NAME = 200  # characters of a file's name
_LONGEST_STATEMENT = 20_000  # characters
FileNameHeader = Annotated[
    str | None,
    Header(
        alias="X-File-Name",
        max_length=12 * _LONGEST_NAME,  # of four bytes at most, each as three letters
        description="Percent-encoded UTF-8, shown with the import. In no address: it may be a person's.",
    ),
]


ConsentHeader = Annotated[
    str | None,
    Header(
        alias="X-List-Consent",
        max_length=_LONGEST_STATEMENT,
        description="What holds for the consents of the whole list, as percent-encoded JSON: wording,"
        " obtained_by, witness, consented_at, consent_language, channels, consent_by. In no address: it names"
        " a witness.",
    ),
]


def statement_of(header: str | None) -> ListConsent:
    """Parse the header. Raise Problem for errors that would reject every row."""
    try:
        said = msgspec.json.decode(unquote(header), type=dict[str, str]) if header else {}
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise refused([FieldError("X-List-Consent", ErrorCode.NOT_JSON)]) from None
    read = ListConsent.read(said)
    if not isinstance(read, ListConsent):
        raise refused(read)
    return read


def file_name_of(name: str | None) -> str | None:
    return "".join(c for c in unquote(name) if c.isprintable())[:_LONGEST_NAME] if name else None
