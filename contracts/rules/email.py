"""E-mail addresses: RFC 5321, the domain by IDNA (RFC 5891). No name server is asked."""

from dataclasses import dataclass, field
from enum import Enum

from email_validator import EmailNotValidError, validate_email

from contracts.rules.invisible_characters import visible
from contracts.wire.error_codes import ErrorCode


class EmailError(Enum):
    """The error of an e-mail address."""

    FORM = ErrorCode.EMAIL_FORM
    LOCAL_PART = ErrorCode.EMAIL_LOCAL_PART


@dataclass(frozen=True, slots=True)
class EmailAddress:
    written: str = field(repr=False)  # as people read it: the domain in its own letters, lower case
    ascii: str = field(repr=False)  # as mail servers read it: the domain in its IDNA form


def parse(text: str) -> EmailAddress | EmailError:
    try:
        found = validate_email(visible(text), check_deliverability=False, strict=True)
    except EmailNotValidError:
        return EmailError.FORM
    if found.ascii_email is None:
        return EmailError.LOCAL_PART
    return EmailAddress(found.normalized, found.ascii_email)
