"""The submitted form: the values as the browser sent them, to parse and to show again."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final
from urllib.parse import parse_qs

from contracts.rules.invisible_characters import visible

MAX_FIELDS: Final = 100
_DATE: Final = re.compile(r"(\d{1,2})[-./ ]+(\d{1,2})[-./ ]+(\d{4})", re.ASCII)
_ISO: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)


class InvalidFormError(ValueError):
    pass


@dataclass(frozen=True, slots=True)
class SubmittedForm:
    fields: Mapping[str, list[str]] = field(repr=False)

    @classmethod
    def read(cls, body: bytes) -> "SubmittedForm":
        """Parse a URL-encoded body. Raise InvalidFormError."""
        try:
            return cls(parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=MAX_FIELDS))
        except ValueError:
            raise InvalidFormError from None

    def text(self, name: str) -> str:
        return self.fields.get(name, [""])[0].strip()

    def values(self, name: str) -> list[str]:
        return self.fields.get(name, [])

    def is_ticked(self, name: str) -> bool:
        return bool(self.text(name))


def parse_date(text: str) -> date | None:
    """Return the date of 31-12-1985 or 1985-12-31, or None where there is no such day."""
    text = visible(text)
    if found := _DATE.fullmatch(text):
        day, month, year = (int(part) for part in found.groups())
    elif found := _ISO.fullmatch(text):
        year, month, day = (int(part) for part in found.groups())
    else:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None
