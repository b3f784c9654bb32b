"""View models of bulk acceptance: the offer before, and the result after."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

AT_ONCE: Final = 2000  # routing lists and accepts at most this many
_ENDED: Final = {"refused": "refused_at", "called_off": "called_off_at"}

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class OfferedCases:
    people: int
    overdue: int
    latest: str  # offer time of the newest case
    homes: tuple[tuple[str, int], ...]  # municipalities that the authority acts for
    cut: bool  # the list may be incomplete


@dataclass(frozen=True, slots=True)
class SeenOffer:
    """The offer that was shown when the person accepted."""

    people: int
    latest: datetime | None
    at: datetime


@dataclass(frozen=True, slots=True)
class LostCase:
    """A case that was shown and was no longer offered."""

    reference: str
    state: str
    why: str


@dataclass(frozen=True, slots=True)
class AcceptanceResult:
    """Result for the cases shown: accepted, left, lost or taken. `more`: accepted without being shown."""

    accepted: int
    left: int
    lost: tuple[LostCase, ...]
    taken: int
    more: int


def offered(rows: Sequence[Row], code: str, names: Mapping[str, str]) -> OfferedCases:
    own = _offered_to(rows, code)
    homes = Counter(str(row["municipality"]) for row in own if row["municipality"] not in {None, code})
    return OfferedCases(
        len(own),
        sum(bool(row["overdue"]) for row in own),
        max((str(row["offered_at"]) for row in own), default="", key=_moment),
        tuple(sorted((names.get(home, home), people) for home, people in homes.items())),
        len(rows) >= AT_ONCE,
    )


def unseen(rows: Sequence[Row], code: str, seen: SeenOffer) -> bool:
    """Return whether more cases are offered than were shown."""
    own = _offered_to(rows, code)
    newer = [row for row in own if seen.latest is None or _moment(row["offered_at"]) > seen.latest]
    return bool(newer) or len(own) > seen.people


def outcome(answer: Mapping[str, int], rows: Sequence[Row], code: str, seen: SeenOffer) -> AcceptanceResult:
    """`answer`: from routing. `rows`: every case ever offered to the authority, in its present state."""
    there = answer["accepted"] + answer["left"]
    gone = max(0, seen.people - there)
    ended = [_lost(row) for row in rows if row["authority"] == code and _ended_since(row, seen.at)]
    lost = tuple(ended[:gone])
    return AcceptanceResult(
        answer["accepted"], answer["left"], lost, gone - len(lost), max(0, there - seen.people)
    )


def not_offered(rows: Sequence[Row], code: str) -> list[tuple[str, int]]:
    """Count the people whose case may not be offered, by reason."""
    counts = Counter(str(row["state"]) for row in rows if row["authority"] == code)
    return [(state, counts[state]) for state in ("not_passed_on", "restricted") if counts[state]]


def _offered_to(rows: Sequence[Row], code: str) -> list[Row]:
    return [row for row in rows if row["authority"] == code and row["state"] == "offered"]


def _ended_since(row: Row, at: datetime) -> bool:
    ended = row.get(_ENDED.get(str(row["state"]), ""))
    return ended is not None and _moment(ended) >= at


def _lost(row: Row) -> LostCase:
    why = str(row.get("refusal") or row.get("call_off") or "")
    return LostCase(str(row["registration_id"])[-6:].upper(), str(row["state"]), why)


def _moment(text: Any) -> datetime:
    return datetime.fromisoformat(str(text))
