"""Two registrations found to be one person: who may decide it, and what the one that stays takes over."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from enum import StrEnum
from typing import Any, Final

import msgspec

from contracts.events.personal import Address, Circumstances, ContactDetails, Identifier, Identity
from contracts.events.vocabulary import AgeBand
from contracts.wire.sealed import Personal
from services.registration.domain.age import age_band, read_date
from services.registration.domain.contact_details import possible_channels
from services.registration.domain.identity_match import names_agree
from services.registration.domain.person import Particulars

_WAYS: Final = ("phone", "email", "addresses")  # to reach somebody


class DuplicateState(StrEnum):
    OPEN = "open"  # found by the machine; nobody has looked
    SUGGESTED = "suggested"  # by one person; a second one decides
    MERGED = "merged"
    DISMISSED = "dismissed"
    UNDONE = "undone"


class DecisionStep(StrEnum):
    """What a person does about a pair; named as the state it leads to."""

    SUGGEST = "suggested"
    MERGE = "merged"
    DISMISS = "dismissed"
    UNDO = "undone"


class DecisionVerdict(StrEnum):
    GO = "go"
    DONE = "done"  # before: nothing changes
    NOT_NOW = "not_now"
    OWN_SUGGESTION = "own_suggestion"  # the second person must be another than the first


_FROM: Final = {
    DecisionStep.SUGGEST: frozenset({DuplicateState.OPEN, DuplicateState.DISMISSED, DuplicateState.UNDONE}),
    DecisionStep.MERGE: frozenset({DuplicateState.SUGGESTED}),
    DecisionStep.DISMISS: frozenset({DuplicateState.OPEN, DuplicateState.SUGGESTED}),
    DecisionStep.UNDO: frozenset({DuplicateState.MERGED}),
}


def judge(step: DecisionStep, state: DuplicateState, suggested_by: str | None, by: str) -> DecisionVerdict:
    if state == step.value:
        other_suggestion = step is DecisionStep.SUGGEST and not _same(suggested_by, by)
        return DecisionVerdict.NOT_NOW if other_suggestion else DecisionVerdict.DONE
    if state not in _FROM[step]:
        return DecisionVerdict.NOT_NOW
    return (
        DecisionVerdict.OWN_SUGGESTION
        if step is DecisionStep.MERGE and _same(suggested_by, by)
        else DecisionVerdict.GO
    )


def _same(one: str | None, other: str) -> bool:
    return one is not None and one.strip().casefold() == other.strip().casefold()


class Gained(Personal, frozen=True):
    """What was taken over in a merge, and goes when it is undone, unless it was corrected since."""

    identifiers: tuple[Identifier, ...] = ()
    birth_date: str | None = None
    phone: str | None = None
    email: str | None = None
    addresses: tuple[Address, ...] = ()
    circumstances: str | None = None
    concerns: str | None = None
    age_band: str | None = None
    age_band_before: str | None = None

    def joined(self, more: "Gained") -> "Gained":
        """Give what was taken over in two goes."""
        own = {name: getattr(self, name) or getattr(more, name) for name in self.__struct_fields__}
        own["identifiers"] = (*self.identifiers, *more.identifiers)
        return Gained(**own)

    def without(self, undone: "Gained") -> "Gained":
        """Return what was taken over, had the merge that is undone never been: the age band before it."""
        if self.age_band is None or self.age_band_before != undone.age_band:
            return self
        return msgspec.structs.replace(self, age_band_before=undone.age_band_before)


def lacking(own: Particulars, other: Particulars, on: date) -> Gained:
    """Give what one does not hold, and the other does. What is there stays as it is."""
    mine, theirs = _goods(own), _goods(other)
    gained = {name: value for name, value in theirs.items() if value and not mine[name]}
    held = mine["identifiers"]
    gained["identifiers"] = tuple(one for one in theirs["identifiers"] if one not in held)
    born = read_date(gained.get("birth_date"))
    band = age_band(born, on) if born else own.age_band
    if band is AgeBand.UNKNOWN:
        band = other.age_band
    if band is not own.age_band:
        gained |= {"age_band": band.value, "age_band_before": own.age_band.value}
    return Gained(**gained)


def giving_way(own: Particulars, other: Particulars) -> Particulars:
    """Let go of the ways to reach a person of which the other says something else, and of another name."""
    mine, theirs = _goods(own), _goods(other)
    none = _goods_of(Identity(), ContactDetails(""), Circumstances())
    other_ways = {name: none[name] for name in _WAYS if theirs[name] and theirs[name] != mine[name]}
    if not names_agree(own.contact.name, other.contact.name):
        own = replace(own, contact=msgspec.structs.replace(own.contact, name=other.contact.name))
    return _rebuilt(own, mine | other_ways, own.age_band) if other_ways else own


def grown(own: Particulars, gained: Gained) -> Particulars:
    mine = _goods(own)
    goods = {name: value or getattr(gained, name) for name, value in mine.items()}
    goods["identifiers"] = (*mine["identifiers"], *gained.identifiers)
    return _rebuilt(own, goods, AgeBand(gained.age_band or own.age_band))


def shrunk(held: Particulars, gained: Gained) -> Particulars:
    """Let go of what was gained and is still so."""
    empty = _goods_of(Identity(), ContactDetails(""), Circumstances())
    goods = {
        name: empty[name] if value == getattr(gained, name) else value for name, value in _goods(held).items()
    }
    goods["identifiers"] = tuple(one for one in _goods(held)["identifiers"] if one not in gained.identifiers)
    before = gained.age_band_before
    band = AgeBand(before) if before and held.age_band == gained.age_band else held.age_band
    return _rebuilt(held, goods, band)


def _goods(person: Particulars) -> dict[str, Any]:
    return _goods_of(person.identity or Identity(), person.contact, person.circumstances or Circumstances())


def _goods_of(identity: Identity, contact: ContactDetails, circumstances: Circumstances) -> dict[str, Any]:
    return {
        "identifiers": identity.identifiers,
        "birth_date": identity.birth_date,
        "phone": contact.phone,
        "email": contact.email,
        "addresses": contact.addresses,
        "circumstances": circumstances.circumstances,
        "concerns": circumstances.concerns,
    }


def _rebuilt(person: Particulars, goods: Mapping[str, Any], band: AgeBand) -> Particulars:
    identity = Identity(goods["identifiers"], goods["birth_date"])
    circumstances = Circumstances(goods["circumstances"], goods["concerns"])
    contact = msgspec.structs.replace(
        person.contact, phone=goods["phone"], email=goods["email"], addresses=goods["addresses"]
    )
    return replace(
        person,
        identity=identity if identity != Identity() else None,
        contact=contact,
        circumstances=circumstances if circumstances != Circumstances() else None,
        channels=possible_channels(contact, identity),
        age_band=band,
    )
