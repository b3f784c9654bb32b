"""Compute the golden record: what is published of a person, from all linked registrations.

Nothing is copied between registrations, so a link can be undone. Rules of a field:

* The newest correction counts. An emptied field stays empty, except for what is linked later.
* Then entries by staff come before entries from the public page, and earlier ones before later ones.
* A public-page entry that an ID number linked says nothing: anyone can write it about someone else.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from contracts.events.ids import RegistrationId
from contracts.events.personal import Identifier
from contracts.events.vocabulary import AgeBand
from contracts.rules.identity import IdentitySystem
from services.registration.domain.correction import (
    OF_GUARDIAN,
    numbers_of,
    overlaid,
    value_of,
    with_numbers,
)
from services.registration.domain.person import Particulars

_FIELDS: Final = (
    "role", "presence", "language", "interpreter", "preferred_channel", "note", "name", "phone", "email",
    "addresses", "preferred_time", "circumstances", "concerns",
)  # fmt: skip
_AGE: Final = frozenset({"birth_date", "age_band"})
_EMPTY: Final = (None, (), False, AgeBand.UNKNOWN)


@dataclass(frozen=True, slots=True)
class LinkedRegistration:
    """A registration with its own data. `corrected`: the time of the last correction of each field."""

    id: RegistrationId
    own: Particulars
    by_staff: bool = True
    linked_to: RegistrationId | None = None
    linked_at: datetime | None = None
    matched: bool = False  # linked by an ID value, not by a decision of people
    corrected: Mapping[str, datetime] = field(default_factory=dict)

    @property
    def counts(self) -> bool:
        return self.by_staff or not self.matched


@dataclass(frozen=True, slots=True)
class GoldenRecord:
    """`sources`: the registration that each field comes from."""

    data: Particulars
    sources: Mapping[str, RegistrationId]


def golden_record(
    registrations: Collection[LinkedRegistration], guardian_of: Sequence[RegistrationId] = ()
) -> GoldenRecord:
    """Return the golden record of a person. It does not depend on the order of the registrations.

    `guardian_of`: registrations with a consent to contact, the one to believe first.
    """
    linked = {one.id: one for one in registrations}
    ranked = sorted((one for one in registrations if one.counts), key=lambda one: (not one.by_staff, one.id))
    everyone = [*ranked, *(one for one in registrations if not one.counts)]
    ranked = ranked or everyone
    chosen = {name: _source(name, ranked, linked) for name in _FIELDS}
    chosen["birth_date"] = _source("birth_date", ranked, linked)
    known = value_of(chosen["birth_date"].own, "birth_date") is not None
    chosen["age_band"] = chosen["birth_date"] if known else _source("age_band", ranked, linked)
    guardians = [linked[one] for one in guardian_of if one in linked] + everyone
    named = (one for one in guardians if one.own.contact.guardian)
    chosen |= dict.fromkeys(OF_GUARDIAN, next(named, ranked[0]))
    data = ranked[0].own
    for one in everyone:
        data = overlaid(data, one.own, {name for name, source in chosen.items() if source is one})
    numbers = _numbers(ranked, linked)
    if numbers:
        chosen["identifiers"] = next(iter(numbers.values()))
    return GoldenRecord(with_numbers(data, numbers), {name: one.id for name, one in chosen.items()})


def _source(
    name: str, ranked: Sequence[LinkedRegistration], linked: Mapping[RegistrationId, LinkedRegistration]
) -> LinkedRegistration:
    newest = _newest(name, linked.values())
    if newest is None:
        return next(_with_value(name, ranked), ranked[0])
    if value_of(newest.own, name) not in _EMPTY:
        return newest
    return next(_with_value(name, (one for one in ranked if _is_later(one, newest, name, linked))), newest)


def _numbers(
    ranked: Sequence[LinkedRegistration], linked: Mapping[RegistrationId, LinkedRegistration]
) -> dict[Identifier, LinkedRegistration]:
    """Return all ID numbers with their sources. A correction replaces the whole list as it was then."""
    newest = _newest("identifiers", linked.values())
    said = list(ranked)
    if newest is not None:
        said = [newest, *(one for one in ranked if _is_later(one, newest, "identifiers", linked))]
    found: dict[Identifier, LinkedRegistration] = {}
    for one in said:
        for number in numbers_of(one.own):
            found.setdefault(number, one)
    return found


def _with_value(name: str, registrations: Iterable[LinkedRegistration]) -> Iterator[LinkedRegistration]:
    return (one for one in registrations if value_of(one.own, name) not in _EMPTY)


def _newest(name: str, registrations: Iterable[LinkedRegistration]) -> LinkedRegistration | None:
    corrected = [one for one in registrations if name in one.corrected]
    return max(corrected, key=lambda one: (one.corrected[name], one.id), default=None)


def _is_later(
    one: LinkedRegistration,
    corrected: LinkedRegistration,
    name: str,
    linked: Mapping[RegistrationId, LinkedRegistration],
) -> bool:
    """Return whether a registration was linked after the other's correction, which says nothing of it."""
    own, others = _path(one, linked), _path(corrected, linked)
    links = [at for end, at in {**own, **others}.items() if (end in own) is not (end in others) and at]
    return one is not corrected and bool(links) and max(links) > corrected.corrected[name]


def _path(
    one: LinkedRegistration, linked: Mapping[RegistrationId, LinkedRegistration]
) -> dict[RegistrationId, datetime | None]:
    """Return the links from a registration up to the first one of its person."""
    found: dict[RegistrationId, datetime | None] = {}
    while True:
        found[one.id] = one.linked_at
        if one.linked_to is None or one.linked_to not in linked:
            return found
        one = linked[one.linked_to]


def said_of(
    own: Particulars, before: Particulars, after: Particulars, changed: Collection[str]
) -> tuple[Particulars, frozenset[str]]:
    """Apply a correction of a golden record to the registration that it names.

    Return its own data and the fields that were said of it. An age band that only follows from the birth
    date of another registration was not. A new CPR number brings its birth date.
    """
    names = set(changed)
    fresh = set(numbers_of(after)) - set(numbers_of(before))
    if any(number.system == IdentitySystem.CPR for number in fresh):
        names.add("birth_date")
    born = value_of(after, "birth_date")
    if born and "birth_date" in names:
        names.add("age_band")
    elif born and born != value_of(own, "birth_date"):
        names.discard("age_band")
    another = value_of(own, "birth_date") != value_of(before, "birth_date")
    lost = {"birth_date"} if not born and another else set()  # it went with the number of another one
    return overlaid(own, after, names - lost), frozenset(names)
