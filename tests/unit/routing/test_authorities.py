import csv
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest

from contracts.events.ids import AuthorityId
from services.routing.authorities.files import (
    BUILT_IN,
    OfficialCode,
    fill_official_codes,
    load_authorities,
    read_folder,
)
from services.routing.domain.authority import Authorities, AuthorityKind
from services.routing.domain.authority_table import UnusableAuthorities
from services.routing.domain.period import Period
from tests import published
from tests.unit.routing.cases import AFTER, AUTHORITIES, BEFORE, MUNICIPALITIES, ON, REFORM

Rows = list[dict[str, str]]

OESTDANMARK = AuthorityId("region-oestdanmark")
EAST = ("1084", "1085")


@pytest.fixture(scope="module")
def published_municipalities() -> Rows:
    with published.path("data/authorities/kommuner.csv").open(encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def published_postcodes() -> dict[str, set[str]]:
    reached: dict[str, set[str]] = {}
    name = "data/authorities/postnr_kommune_postnord_2020-10-17.csv"
    with published.path(name).open(encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            reached.setdefault(row["postnr"], set()).add(row["kommunekode"])
    return reached


@pytest.mark.published
def test_every_published_municipality_is_there_with_its_name_and_cvr(published_municipalities: Rows) -> None:
    ours = {
        row.id: (row.name, row.cvr)
        for row in AUTHORITIES.table.authorities
        if row.kind in {"municipality", "state"}
    }

    assert ours == {
        row["kommunekode"]: (row["myndighedsnavn"], row["cvr"]) for row in published_municipalities
    }


@pytest.mark.published
def test_every_municipality_has_its_published_region_before_on_and_after_the_reform(
    published_municipalities: Rows,
) -> None:
    for row in published_municipalities:
        code = row["kommunekode"]
        old = row["regionskode_til_2026_12_31"] or None
        new = "region-oestdanmark" if old in EAST else old

        answers = [AUTHORITIES.region_of(code, on) for on in (BEFORE, REFORM, AFTER)]

        assert answers == [old, new, new], code


@pytest.mark.published
def test_every_municipality_has_its_published_health_council_from_the_reform(
    published_municipalities: Rows,
) -> None:
    for row in published_municipalities:
        council = f"sundhedsraad-{row['sundhedsraad_id']}" if row["sundhedsraad_id"] else None

        answers = [AUTHORITIES.health_council_of(row["kommunekode"], on) for on in (BEFORE, REFORM, AFTER)]

        assert answers == [None, council, council], row["kommunekode"]


@pytest.mark.published
def test_every_published_postcode_reaches_into_its_published_municipalities(
    published_postcodes: Mapping[str, set[str]],
) -> None:
    ours = {code: set(reached) for code, reached in AUTHORITIES.table.postcodes.items()}

    assert len(ours) == 1121
    assert sum(len(reached) > 1 for reached in ours.values()) == 238
    assert ours == published_postcodes


def test_there_are_98_municipalities_5_then_4_regions_and_17_health_councils() -> None:
    def count(kind: AuthorityKind, on: date) -> int:
        return len(AUTHORITIES.of_kind(kind, on))

    assert [count(AuthorityKind.MUNICIPALITY, on) for on in (date(2007, 1, 1), BEFORE, REFORM)] == [
        98,
        98,
        98,
    ]
    assert [count(AuthorityKind.REGION, on) for on in (BEFORE, REFORM)] == [5, 4]
    assert [count(AuthorityKind.HEALTH_COUNCIL, on) for on in (BEFORE, REFORM)] == [0, 17]


def test_no_municipality_is_without_a_region_on_any_day_from_2007_to_2035() -> None:
    """Answers change only where a period begins or ends, so the days around each of those are all days."""
    whole = (date(2007, 1, 1), date(2035, 12, 31))
    rows = [*AUTHORITIES.table.authorities, *AUTHORITIES.table.memberships]
    edges = {edge for row in rows for edge in (row.valid.start, row.valid.end) if edge}
    days = {*whole, *(edge + timedelta(days=shift) for edge in edges for shift in (-1, 0, 1))}
    asked = sorted(day for day in days if whole[0] <= day <= whole[1])

    missing = [
        (code, day)
        for code in MUNICIPALITIES
        for day in asked
        if AUTHORITIES.on(code, day) is None or AUTHORITIES.region_of(code, day) is None
    ]
    changes = {
        later
        for code in MUNICIPALITIES
        for earlier, later in pairwise(asked)
        if AUTHORITIES.region_of(code, earlier) != AUTHORITIES.region_of(code, later)
    }

    assert missing == []
    assert changes == {REFORM}


def test_the_old_regions_lead_to_region_oestdanmark_which_has_no_invented_numbers() -> None:
    for code in EAST:
        successor = AUTHORITIES.current(code, REFORM)

        assert successor is not None
        assert successor.id == OESTDANMARK
        assert (successor.code, successor.cvr) == (None, None)
        assert AUTHORITIES.current(code, BEFORE) == AUTHORITIES.on(code, BEFORE)


def test_the_official_numbers_of_region_oestdanmark_come_by_configuration() -> None:
    known = load_authorities(official={OESTDANMARK: OfficialCode("1086", "29190623")})

    assert [row.code for row in known.of_kind(AuthorityKind.REGION, REFORM)][-1] == "1086"


@pytest.mark.parametrize("authority", ["1084", "nowhere"])
def test_configuration_overrules_no_official_number_and_names_no_unknown_authority(authority: str) -> None:
    with pytest.raises(UnusableAuthorities, match=authority):
        fill_official_codes(read_folder(BUILT_IN), {AuthorityId(authority): OfficialCode("1086", "29190623")})


def test_christiansoe_belongs_to_no_region_and_shares_its_postcode_with_bornholm() -> None:
    assert [row.id for row in AUTHORITIES.of_kind(AuthorityKind.STATE, ON)] == ["0411"]
    assert AUTHORITIES.region_of("0411", ON) is None
    assert AUTHORITIES.reached_by("3760", ON) == ("0400", "0411")


def test_greenland_is_known_as_greenland_and_postcodes_keep_their_leading_zero() -> None:
    assert [row.id for row in AUTHORITIES.of_kind(AuthorityKind.GREENLAND, ON)] == [
        "0955",
        "0956",
        "0957",
        "0959",
        "0960",
    ]
    assert AUTHORITIES.reached_by("0800", ON) == ("0169",)
    assert AUTHORITIES.reached_by("800", ON) == ()


def test_a_limited_consent_may_name_the_municipality_the_region_who_acts_and_whom_they_succeeded() -> None:
    before = AUTHORITIES.covered_by(AuthorityId("0101"), BEFORE)
    after = AUTHORITIES.covered_by(AuthorityId("0101"), REFORM)

    assert before == ("0101", "1084")
    assert after == ("0101", "region-oestdanmark", "1084", "1085")


def test_who_acts_for_a_municipality_may_be_named_too() -> None:
    delegating = replace(
        AUTHORITIES.table,
        authorities=tuple(
            replace(row, delegates_to=AuthorityId("0851")) if row.id == "0751" else row
            for row in AUTHORITIES.table.authorities
        ),
    )

    assert Authorities(delegating).covered_by(AuthorityId("0751"), ON) == ("0751", "1082", "0851")


def test_the_day_on_which_an_authority_ends_is_a_day_of_change() -> None:
    """The successor may have been there long before: then nothing begins on that day."""
    ends = date(2026, 12, 10)
    rows = [
        replace(row, valid=Period(row.valid.start, ends), successor=AuthorityId("0461"))
        if row.id == "0430"
        else row
        for row in AUTHORITIES.table.authorities
    ]
    memberships = tuple(row for row in AUTHORITIES.table.memberships if row.member != "0430")
    merged = Authorities(replace(AUTHORITIES.table, authorities=tuple(rows), memberships=memberships))

    assert merged.changed_by(ends) == ends
    assert merged.changed_by(ends - timedelta(days=1)) < ends
