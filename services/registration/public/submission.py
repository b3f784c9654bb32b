"""What was typed into the page: read as it came, and shown again as it was."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final
from urllib.parse import parse_qs

from contracts.rules.invisible_characters import visible

MOST_FIELDS: Final = 100
_DATE: Final = re.compile(r"(\d{1,2})[-./ ]+(\d{1,2})[-./ ]+(\d{4})", re.ASCII)
_ISO: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)


class NotAForm(ValueError):  # noqa: N818 - said of what came
    pass


@dataclass(frozen=True, slots=True)
class Typed:
    fields: Mapping[str, list[str]] = field(repr=False)

    @classmethod
    def read(cls, body: bytes) -> "Typed":
        """Read what a browser posts. Raises NotAForm."""
        try:
            return cls(parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS))
        except ValueError:
            raise NotAForm from None

    def text(self, name: str) -> str:
        return self.fields.get(name, [""])[0].strip()

    def all(self, name: str) -> list[str]:
        return self.fields.get(name, [])

    def ticked(self, name: str) -> bool:
        return bool(self.text(name))


def read_date(text: str) -> date | None:
    """Read 31-12-1985 or 1985-12-31. None: no such day."""
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
