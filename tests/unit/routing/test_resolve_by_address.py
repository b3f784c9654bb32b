import pytest

from contracts.events import personal
from services.routing.domain.outcome import (
    AmbiguousHome,
    AmbiguousReason,
    ResolvedHome,
    ResolvedReason,
    UnknownHome,
    UnknownReason,
)
from services.routing.domain.resolution import resolve
from tests.unit.routing.cases import AUTHORITIES, ON, REFORM, at

ADDRESSES = tuple[personal.Address, ...]


@pytest.mark.parametrize(
    ("addresses", "municipality", "reason"),
    [
        ((at("0751"),), "0751", ResolvedReason.GIVEN_MUNICIPALITY),
        ((at("0751", postcode="8000"),), "0751", ResolvedReason.GIVEN_MUNICIPALITY),
        ((at("0400", postcode="3760"),), "0400", ResolvedReason.GIVEN_MUNICIPALITY),
        ((at("0411", postcode="3760"),), "0411", ResolvedReason.GIVEN_MUNICIPALITY),
        ((at(postcode="8000"),), "0751", ResolvedReason.GIVEN_POSTCODE),
        ((at(postcode="0800"),), "0169", ResolvedReason.GIVEN_POSTCODE),
        ((at(postcode=" dk-8000 "),), "0751", ResolvedReason.GIVEN_POSTCODE),
        ((at(postcode="3760"), at("0411")), "0411", ResolvedReason.GIVEN_MUNICIPALITY),
        ((at(postcode="8000"), at(postcode="0001")), "0751", ResolvedReason.GIVEN_POSTCODE),
        ((at("0751"), at()), "0751", ResolvedReason.GIVEN_MUNICIPALITY),
    ],
)
def test_an_address_that_leaves_no_doubt_decides(
    addresses: ADDRESSES, municipality: str, reason: ResolvedReason
) -> None:
    decision = resolve(None, addresses, {}, AUTHORITIES, ON)

    assert isinstance(decision, ResolvedHome)
    assert (decision.municipality, decision.reason) == (municipality, reason)


@pytest.mark.parametrize(
    ("addresses", "candidates", "reason"),
    [
        ((at(postcode="3760"),), ("0400", "0411"), AmbiguousReason.POSTCODE_SPANS),
        ((at("0751", postcode="9000"),), ("0751", "0851"), AmbiguousReason.ADDRESSES_DISAGREE),
        ((at("0751"), at("0851")), ("0751", "0851"), AmbiguousReason.ADDRESSES_DISAGREE),
    ],
)
def test_an_address_that_leaves_a_doubt_names_its_candidates(
    addresses: ADDRESSES, candidates: tuple[str, ...], reason: AmbiguousReason
) -> None:
    decision = resolve(None, addresses, {}, AUTHORITIES, ON)

    assert isinstance(decision, AmbiguousHome)
    assert (decision.candidates, decision.reason) == (candidates, reason)


@pytest.mark.parametrize(
    ("addresses", "reason"),
    [
        ((), UnknownReason.NO_ADDRESS),
        ((at(),), UnknownReason.NO_ADDRESS),
        ((at(line="Somewhere"),), UnknownReason.NO_ADDRESS),
        ((at(postcode="0001"),), UnknownReason.POSTCODE_UNKNOWN),
        ((at(), at(postcode="nonsense")), UnknownReason.POSTCODE_UNKNOWN),
        ((at("9999"),), UnknownReason.MUNICIPALITY_UNKNOWN),
        ((at("1084"),), UnknownReason.MUNICIPALITY_UNKNOWN),
        ((at("0956"),), UnknownReason.GREENLAND),
        ((at(postcode="3900"),), UnknownReason.GREENLAND),
        ((at(country="GL"),), UnknownReason.GREENLAND),
        ((at(postcode="FO-100"),), UnknownReason.FAROE_ISLANDS),
        ((at(postcode="100"),), UnknownReason.FAROE_ISLANDS),
        ((at(country="fo"),), UnknownReason.FAROE_ISLANDS),
        ((at(country="SE", postcode="21120"),), UnknownReason.RESIDENT_ABROAD),
    ],
)
def test_an_address_that_says_nothing_gives_its_reason(addresses: ADDRESSES, reason: UnknownReason) -> None:
    decision = resolve(None, addresses, {}, AUTHORITIES, ON)

    assert isinstance(decision, UnknownHome)
    assert decision.reason is reason


def test_a_home_abroad_with_an_address_here_is_decided_by_a_person() -> None:
    decision = resolve(None, [at("0751"), at(country="UA")], {}, AUTHORITIES, ON)

    assert isinstance(decision, UnknownHome)
    assert (decision.reason, decision.suggestions) == (UnknownReason.RESIDENT_ABROAD, ("0751",))


def test_candidates_of_one_region_share_it() -> None:
    spread = resolve(None, [at(postcode="2640")], {}, AUTHORITIES, ON)
    after = resolve(None, [at(postcode="2640")], {}, AUTHORITIES, REFORM)

    assert isinstance(spread, AmbiguousHome)
    assert isinstance(after, AmbiguousHome)
    assert (spread.region, after.region) == (None, "region-oestdanmark")


def test_every_postcode_of_one_municipality_is_resolved_and_every_other_is_ambiguous() -> None:
    for postcode, reached in AUTHORITIES.table.postcodes.items():
        decision = resolve(None, [at(postcode=postcode)], {}, AUTHORITIES, ON)

        assert isinstance(decision, ResolvedHome if len(reached) == 1 else AmbiguousHome), postcode


@pytest.mark.parametrize(
    ("city", "suggestions"),
    [
        ("Viby J", ("0751",)),
        (" viby  j ", ("0751",)),
        ("Århus", ("0751",)),
        ("København K", ("0101",)),
        ("Atlantis", ()),
        (None, ()),
    ],
)
def test_a_city_without_a_postcode_suggests_and_decides_nothing(
    city: str | None, suggestions: tuple[str, ...]
) -> None:
    decision = resolve(None, [personal.Address(line="Møllestien 7", city=city)], {}, AUTHORITIES, ON)

    assert isinstance(decision, UnknownHome)
    assert decision.reason is UnknownReason.NO_ADDRESS
    assert set(suggestions) <= set(decision.suggestions)
    assert bool(suggestions) == bool(decision.suggestions)
