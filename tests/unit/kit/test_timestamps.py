"""A timestamp is written out: a number or a word is never taken for one."""

from datetime import UTC, date, datetime

import pytest
from pydantic import TypeAdapter, ValidationError

from kit.http.timestamps import Day, Timestamp

TIMESTAMP: TypeAdapter[datetime] = TypeAdapter(Timestamp)
DAY: TypeAdapter[date] = TypeAdapter(Day)


@pytest.mark.parametrize(
    "written", ["2026-11-24T12:00:00Z", "2026-11-24 13:00+01:00", "\ufeff2026-11-24T12:00Z\u200b"]
)
def test_a_timestamp_is_read_by_iso_8601(written: str) -> None:
    assert TIMESTAMP.validate_python(written) == datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [0, 1764000000, 1764000000.5, True, "0", "1764000000", "1764000000.5", "20261124", "now", "i går", "",
     "2026-11-24", "2026-11-24T12:00", "infinity", None],
)  # fmt: skip
def test_numbers_and_words_are_no_timestamps(written: object) -> None:
    with pytest.raises(ValidationError):
        TIMESTAMP.validate_python(written)


@pytest.mark.parametrize(
    "written", [0, 19801231, "315532800", "19801231", "1980-12-31T00:00:00Z", "today", "1980-02-30"]
)
def test_numbers_and_words_are_no_dates(written: object) -> None:
    with pytest.raises(ValidationError):
        DAY.validate_python(written)


def test_a_date_is_read_by_iso_8601() -> None:
    assert DAY.validate_python("1980-12-31") == DAY.validate_python(date(1980, 12, 31)) == date(1980, 12, 31)
