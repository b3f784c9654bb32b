"""View models of handovers: by authority, with the running deadline."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contracts.events.vocabulary import RefusalReason
from services.console.i18n.durations import Countdown, clock

STATES = ("offered", "accepted", "contacted", "refused", "called_off", "not_passed_on", "restricted")
REFUSALS = tuple(RefusalReason)
SHOWN = 200  # rows on one page; the figures cover all


@dataclass(frozen=True, slots=True)
class HandoverLine:
    handover_id: str  # empty: nothing was offered
    registration_id: str
    municipality: str  # name; empty if it is the authority itself
    state: str
    clock: Countdown | None  # deadline of the answer, then of the first contact
    at: str  # since when it is in this state
    why: str  # reason of the refusal, the call-off or the hindrance
    escalated_at: str
    relative_died_at: str = ""  # a relative of the person has died

    @property
    def reference(self) -> str:
        return self.registration_id[-6:].upper()

    @property
    def has_record(self) -> bool:
        """Return whether a record exists. An authority may not read a refused or called-off case."""
        return self.state in {"offered", "accepted", "contacted"}


@dataclass(frozen=True, slots=True)
class AuthorityShare:
    code: str
    name: str
    lines: tuple[HandoverLine, ...]
    overdue: int
    offered: int


@dataclass(frozen=True, slots=True)
class StateCount:
    state: str
    people: int


def by_authority(
    rows: Sequence[Mapping[str, Any]], names: Mapping[str, str], now: datetime
) -> list[AuthorityShare]:
    """Return the authorities, overdue ones first, then by name; cases without an authority last."""
    found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        found[str(row["authority"] or "")].append(row)
    shares = [_share(code, some, names, now) for code, some in found.items()]
    return sorted(shares, key=lambda share: (not share.code, -share.overdue, share.name))


def _share(
    code: str, rows: Sequence[Mapping[str, Any]], names: Mapping[str, str], now: datetime
) -> AuthorityShare:
    ordered = sorted((_line(row, names, now) for row in rows), key=_urgency)
    overdue = sum(bool(line.clock and line.clock.overdue) for line in ordered)
    offered = sum(line.state == "offered" for line in ordered)
    return AuthorityShare(code, names.get(code, code), tuple(ordered), overdue, offered)


def _urgency(line: HandoverLine) -> tuple[bool, str, str]:
    return line.clock is None, line.clock.due_at if line.clock else "", line.at


def _line(row: Mapping[str, Any], names: Mapping[str, str], now: datetime) -> HandoverLine:
    state, home = str(row["state"]), str(row["municipality"] or "")
    due = {"offered": row.get("answer_by"), "accepted": row.get("contact_by")}.get(state)
    at = {
        "accepted": row.get("accepted_at"),
        "contacted": row.get("first_contact_at"),
        "refused": row.get("refused_at"),
        "called_off": row.get("called_off_at"),
    }.get(state)
    return HandoverLine(
        str(row.get("handover_id") or ""),
        str(row["registration_id"]),
        "" if home == row["authority"] else names.get(home, home),
        state,
        clock(due, now, overdue=bool(row.get("overdue"))),
        str(at or row.get("offered_at") or row.get("since") or ""),
        str(row.get("refusal") or row.get("call_off") or row.get("hindrance") or ""),
        str(row.get("escalated_at") or ""),
        str(row.get("relative_died_at") or ""),
    )


def counts(data: Mapping[str, Any]) -> list[StateCount]:
    return [StateCount(state, people) for state, people in data["states"].items() if people]


def is_region(code: str) -> bool:
    """Return whether a code is a region's. Municipalities have numbers below a thousand."""
    return code.startswith("region-") or (code.isdigit() and code >= "1000")


def choices(names: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the choices of the filter: regions first, then municipalities, each by name."""
    found = [item for item in names.items() if is_region(item[0]) or item[0].isdigit()]
    return sorted(found, key=lambda item: (not is_region(item[0]), item[1]))
