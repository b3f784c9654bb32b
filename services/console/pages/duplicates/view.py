"""View models of possible duplicates: a list, and two side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.console.pages.triage.view import fact
from services.console.web.address_masking import MASKED

FIELDS = (
    "name", "birth_date", "identifiers", "phone", "email", "addresses", "role", "language", "place",
    "registered_at", "registered_by", "circumstances", "concerns", "note",
)  # fmt: skip
CORRECTED = (*FIELDS, "presence", "interpreter", "age_band", "preferred_channel", "preferred_time")
_CODED = {"role", "language", "place", "addresses"}
_NOT_COMPARED = {"place", "registered_at", "registered_by", "note", "circumstances", "concerns"}
STATES = ("open", "suggested", "merged", "dismissed", "undone")


@dataclass(frozen=True, slots=True)
class PairLine:
    duplicate_id: str
    references: tuple[str, str]
    score: int  # percent
    reasons: tuple[str, ...]
    state: str
    found_at: str
    suggested_by: str
    mine: bool

    @property
    def number_in_doubt(self) -> bool:
        """Return whether one number was given for two names, so the number may be mistyped."""
        return {"same_identity", "other_name"} <= set(self.reasons)


@dataclass(frozen=True, slots=True)
class FieldLine:
    field: str
    one: str
    other: str
    group: str  # label group, if the value is a code
    used: int | None = None  # the registration whose value counts when the two are linked: 0 or 1

    @property
    def differs(self) -> bool:
        """Return whether the values differ. Hidden values do not count."""
        if MASKED in {self.one, self.other}:
            return False
        return self.field not in _NOT_COMPARED and self.one != self.other


@dataclass(frozen=True, slots=True)
class StepLine:
    step: str
    at: str
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class PairView:
    line: PairLine
    fields: tuple[FieldLine, ...]
    steps: tuple[StepLine, ...]


def line(data: Mapping[str, Any], who: str) -> PairLine:
    suggested_by = str(data.get("suggested_by") or "")
    return PairLine(
        str(data["id"]),
        (_reference(data["one"]), _reference(data["other"])),
        round(100 * float(data["score"])),
        tuple(data["reasons"]),
        str(data["state"]),
        str(data["found_at"]),
        suggested_by,
        bool(suggested_by) and suggested_by.casefold() == who.casefold(),
    )


def _reference(registration_id: Any) -> str:
    return str(registration_id)[-6:].upper()


def pair(data: Mapping[str, Any], who: str) -> PairView:
    one, other = data["people"]
    used = {
        name: place
        for name, source in (data.get("sources") or {}).items()
        for place, person in enumerate((one, other))
        if person["registration_id"] == source
    }
    fields = [_field(field, one, other, used.get(field)) for field in FIELDS]
    steps = [StepLine(s["step"], s["at"], s["by"], s.get("why") or "") for s in data.get("steps", ())]
    return PairView(line(data, who), tuple([f for f in fields if f.one or f.other]), tuple(steps))


def _field(field: str, one: Mapping[str, Any], other: Mapping[str, Any], used: int | None) -> FieldLine:
    return FieldLine(field, fact(one, field), fact(other, field), field if field in _CODED else "", used)


def to_ask(data: Mapping[str, Any]) -> list[str]:
    """Return the fields that both people must be asked about after a merge is undone."""
    return sorted({field for one in data.get("check", ()) for field in one["fields"]})


def known_fields(names: str) -> list[str]:
    """Return the known field names of a query parameter."""
    return [name for name in names.split(",") if name in CORRECTED]


def lines(data: Sequence[Mapping[str, Any]], who: str) -> list[PairLine]:
    return [line(one, who) for one in data]
