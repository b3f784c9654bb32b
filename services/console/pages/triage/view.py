"""The triage queue, ready to be laid out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from services.console.i18n.durations import Countdown, Span, clock, waited

SHOWN = 200  # cases on one page: the figures above them tell of all


@dataclass(frozen=True, slots=True)
class Suggestion:
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class TriageLine:
    registration_id: str
    queue: str
    reason: str
    since: str
    waited: Span | None
    clock: Countdown | None
    owner: str
    mine: bool
    suggestions: tuple[Suggestion, ...]

    @property
    def reference(self) -> str:
        """The last of the number, to tell rows apart: the queue shows nobody's name."""
        return self.registration_id[-6:].upper()


def lines(
    rows: Sequence[Mapping[str, Any]], names: Mapping[str, str], who: str, now: datetime
) -> list[TriageLine]:
    """Lay out those overdue first, then those due first."""
    found = [_line(row, names, who, now) for row in rows]
    return sorted(found, key=lambda line: line.clock.due_at if line.clock else line.since)


def _line(row: Mapping[str, Any], names: Mapping[str, str], who: str, now: datetime) -> TriageLine:
    owner = str(row.get("owner") or "")
    return TriageLine(
        str(row["registration_id"]),
        str(row["queue"]),
        str(row["reason"] or ""),
        str(row["since"]),
        waited(row["since"], now),
        clock(row.get("due_at"), now, overdue=bool(row.get("overdue"))),
        owner,
        bool(owner) and owner.casefold() == who.casefold(),
        tuple([Suggestion(code, _short(names.get(code, code))) for code in row.get("candidates") or ()]),
    )


def _short(name: str) -> str:
    """Leave out the word that all of them end with."""
    return name.removesuffix(" Kommune")


def municipalities(names: Mapping[str, str]) -> list[Suggestion]:
    """Give all there are, by name: a region has a code above a thousand."""
    found = [
        Suggestion(code, _short(name)) for code, name in names.items() if code.isdigit() and code < "1000"
    ]
    return sorted(found, key=lambda one: one.name)


def code_of(text: str, names: Mapping[str, str]) -> str:
    """Read a municipality as people write it: code, code and name, or name alone. Else as it stands."""
    said = text.strip()
    if said[:4].isdigit():
        return said[:4]
    wanted = said.casefold().removesuffix(" kommune")
    by_name = {one.name.casefold(): one.code for one in municipalities(names)}
    return by_name.get(wanted, said)


HOME: Final = "home_authority"
ABROAD: Final = "foreign_follow_up"


@dataclass(frozen=True, slots=True)
class TriageDecision:
    """What a person has chosen in the form of a case."""

    outcome: str = HOME
    municipality: str = ""
    suggested: str = ""
    follow_up: str = ""
    reason: str = ""

    def body(self, names: Mapping[str, str]) -> dict[str, str] | None:
        """Return what routing is asked to write; None if no municipality is named where one must be."""
        reason = {"reason": self.reason.strip()}
        if self.outcome == HOME:
            code = code_of(self.municipality or self.suggested, names)
            return {"municipality": code} | reason if code.isdigit() else None
        follow_up = {"follow_up": self.follow_up.strip()} if self.outcome == ABROAD else {}
        return {"outcome": self.outcome} | follow_up | reason

    @property
    def lacks_follow_up(self) -> bool:
        """Whether others follow up, and it is not said who."""
        return self.outcome == ABROAD and not self.follow_up.strip()


@dataclass(frozen=True, slots=True)
class PersonView:
    """Who a case is about, opened for one look. It passes through the page and is kept nowhere."""

    registration_id: str
    facts: tuple[tuple[str, str], ...]  # field and what is held

    @property
    def reference(self) -> str:
        return self.registration_id[-6:].upper()


@dataclass(frozen=True, slots=True)
class OpenCase:
    """The case that the page shows open: its person, why it waits, and a decision that was not taken."""

    registration_id: str = ""
    person: PersonView | None = None
    sentences: tuple[str, ...] = ()
    decision: TriageDecision = TriageDecision()


NO_CASE: Final = OpenCase()


def address_text(address: Mapping[str, Any]) -> str:
    place = " ".join(str(address[part]) for part in ("postcode", "city") if address.get(part))
    return ", ".join(part for part in (address.get("line"), place, address.get("municipality")) if part)


def identifier_text(number: Mapping[str, Any]) -> str:
    value, scope = str(number["value"]), f" ({number['scope']})" if number.get("scope") else ""
    written = f"{value[:6]}-{value[6:]}" if number.get("system") == "cpr" else value
    return f"{written}{scope}"


def facts(held: Mapping[str, Any], fields: Sequence[str]) -> list[tuple[str, str]]:
    return [(field, fact(held, field)) for field in fields]


def fact(held: Mapping[str, Any], field: str) -> str:
    value = held.get(field)
    match field:
        case "addresses":
            return "; ".join(filter(None, map(address_text, value or ())))
        case "identifiers":
            return ", ".join(map(identifier_text, value or ()))
        case _:
            return str(value) if value else ""
