"""Find the one register entry of a person from the person's identifiers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from contracts.events import personal
from contracts.rules.identity import IdentifierError, IdentitySystem, Number, parse
from services.routing.domain.outcome import DecisionDoubt
from services.routing.domain.register_entry import NotFound, RegisterAnswer

Answers = Mapping[str, RegisterAnswer | NotFound]


@dataclass(frozen=True, slots=True)
class UnansweredNumber:
    """The register must be asked about this number."""

    cpr: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PendingLookUps:
    cprs: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class NoNumber:
    """No register entry: the person has no CPR number, or none that the register knows."""

    doubt: DecisionDoubt | None = None


@dataclass(frozen=True, slots=True)
class SeveralPeople:
    """The identifiers belong to more than one person in the register."""


def follow_current_number(cpr: str, answers: Answers) -> RegisterAnswer | NotFound | UnansweredNumber:
    """Follow changed numbers to the current number. A cycle ends at its last answer."""
    visited = {cpr}
    while True:
        answer = answers.get(cpr)
        if answer is None:
            return UnansweredNumber(cpr)
        if isinstance(answer, NotFound):
            return answer
        further = answer.current_cpr
        if further is None or further in visited:
            return answer
        visited.add(further)
        cpr = further


def person_answer(
    identity: personal.Identity | None, answers: Answers, on: date
) -> RegisterAnswer | NoNumber | SeveralPeople | PendingLookUps:
    numbers = cpr_numbers(identity, on)
    ends = [follow_current_number(cpr, answers) for cpr in numbers]
    if pending := {end.cpr for end in ends if isinstance(end, UnansweredNumber)}:
        return PendingLookUps(tuple(sorted(pending)))
    found = {end.cpr: end for end in ends if isinstance(end, RegisterAnswer)}
    if len(found) > 1:
        return SeveralPeople()
    for answer in found.values():
        return answer
    if numbers:
        return NoNumber(DecisionDoubt.NUMBER_NOT_FOUND)
    return NoNumber(DecisionDoubt.NUMBER_MALFORMED) if _claims_cpr(identity) else NoNumber()


def cpr_numbers(identity: personal.Identity | None, on: date) -> tuple[str, ...]:
    """Return the distinct valid CPR numbers. Replacement numbers are not in the register."""
    read_ones = (parse(item.value, on) for item in _of_system(identity, IdentitySystem.CPR))
    numbers = (one for one in read_ones if isinstance(one, Number))
    return tuple(sorted({one.value for one in numbers if one.system is IdentitySystem.CPR}))


def birth_date(identity: personal.Identity | None, on: date) -> date | None:
    """Return the stated birth date, else the date in the person's numbers if they agree."""
    if identity is None:
        return None
    if identity.birth_date is not None:
        try:
            return date.fromisoformat(identity.birth_date)
        except ValueError:
            pass
    told = {_born(parse(item.value, on)) for item in identity.identifiers}
    known = [born for born in told if born is not None]
    return known[0] if len(known) == 1 else None


def _born(number: Number | IdentifierError) -> date | None:
    return number.birth_date if isinstance(number, Number) else None


def _claims_cpr(identity: personal.Identity | None) -> bool:
    return any(_of_system(identity, IdentitySystem.CPR))


def _of_system(identity: personal.Identity | None, system: IdentitySystem) -> Iterable[personal.Identifier]:
    return [item for item in identity.identifiers if item.system == system] if identity else []
