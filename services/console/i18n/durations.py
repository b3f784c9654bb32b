"""Waiting times and deadlines, in the largest fitting unit."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

_HOUR, _DAY = 3600, 24 * 3600


@dataclass(frozen=True, slots=True)
class Span:
    """A time span in its largest fitting unit."""

    number: int
    unit: str  # minute, hour, day


@dataclass(frozen=True, slots=True)
class Countdown:
    due_at: str
    left: Span  # until it is due, or since it was
    overdue: bool


def span(seconds: float) -> Span:
    whole = abs(int(seconds))
    if whole >= 2 * _DAY:
        return Span(whole // _DAY, "day")
    if whole >= 2 * _HOUR:
        return Span(whole // _HOUR, "hour")
    return Span(whole // 60, "minute")


def waited(since: Any, now: datetime) -> Span | None:
    return span((now - datetime.fromisoformat(str(since))).total_seconds()) if since else None


def clock(due_at: Any, now: datetime, *, overdue: bool) -> Countdown | None:
    if not due_at:
        return None
    left = (datetime.fromisoformat(str(due_at)) - now).total_seconds()
    return Countdown(str(due_at), span(left), overdue)
