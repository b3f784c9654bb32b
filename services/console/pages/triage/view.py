"""View models of the triage queue."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from services.console.i18n.durations import Countdown, Span, clock, waited

SHOWN = 200  # cases on municipality page; the figures cover all


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
        """Return the end of the id, to distinguish rows: the queue shows no names."""
        return self.registration_id[-6:].upper()


def lines(
    rows: Sequence[Mapping[str, Any]], names: Mapping[str, str], who: str, now: datetime
) -> list[TriageLine]:
    """Return the cases, overdue ones first, then by deadline."""
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
    """Remove the common suffix."""
    return name.removesuffix(" Kommune")


def municipalities(names: Mapping[str, str]) -> list[Suggestion]:
    """Return all municipalities by name. Regions have codes of a thousand and above."""
    found = [
        Suggestion(code, _short(name)) for code, name in names.items() if code.isdigit() and code < "1000"
    ]
    return sorted(found, key=lambda municipality: municipality.name)


def code_of(text: str, names: Mapping[str, str]) -> str:
    """Return the code of a municipality written as code, code and name, or name. Else return the text."""
    written = text.strip()
    if written[:4].isdigit():
        return written[:4]
    wanted = written.casefold().removesuffix(" kommune")
    by_name = {municipality.name.casefold(): municipality.code for municipality in municipalities(names)}
    return by_name.get(wanted, written)


HOME: Final = "home_authority"
ABROAD: Final = "foreign_follow_up"


@dataclass(frozen=True, slots=True)
class TriageDecision:
    """The form of a case."""

    outcome: str = HOME
    municipality: str = ""
    suggested: str = ""
    follow_up: str = ""
    reason: str = ""

    def body(self, names: Mapping[str, str]) -> dict[str, str] | None:
        """Return the request body for routing; None if the municipality is missing or unknown."""
        reason = {"reason": self.reason.strip()}
        if self.outcome == HOME:
            code = code_of(self.municipality or self.suggested, names)
            return {"municipality": code} | reason if code.isdigit() else None
        follow_up = {"follow_up": self.follow_up.strip()} if self.outcome == ABROAD else {}
        return {"outcome": self.outcome} | follow_up | reason

    @property
    def lacks_follow_up(self) -> bool:
        """Return whether the decision must name who follows up, and does not."""
        return self.outcome == ABROAD and not self.follow_up.strip()


@dataclass(frozen=True, slots=True)
class PersonView:
    """The person of a case, shown once. The console does not store it."""

    registration_id: str
    facts: tuple[tuple[str, str], ...]  # field and value

    @property
    def reference(self) -> str:
        return self.registration_id[-6:].upper()


@dataclass(frozen=True, slots=True)
class OpenCase:
    """The case shown open: its person, why it is in triage, and a refused decision."""

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


def facts(person: Mapping[str, Any], fields: Sequence[str]) -> list[tuple[str, str]]:
    return [(field, fact(person, field)) for field in fields]


def fact(person: Mapping[str, Any], field: str) -> str:
    value = person.get(field)
    match field:
        case "addresses":
            return "; ".join(filter(None, map(address_text, value or ())))
        case "identifiers":
            return ", ".join(map(identifier_text, value or ()))
        case _:
            return str(value) if value else ""
