"""Whatever table is put in: it is refused, or every municipality has one answer on every day it is there."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.events.ids import AuthorityId
from services.routing.authorities.files import BUILT_IN, read_folder
from services.routing.domain.authority import Authorities, Authority, AuthorityKind, Membership, Table
from services.routing.domain.authority_table import UnusableAuthorities, authorities_of
from services.routing.domain.period import Period
from services.routing.domain.redecision import HomeAuthority, home_authority_on, home_changes
from services.routing.domain.table_difference import affected_homes, table_differences
from tests.unit.routing.cases import AUTHORITIES, BEFORE, MUNICIPALITIES, REFORM

OURS = read_folder(BUILT_IN)
FIRST, LAST = date(2007, 1, 1), date(2035, 12, 31)
DAYS = st.dates(FIRST, LAST)
REGIONS = st.sampled_from(["1081", "1082", "1083", "1084", "1085", "region-oestdanmark"]).map(AuthorityId)
SOME_HOMES = ("0101", "0259", "0751", "0851")  # two of them move to another region in 2027


def small(table: Table) -> Table:
    """Leave four municipalities and everything they belong to."""
    members = tuple(row for row in table.memberships if row.member in SOME_HOMES)
    kept = {*SOME_HOMES, *(row.body for row in members), "region-oestdanmark"}
    rows = tuple(row for row in table.authorities if row.id in kept)
    return Table(rows, members, {"8000": (AuthorityId("0751"),)})


SMALL = small(OURS)
Edit = tuple[int, AuthorityId, date, date | None]
EDIT = st.tuples(st.integers(0, 40), REGIONS, DAYS, st.none() | DAYS)
EDITS = st.just([]) | st.just([]) | st.lists(EDIT, max_size=2)
CUTS = st.lists(st.tuples(st.integers(0, 40), DAYS), max_size=3)


def edited(edits: Iterable[Edit], cuts: Iterable[tuple[int, date]]) -> Table:
    """Give memberships other bodies and periods; cut some in two, with another body from the cut on."""
    rows = list(SMALL.memberships)
    for place, body, start, end in edits:
        rows[place % len(rows)] = Membership(rows[place % len(rows)].member, body, Period(start, end))
    for place, day in cuts:
        row = rows[place % len(rows)]
        if day in row.valid and day > row.valid.start:
            rows[place % len(rows)] = replace(row, valid=Period(row.valid.start, day))
            rows.append(replace(row, body=_another(row.body), valid=Period(day, row.valid.end)))
    return replace(SMALL, memberships=tuple(rows))


def _another(body: AuthorityId) -> AuthorityId:
    """One of the same kind, which is there for as long."""
    council = body.startswith("sundhedsraad")
    return AuthorityId("sundhedsraad-aarhus" if council else "1082")


def accepted(table: Table) -> Authorities | None:
    try:
        return authorities_of(table)
    except UnusableAuthorities:
        return None


def edges(table: Table) -> list[date]:
    """The days around each beginning and end: between them no answer changes."""
    periods = [row.valid for row in (*table.authorities, *table.memberships)]
    found = {edge for period in periods for edge in (period.start, period.end) if edge}
    days = {FIRST, LAST, *(edge + timedelta(days=shift) for edge in found for shift in (-1, 0, 1))}
    return sorted(day for day in days if FIRST <= day <= LAST)


def bodies(table: Table, member: str, kind: AuthorityKind, on: date) -> list[AuthorityId]:
    kinds = {row.id: row.kind for row in table.authorities}
    return [
        row.body
        for row in table.memberships
        if row.member == member and kinds[row.body] is kind and on in row.valid
    ]


@settings(max_examples=300, deadline=None)
@given(EDITS, CUTS)
def test_a_table_is_refused_or_leaves_no_municipality_without_one_region_on_any_day(
    edits: list[Edit], cuts: list[tuple[int, date]]
) -> None:
    table = edited(edits, cuts)
    authorities = accepted(table)
    if authorities is None:
        return

    for day in edges(table):
        for home in SOME_HOMES:
            assert bodies(table, home, AuthorityKind.REGION, day) == [authorities.region_of(home, day)]
            assert len(bodies(table, home, AuthorityKind.HEALTH_COUNCIL, day)) <= 1


@settings(max_examples=200, deadline=None)
@given(EDITS, CUTS, DAYS)
def test_whoever_would_get_another_answer_is_told_before_an_import_and_nobody_else(
    edits: list[Edit], cuts: list[tuple[int, date]], on: date
) -> None:
    before, after = Authorities(SMALL), accepted(edited(edits, cuts))
    if after is None:
        return
    others = {home for home in SOME_HOMES if before.region_of(home, on) != after.region_of(home, on)}

    assert others <= set(affected_homes(before, after, on))
    told = {one.of for one in table_differences(before, after)}
    assert {home for home in SOME_HOMES if _ever_otherwise(before, after, home)} == told


def _ever_otherwise(before: Authorities, after: Authorities, home: str) -> bool:
    return any(
        (before.region_of(home, day), before.health_council_of(home, day))
        != (after.region_of(home, day), after.health_council_of(home, day))
        for day in {*edges(before.table), *edges(after.table)}
    )


def test_the_same_table_differs_from_itself_in_nothing() -> None:
    assert table_differences(AUTHORITIES, AUTHORITIES) == ()
    assert affected_homes(AUTHORITIES, AUTHORITIES, REFORM) == ()


def test_every_municipality_and_christiansoe_is_there_without_a_gap_from_2007_to_2035() -> None:
    """By periods: an answer changes only where one begins or ends."""
    days = edges(OURS)
    for home in [*MUNICIPALITIES, "0411"]:
        assert all(AUTHORITIES.on(home, day) is not None for day in days), home
    for home in MUNICIPALITIES:
        since = [day for day in days if day >= REFORM]
        assert all(AUTHORITIES.health_council_of(home, day) is not None for day in since), home
    assert all(AUTHORITIES.region_of("0411", day) is None for day in days)


@given(
    st.dictionaries(st.sampled_from([*MUNICIPALITIES, "0411"]), st.integers(1, 9), max_size=20), DAYS, DAYS
)
def test_who_moves_by_a_preview_is_exactly_who_has_another_answer_on_that_day(
    cases: dict[AuthorityId, int], decided: date, on: date
) -> None:
    held = [
        (HomeAuthority(home, AUTHORITIES.region_of(home, decided)), number) for home, number in cases.items()
    ]

    found = home_changes(held, AUTHORITIES, on)

    moved = {move.before.municipality for move in found}
    assert moved == {
        home
        for home in cases
        if home_authority_on(home, AUTHORITIES, decided) != home_authority_on(home, AUTHORITIES, on)
    }
    assert sum(move.cases for move in found) == sum(cases[home] for home in moved)


def test_a_municipality_that_has_merged_into_another_moves_its_cases_there() -> None:
    aarhus, odder = AuthorityId("0751"), AuthorityId("0727")
    rows = tuple(
        replace(row, valid=Period(row.valid.start, REFORM), successor=aarhus) if row.id == odder else row
        for row in OURS.authorities
    )
    memberships = tuple(
        replace(row, valid=Period(row.valid.start, REFORM)) if row.member == odder else row
        for row in OURS.memberships
        if row.member != odder or row.valid.start < REFORM
    )
    authorities = authorities_of(replace(OURS, authorities=rows, memberships=memberships))

    [move] = home_changes([(HomeAuthority(odder, AuthorityId("1082")), 4)], authorities, REFORM)

    assert home_changes([(HomeAuthority(odder, AuthorityId("1082")), 4)], authorities, BEFORE) == ()
    assert (move.after, move.cases) == (HomeAuthority(aarhus, AuthorityId("1082")), 4)


def test_a_new_name_or_other_opening_hours_let_nobody_be_decided_again() -> None:
    aarhus = next(row for row in OURS.authorities if row.id == "0751")
    day = date(2027, 5, 1)

    def with_second(**change: object) -> date:
        second: Authority = replace(aarhus, valid=Period(day), **change)  # type: ignore[arg-type]
        first = replace(aarhus, valid=Period(aarhus.valid.start, day))
        rows = [row for row in OURS.authorities if row.id != "0751"]
        table = replace(OURS, authorities=(*rows, first, second))
        return authorities_of(table).changed_by(LAST)

    assert with_second(name="Aarhus Storkommune", opening_hours="8-22") == REFORM
    assert with_second(crisis_team=False) == day


def test_the_properties_are_tried_on_tables_that_are_accepted_and_on_ones_that_are_not() -> None:
    assert accepted(edited([], [(0, REFORM - timedelta(days=400))])) is not None
    assert accepted(edited([(0, AuthorityId("1081"), date(2020, 1, 1), None)], [])) is None


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"languages": ("dansk",)}, "0751: dansk is not a language of two letters"),
        ({"capacity_a_day": -1}, "0751: a capacity below nought"),
    ],
)
def test_a_capability_that_cannot_be_is_refused(change: dict[str, object], problem: str) -> None:
    rows = tuple(
        replace(row, **change) if row.id == "0751" else row  # type: ignore[arg-type]
        for row in OURS.authorities
    )

    with pytest.raises(UnusableAuthorities, match=problem):
        authorities_of(replace(OURS, authorities=rows))
