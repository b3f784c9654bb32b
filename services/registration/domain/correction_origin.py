"""Two people were taken for one, and corrected meanwhile: which correction is whose."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from contracts.events.ids import RegistrationId
from contracts.events.personal import Identifier
from contracts.rules.identity import IdentitySystem
from services.registration.domain.correction import numbers_of, overlaid, value_of, with_numbers
from services.registration.domain.duplicate_review import Gained, shrunk
from services.registration.domain.person import Particulars


@dataclass(frozen=True, slots=True)
class Correction:
    before: Particulars
    after: Particulars
    changed: frozenset[str]
    addressed: RegistrationId | None  # None: nobody said it; a merge or its undoing wrote it


@dataclass(frozen=True, slots=True)
class Sides:
    """The registrations of each of the two. Whoever was parted from both before is of neither."""

    own: Collection[RegistrationId]
    theirs: Collection[RegistrationId]


@dataclass(frozen=True, slots=True)
class Apart:
    stays: Particulars  # what the one that stays would hold without the other's corrections
    own: Particulars  # and without what it gained from the other
    returned: tuple[tuple[RegistrationId, Particulars], ...]  # what the other holds after each of theirs
    theirs: Particulars


def apart(
    held: Particulars, other: Particulars, past: Sequence[Correction], sides: Sides, gained: Gained
) -> Apart:
    """Give each their own corrections. `past`: since they were one, oldest first; `held`: what came of it."""
    stays = _without_theirs(past, sides) if any(one.addressed in sides.theirs for one in past) else held
    own = shrunk(stays, gained)
    returned = []
    theirs = other
    for one in past:
        if one.addressed is not None and one.addressed in sides.theirs:
            theirs = _applied(theirs, one, _meant(one), never=numbers_of(own))
            returned.append((one.addressed, theirs))
    return Apart(stays, own, tuple(returned), theirs)


def _without_theirs(past: Sequence[Correction], sides: Sides) -> Particulars:
    own = past[0].before
    theirs: dict[str, object] = {}
    for one in past:
        if one.addressed in sides.theirs:
            theirs |= {name: value_of(one.after, name) for name in one.changed}
        elif one.addressed in sides.own:
            own = _applied(own, one, one.changed)
        elif one.addressed is None:
            own = _applied(own, one, {name for name in one.changed if not _gives_back(one, name, theirs)})
    return own


def _gives_back(one: Correction, name: str, theirs: dict[str, object]) -> bool:
    """Return whether the undoing of a third's merge only gave back what a correction of theirs had said."""
    return name in theirs and theirs[name] == value_of(one.after, name)


def _meant(one: Correction) -> set[str]:
    """Name what was said of the other: a new number brings its birth date, and that its age band.

    An age band that only followed from the birth date of the one that stays was not said of the other.
    """
    names = set(one.changed)
    if any(number.system == IdentitySystem.CPR for number in _added(one)):
        names.add("birth_date")
    if value_of(one.after, "birth_date"):
        names = names | {"age_band"} if "birth_date" in names else names - {"age_band"}
    return names


def _applied(
    person: Particulars, one: Correction, names: Collection[str], never: Iterable[Identifier] = ()
) -> Particulars:
    """Make the same correction of somebody who held something else. Of numbers: the same come and go."""
    held, before, after = numbers_of(person), numbers_of(one.before), numbers_of(one.after)
    left = [number for number in held if number in after or number not in before]
    come = [number for number in _added(one) if number not in held and number not in never]
    return overlaid(
        person, with_numbers(one.after, (*left, *come)), set(names) - _lost_with_a_number(person, one)
    )


def _lost_with_a_number(person: Particulars, one: Correction) -> set[str]:
    """Let nobody lose the birth date that is their own because it went with another's number."""
    went = "identifiers" in one.changed and value_of(one.after, "birth_date") is None
    another = value_of(person, "birth_date") != value_of(one.before, "birth_date")
    return {"birth_date"} if went and another else set()


def _added(one: Correction) -> list[Identifier]:
    before = numbers_of(one.before)
    return [number for number in numbers_of(one.after) if number not in before]
