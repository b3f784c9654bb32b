"""Match addresses to a municipality: by stated municipality, else by postcode, which may be ambiguous."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum, auto

from contracts.events import personal
from contracts.events.ids import AuthorityId
from services.routing.domain.authority import Authorities, AuthorityKind
from services.routing.domain.outcome import AmbiguousReason, ResolvedReason, UnknownReason

_FAROE_POSTCODE = re.compile(r"(FO-?)?\d{3}", re.ASCII)
_GREENLAND_POSTCODE = re.compile(r"(GL-?)?39\d\d", re.ASCII)
_OUTSIDE = {"GL": UnknownReason.GREENLAND, "FO": UnknownReason.FAROE_ISLANDS}


@dataclass(frozen=True, slots=True)
class SingleMunicipality:
    municipality: AuthorityId
    reason: ResolvedReason


@dataclass(frozen=True, slots=True)
class SeveralMunicipalities:
    candidates: tuple[AuthorityId, ...]
    reason: AmbiguousReason


@dataclass(frozen=True, slots=True)
class NoMunicipality:
    reason: UnknownReason
    suggestions: tuple[AuthorityId, ...] = ()


class _Basis(Enum):
    POSTCODE = auto()
    STATED = auto()  # the registrar or an address look-up stated the municipality
    CONTRADICTED = auto()  # the postcode lies in another municipality


@dataclass(frozen=True, slots=True)
class _AddressMatch:
    """The possible municipalities of one address."""

    municipalities: frozenset[AuthorityId]
    basis: _Basis


_ABROAD = (UnknownReason.GREENLAND, UnknownReason.FAROE_ISLANDS, UnknownReason.RESIDENT_ABROAD)


def match_addresses(
    addresses: Sequence[personal.Address], authorities: Authorities, on: date
) -> SingleMunicipality | SeveralMunicipalities | NoMunicipality:
    """Match all addresses. They decide if they agree on one municipality and none is abroad."""
    matches_or_reasons = [_match_address(address, authorities, on) for address in addresses]
    matches = [one for one in matches_or_reasons if isinstance(one, _AddressMatch)]
    reasons = [one for one in matches_or_reasons if isinstance(one, UnknownReason)]
    everything = tuple(sorted(frozenset().union(*(match.municipalities for match in matches))))
    if abroad := [reason for reason in reasons if reason in _ABROAD]:
        return NoMunicipality(abroad[0], everything)
    if not matches:
        said = [reason for reason in reasons if reason is not UnknownReason.NO_ADDRESS]
        named = {code for address in addresses for code in authorities.suggested_by(address.city, on)}
        return NoMunicipality(said[0] if said else UnknownReason.NO_ADDRESS, tuple(sorted(named)))
    return _combine(matches, everything)


def _combine(
    matches: list[_AddressMatch], everything: tuple[AuthorityId, ...]
) -> SingleMunicipality | SeveralMunicipalities:
    common = frozenset.intersection(*(match.municipalities for match in matches))
    if not common:
        return SeveralMunicipalities(everything, AmbiguousReason.ADDRESSES_DISAGREE)
    bases = {match.basis for match in matches}
    if len(common) > 1:
        disagree = _Basis.CONTRADICTED in bases
        doubt = AmbiguousReason.ADDRESSES_DISAGREE if disagree else AmbiguousReason.POSTCODE_SPANS
        return SeveralMunicipalities(tuple(sorted(common)), doubt)
    by_postcode = bases == {_Basis.POSTCODE}
    reason = ResolvedReason.GIVEN_POSTCODE if by_postcode else ResolvedReason.GIVEN_MUNICIPALITY
    return SingleMunicipality(min(common), reason)


def _match_address(
    address: personal.Address, authorities: Authorities, on: date
) -> _AddressMatch | UnknownReason:
    country = address.country.strip().upper()
    postcode = re.sub(r"\s", "", address.postcode or "").upper().removeprefix("DK").removeprefix("-")
    if (outside := _reason_outside_denmark(country, postcode)) is not None:
        return outside
    if address.municipality:
        return _match_stated(address.municipality, postcode, authorities, on)
    if not postcode:
        return UnknownReason.NO_ADDRESS
    reached = authorities.reached_by(postcode, on)
    return _AddressMatch(frozenset(reached), _Basis.POSTCODE) if reached else UnknownReason.POSTCODE_UNKNOWN


def _match_stated(
    code: str, postcode: str, authorities: Authorities, on: date
) -> _AddressMatch | UnknownReason:
    """Return the stated municipality, or all candidates if the postcode contradicts it."""
    row = authorities.current(code, on)
    if row is None or row.kind not in {
        AuthorityKind.MUNICIPALITY,
        AuthorityKind.STATE,
        AuthorityKind.GREENLAND,
    }:
        return UnknownReason.MUNICIPALITY_UNKNOWN
    if row.kind is AuthorityKind.GREENLAND:
        return UnknownReason.GREENLAND
    reached = authorities.reached_by(postcode, on)
    if reached and row.id not in reached:
        return _AddressMatch(frozenset({row.id, *reached}), _Basis.CONTRADICTED)
    return _AddressMatch(frozenset({row.id}), _Basis.STATED)


def _reason_outside_denmark(country: str, postcode: str) -> UnknownReason | None:
    if country not in {"", "DK"}:
        return _OUTSIDE.get(country, UnknownReason.RESIDENT_ABROAD)
    if _GREENLAND_POSTCODE.fullmatch(postcode):
        return UnknownReason.GREENLAND
    return UnknownReason.FAROE_ISLANDS if _FAROE_POSTCODE.fullmatch(postcode) else None
