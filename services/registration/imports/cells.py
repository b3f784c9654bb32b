"""Parse single cells: yes or no, a word of a vocabulary, a date, a time. Errors name the column."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Final, TypeVar

from contracts.events.vocabulary import Channel
from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError
from services.registration.domain.age import LOCAL
from services.registration.domain.timestamps import time_error
from services.registration.imports import danish_terms

YES: Final = frozenset({"yes", "ja", "true", "sand", "1", "x", "j", "y", "☑", "☒", "✓", "✔"})
NO: Final = frozenset({"no", "nej", "false", "falsk", "0", "n", "☐", "-", ""})
_CHANNELS: Final = {channel.value: channel for channel in Channel}
_DANISH_DATE = re.compile(r"(\d{1,2})[-./](\d{1,2})[-./](\d{4})", re.ASCII)
_DANISH_MOMENT = re.compile(  # the format of a Danish spreadsheet's CSV export
    _DANISH_DATE.pattern + r"(?:,? +(?:kl\.? *)?(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?)?", re.ASCII
)
_ISO_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}(?:[Tt ].+)?", re.ASCII)  # not 20261125: that may be any number
W = TypeVar("W", bound=StrEnum)


def read_yes_no(cells: Mapping[str, str], name: str, errors: list[FieldError]) -> bool:
    value = cells.get(name, "").casefold()
    if value not in YES and value not in NO:
        errors.append(FieldError(name, ErrorCode.YES_NO_FORM))
    return value in YES


def read_channels(cells: Mapping[str, str], errors: list[FieldError]) -> tuple[Channel, ...]:
    said = [
        danish_terms.vocabulary_word("channels", one)
        for one in re.split(r"[\s,;]+", cells.get("channels", ""))
        if one
    ]
    if any(one not in _CHANNELS for one in said):
        errors.append(FieldError("channels", ErrorCode.NOT_ALL_ALLOWED, values=tuple(Channel)))
    return tuple(_CHANNELS[one] for one in said if one in _CHANNELS)


def read_word(cells: Mapping[str, str], name: str, known: type[W], errors: list[FieldError]) -> W | None:
    try:
        return known(danish_terms.vocabulary_word(name, cells.get(name, "")))
    except ValueError:
        errors.append(FieldError(name, ErrorCode.NOT_ALLOWED, values=tuple(known)))
        return None


def read_date(cells: Mapping[str, str], name: str, errors: list[FieldError]) -> date | None:
    text = cells.get(name)
    if not text:
        return None
    danish = _DANISH_DATE.fullmatch(text)
    try:
        if danish:
            in_month, month, year = map(int, danish.groups())
            return date(year, month, in_month)
        return date.fromisoformat(text)
    except ValueError:
        errors.append(FieldError(name, ErrorCode.CELL_DATE_FORM))
        return None


def read_time(cells: Mapping[str, str], name: str, errors: list[FieldError]) -> datetime | None:
    """Read a time. Without a time zone it is Danish time."""
    text = cells.get(name)
    if not text:
        return None
    try:
        read = _parse_time(text)
    except ValueError:
        errors.append(FieldError(name, ErrorCode.CELL_TIME_FORM))
        return None
    if (error := time_error(name, read)) is not None:
        errors.append(error)
        return None
    return read if read.tzinfo else read.replace(tzinfo=LOCAL)


def _parse_time(text: str) -> datetime:
    danish = _DANISH_MOMENT.fullmatch(text)
    if danish is None:
        if not _ISO_MOMENT.fullmatch(text):
            raise ValueError("a number or a word")
        return datetime.fromisoformat(text)
    in_month, month, year, hour, minute, second = (int(part or 0) for part in danish.groups())
    return datetime(year, month, in_month, hour, minute, second)  # noqa: DTZ001 - Danish time, given by the caller
