"""Who is whom: the same identity value in one incident is one person, unless the name speaks against it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

from contracts.identity import IdentitySystem
from contracts.ids import RegistrationId
from contracts.personal import Identifier, Identity
from contracts.vocabulary import AgeBand, RegistrationPlace
from services.registration.domain.alike import mistyped, words_of
from services.registration.domain.person import Particulars
from services.registration.domain.reach import possible_channels
from services.registration.domain.text import Flaw

P = TypeVar("P", bound=Particulars)
_NO_NAME: Final = frozenset(
    word
    for text in (
        "ukendt",
        "unknown",
        "n n",
        "nn",
        "mand",
        "kvinde",
        "dreng",
        "pige",
        "barn",
        "spædbarn",
        "anonym",
    )
    for word in words_of(text)
)


@dataclass(frozen=True, slots=True)
class Claimant:
    id: RegistrationId
    values: tuple[bytes, ...]  # digests of the identity values, the surest first


@dataclass(frozen=True, slots=True)
class Recognised:
    """Each claimant with whom a value led to. `same`: they are one; `apart`: the names speak against it."""

    same: dict[RegistrationId, RegistrationId] = field(default_factory=dict)
    apart: dict[RegistrationId, RegistrationId] = field(default_factory=dict)


def recognise(
    claimants: Sequence[Claimant],
    owners: Mapping[bytes, RegistrationId],
    may_be_one: Callable[[RegistrationId, RegistrationId], bool],
) -> Recognised:
    """Tell which claimants are somebody registered before.

    `owners`: who holds each value, a claimant of the same batch or one before it.
    """
    found = Recognised()
    for claimant in claimants:
        held_by = [owners[value] for value in claimant.values]
        others = [one for owner in held_by if (one := found.same.get(owner, owner)) != claimant.id]
        first = next((owner for owner in others if may_be_one(claimant.id, owner)), None)
        if first is not None:
            found.same[claimant.id] = first
        elif others:
            found.apart[claimant.id] = others[0]
    return found


@dataclass(frozen=True, slots=True)
class Named:
    """Under what name somebody enters, or stands, and where they said it."""

    name: str = field(repr=False)
    place: RegistrationPlace


def may_be_one(entrant: Named, holder: Named | None) -> bool:
    """Anybody can have written what came from the public page: a name told to the office corrects it."""
    if holder is None or names_agree(entrant.name, holder.name):
        return True
    return holder.place is RegistrationPlace.SELF and entrant.place is not RegistrationPlace.SELF


def names_agree(one: str, other: str) -> bool:
    """Tell if two names can be one person's: a given name is shared, or two words; each but for a typo.

    A surname alone is a family's, and a number is easily written beside the wrong one of a family.
    """
    own, others = words_of(one), words_of(other)
    if _NO_NAME.issuperset(own) or _NO_NAME.issuperset(others):
        return True
    shared = sum(_among(word, others) for word in own)
    return (
        shared > 1
        or any(_among(word, others) for word in _given(one))
        or any(_among(word, own) for word in _given(other))
    )


def _given(name: str) -> tuple[str, ...]:
    """Give the word that stands first; none where a surname does, before a comma."""
    return () if "," in name else words_of(name.split(maxsplit=1)[0])[:1]


def _among(word: str, others: Sequence[str]) -> bool:
    return any(
        word == other or mistyped(word, other) or (1 in {len(word), len(other)} and word[0] == other[0])
        for other in others
    )


def without_numbers(person: P, mistaken: frozenset[Identifier]) -> P:
    """Let go of numbers that are another's, and of the birth date that came with a CPR number.

    Whoever was held to be a child stays one: the stricter rule holds until somebody has looked.
    """
    identity = person.identity or Identity()
    left, born, band = (
        tuple(one for one in identity.identifiers if one not in mistaken),
        None,
        person.age_band,
    )
    if not any(one.system == IdentitySystem.CPR for one in mistaken):
        born = identity.birth_date
    elif band is not AgeBand.UNDER_15:
        band = AgeBand.UNKNOWN
    identity = Identity(left, born)
    return replace(
        person,
        identity=identity if identity != Identity() else None,
        age_band=band,
        channels=possible_channels(person.contact, identity),
    )


def doubts(other: RegistrationId | None) -> tuple[Flaw, ...]:
    """Say what to look at once more where a number led to somebody of quite another name."""
    if other is None:
        return ()
    reason = (
        f"belong to registration {other}, under another name, and were left out here:"
        " compare the number once more; two people decide in the list of duplicates whether it is one person"
    )
    return (Flaw("identifiers", reason),)
