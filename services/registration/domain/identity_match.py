"""Match registrations: the same ID number in one incident is one person, unless the names differ."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import eq
from typing import Final, TypeVar

from contracts.events.ids import RegistrationId
from contracts.events.personal import Identifier, Identity
from contracts.events.vocabulary import AgeBand, RegistrationPlace
from contracts.rules.identity import IdentitySystem
from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError
from services.registration.domain.contact_details import possible_channels
from services.registration.domain.name import words_of
from services.registration.domain.person import Particulars
from services.registration.domain.similarity import within_one_typo

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
_SHORTEST_TYPO: Final = 5  # letters; one letter apart, a shorter word may be a twin's given name
_SEPARATORS: Final = re.compile(r"[\s.,]+")
_PARTICLES: Final = frozenset(
    {"van", "von", "der", "den", "de", "del", "della", "di", "da", "dos", "das", "do", "du", "la", "le", "el"}
    | {"al", "bin", "bint", "ibn", "ben", "abu", "af", "zu", "zur", "ter", "ten", "te"}
)


@dataclass(frozen=True, slots=True)
class IdentityClaims:
    id: RegistrationId
    values: tuple[bytes, ...]  # digests of the identity values, the most reliable first


@dataclass(frozen=True, slots=True)
class IdentityMatches:
    """Each candidate with the registration that holds its ID number.

    `same`: they are one person. `apart`: their names differ, so they are not matched. `linked_to`: the
    registration that states the number, where it is not the first one of the person.
    """

    linked_to: dict[RegistrationId, RegistrationId] = field(default_factory=dict)
    same: dict[RegistrationId, RegistrationId] = field(default_factory=dict)
    apart: dict[RegistrationId, RegistrationId] = field(default_factory=dict)


def match_candidates(
    claims: Sequence[IdentityClaims],
    owners: Mapping[bytes, RegistrationId],
    names_compatible: Callable[[RegistrationId, RegistrationId], bool],
) -> IdentityMatches:
    """Match candidates with earlier registrations.

    `owners`: the registration that holds each value, from this batch or an earlier one.
    """
    found = IdentityMatches()
    for claim in claims:
        held_by = [owners[value] for value in claim.values]
        others = [one for owner in held_by if (one := found.same.get(owner, owner)) != claim.id]
        first = next((owner for owner in others if names_compatible(claim.id, owner)), None)
        if first is not None:
            found.same[claim.id] = first
        elif others:
            found.apart[claim.id] = others[0]
    return found


def linked_to(
    claims: Sequence[IdentityClaims],
    holders: Mapping[bytes, RegistrationId],
    owners: Mapping[bytes, RegistrationId],
    same: Mapping[RegistrationId, RegistrationId],
) -> dict[RegistrationId, RegistrationId]:
    """Return the registration whose number matched, if it is not the first one of its person.

    An unlinked registration takes along who was matched by its number.
    """
    found = {}
    for claim in claims:
        if (first := same.get(claim.id)) is not None:
            matched = (value for value in claim.values if same.get(owners[value], owners[value]) == first)
            holder = next((holders[value] for value in matched if holders[value] != claim.id), first)
            if holder != first:
                found[claim.id] = holder
    return found


@dataclass(frozen=True, slots=True)
class PersonNames:
    """The names of a person and the place of registration."""

    name: str = field(repr=False)
    place: RegistrationPlace
    also: tuple[str, ...] = field(default=(), repr=False)  # names in repeated registrations


def names_compatible(candidate: PersonNames, holder: PersonNames | None) -> bool:
    """Return whether two registrations can be one person.

    Anyone can write on the public page. So a name that staff entered overrides a name from that page.
    """
    if holder is None or any(names_agree(candidate.name, name) for name in (holder.name, *holder.also)):
        return True
    return holder.place is RegistrationPlace.SELF and candidate.place is not RegistrationPlace.SELF


def names_agree(one: str, other: str) -> bool:
    """Return whether two names can be one person's: one shortens the other, or the given names are equal.

    A shared family name is not enough, whatever its number of words. Given names one letter apart may be
    twins'. Their ID numbers are easily swapped, so two people decide about those.
    """
    own, others = _words(one), _words(other)
    if not own or not others or "".join(own) == "".join(others):
        return True
    fewer, more = sorted((own, others), key=len)
    if not (left := _unmatched(fewer, more, _same_word)):
        return not _family_only(fewer, more)
    if not _same_word(own[0], others[0]) or not _given_name_first(one, other):
        return False
    typos_aside = _unmatched(left, _unmatched(more, fewer, _same_word), _typo)
    return not typos_aside or own[1:2] != others[1:2]  # two shared words at the beginning: a family name


def says_one(new: Particulars, held: Particulars) -> bool:
    """Return whether any value confirms that two people with compatible names are one person.

    Such a value is a shared ID number, birth date, telephone or e-mail address, or a name within one typo.
    A file's own row number is not enough.
    """
    own, others = new.identity or Identity(), held.identity or Identity()
    if (cprs := _cprs(own)) and (other_cprs := _cprs(others)) and cprs.isdisjoint(other_cprs):
        return False
    pairs = (
        (own.birth_date, others.birth_date),
        (new.contact.phone, held.contact.phone),
        (new.contact.email, held.contact.email),
    )
    return (
        not set(own.identifiers).isdisjoint(others.identifiers)
        or any(one is not None and one == other for one, other in pairs)
        or _one_typo_apart(_words(new.contact.name), _words(held.contact.name))
    )


def _cprs(identity: Identity) -> frozenset[str]:
    return frozenset(one.value for one in identity.identifiers if one.system == IdentitySystem.CPR)


def _one_typo_apart(own: Sequence[str], others: Sequence[str]) -> bool:
    """Return whether two full names differ by one typo at most. Two unknown names never match."""
    if not own or not others:
        return False
    left, rest = _unmatched(own, others, eq), _unmatched(others, own, eq)
    if "".join(own) == "".join(others) or not (left or rest):
        return True
    return len(left) == len(rest) == 1 and _typo(left[0], rest[0])


def names_somebody(name: str) -> bool:
    """Return whether a name has a word that distinguishes a person. An initial does not."""
    return any(len(word) > 1 for word in _words(name))


def _words(name: str) -> list[str]:
    """Return the words of a name, the given name first. Empty for an unknown name."""
    family, comma, given = name.partition(",")
    said = f"{given} {family}" if comma else name
    words = [word for part in _SEPARATORS.split(said) for word in words_of(part) if word.isalnum()]
    if _NO_NAME.issuperset(words):
        return []
    return [word for word in words if len(word) == 1 or word not in _NO_NAME]


def _unmatched(words: Sequence[str], others: Sequence[str], match: Callable[[str, str], bool]) -> list[str]:
    """Return the words without a match in `others`. Each of those matches one word, an equal one first."""
    left, unmatched = list(others), []
    for word in sorted(words, key=len, reverse=True):
        found = word if word in left else next((each for each in left if match(word, each)), None)
        if found is None:
            unmatched.append(word)
        else:
            left.remove(found)
    return unmatched


def _same_word(one: str, other: str) -> bool:
    """Return whether two words match. An initial matches every word that begins with it."""
    return one == other or (1 in {len(one), len(other)} and one[0] == other[0])


def _typo(one: str, other: str) -> bool:
    return min(len(one), len(other)) >= _SHORTEST_TYPO and within_one_typo(one, other)


def _family_only(words: Sequence[str], others: Sequence[str]) -> bool:
    """Return whether words are only a family name: one word besides particles that is not the given name."""
    names = [word for word in words if word not in _PARTICLES]
    return len(names) <= 1 and not any(_same_word(word, others[0]) for word in names)


def _given_name_first(*names: str) -> bool:
    """Return if the given name comes first. Many people who do not write in Latin letters put it last."""
    return all(unicodedata.name(c, "").startswith("LATIN") for name in names for c in name if c.isalpha())


def without_numbers(person: P, mistaken: frozenset[Identifier]) -> P:
    """Remove numbers that belong to someone else, and the birth date derived from a CPR number.

    An age band under 15 stays: the stricter rule applies until somebody has checked.
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


def doubts(other: RegistrationId | None) -> tuple[FieldError, ...]:
    """Return a hint where an ID number belongs to a registration under another name."""
    if other is None:
        return ()
    return (FieldError("identifiers", ErrorCode.ID_HELD_BY_OTHER, registration=str(other)),)
