"""Retry-After: seconds or a date, an hour at most; other values are ignored."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.channels.retry_after import LONGEST, read_retry_after

NOW = datetime(2026, 11, 25, 6, 30, tzinfo=UTC)


def date(seconds: float) -> str:
    return format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("7", 7),
        (" 7 ", 7),
        ("0", 0),
        ("3601", LONGEST),
        ("9" * 400, LONGEST),
        (date(90), 90),
        (date(-90), 0),
        (date(86_400), LONGEST),
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST),
        ("", None),
        (None, None),
        ("-1", None),
        ("1.5", None),
        ("1e9", None),
        ("inf", None),
        ("nan", None),
        ("\u0667", None),
        ("²", None),
        ("soon", None),
        ("Fri, 99 Dec 2026 23:59:59 GMT", None),
        ("Fri, 31 Dec 99999999999999999999 23:59:59 GMT", None),
        ("Wed, 25 Nov 2026 06:31:00 +9999999999", None),
    ],
)
def test_a_retry_after_is_read(told: str | None, seconds: float | None) -> None:
    assert read_retry_after(told, NOW) == seconds


def test_a_date_counts_from_the_date_header() -> None:
    assert read_retry_after(date(90), NOW + timedelta(days=31), sent_at=date(30)) == 60
    assert read_retry_after(date(90), NOW, sent_at="at noon") == 90


@given(st.text(max_size=60))
def test_no_text_raises_or_asks_for_more_than_an_hour(told: str) -> None:
    seconds = read_retry_after(told, NOW)

    assert seconds is None or 0 <= seconds <= LONGEST
