"""The handovers of an incident, ready to be laid out: by authority, with the clock that runs."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contracts.events.vocabulary import RefusalReason
from services.console.i18n.durations import Countdown, clock

STATES = ("offered", "accepted", "contacted", "refused", "called_off", "not_passed_on", "restricted")
REFUSALS = tuple(RefusalReason)
SHOWN = 200  # rows on one page: the figures above them tell of all


@dataclass(frozen=True, slots=True)
class HandoverLine:
    handover_id: str  # empty where nothing was offered
    registration_id: str
    municipality: str  # a name; empty where the authority is the municipality itself
    state: str
    clock: Countdown | None  # runs while somebody waits: for the answer, then for the first contact
    at: str  # when it came to where it is
    why: str  # refusal, calling off, or what hinders the offer
    escalated_at: str
    relative_died_at: str = ""  # somebody the person belongs to has died

    @property
    def reference(self) -> str:
        return self.registration_id[-6:].upper()

    @property
    def has_record(self) -> bool:
        """Whether routing still prints it: what was refused or called off is no authority's to read."""
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
    """Give the authorities that are late first, then by name; the unknown last."""
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


def counts(told: Mapping[str, Any]) -> list[StateCount]:
    return [StateCount(state, people) for state, people in told["states"].items() if people]


def is_region(code: str) -> bool:
    """Tell by the code: municipalities have numbers below a thousand; a region may have none yet."""
    return code.startswith("region-") or (code.isdigit() and code >= "1000")


def choices(names: Mapping[str, str]) -> list[tuple[str, str]]:
    """Give whom to choose from: the regions, each with its municipalities, then the municipalities."""
    found = [item for item in names.items() if is_region(item[0]) or item[0].isdigit()]
    return sorted(found, key=lambda item: (not is_region(item[0]), item[1]))
