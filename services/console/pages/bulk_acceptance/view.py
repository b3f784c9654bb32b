"""All that is offered to one authority, to be accepted at once: what is seen before, and what came of it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

AT_ONCE: Final = 2000  # how many routing lists, and accepts, at a time
_ENDED: Final = {"refused": "refused_at", "called_off": "called_off_at"}

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class OfferedCases:
    people: int
    overdue: int
    latest: str  # when the newest of them was offered
    homes: tuple[tuple[str, int], ...]  # the municipalities it is offered on behalf of
    cut: bool  # there may be more than are listed


@dataclass(frozen=True, slots=True)
class SeenOffer:
    """What somebody had before their eyes when they said yes."""

    people: int
    latest: datetime | None
    at: datetime


@dataclass(frozen=True, slots=True)
class LostCase:
    """One that was seen, and was on offer no longer."""

    reference: str
    state: str
    why: str


@dataclass(frozen=True, slots=True)
class AcceptanceResult:
    """What became of those seen: accepted, left, lost or taken. `more`: accepted without being seen."""

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
    """Tell whether there is more on offer than somebody said yes to."""
    own = _offered_to(rows, code)
    newer = [row for row in own if seen.latest is None or _moment(row["offered_at"]) > seen.latest]
    return bool(newer) or len(own) > seen.people


def outcome(told: Mapping[str, int], rows: Sequence[Row], code: str, seen: SeenOffer) -> AcceptanceResult:
    """`told`: routing's answer; `rows`: what was offered to the authority ever, as it is now."""
    there = told["accepted"] + told["left"]
    gone = max(0, seen.people - there)
    ended = [_lost(row) for row in rows if row["authority"] == code and _ended_since(row, seen.at)]
    lost = tuple(ended[:gone])
    return AcceptanceResult(
        told["accepted"], told["left"], lost, gone - len(lost), max(0, there - seen.people)
    )


def not_offered(rows: Sequence[Row], code: str) -> list[tuple[str, int]]:
    """Count those nothing can be offered about, by why."""
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
