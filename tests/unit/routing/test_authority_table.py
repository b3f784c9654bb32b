from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from contracts.events.ids import AuthorityId
from services.routing.authorities.files import BUILT_IN, load_authorities
from services.routing.domain.authority import Authorities
from services.routing.domain.authority_table import UnusableAuthorities
from tests.unit.routing.cases import ON, REFORM

WriteTable = Callable[..., Path]
HEAD = "id,kind,name,code,cvr,valid_from,valid_to,successor,delegates_to,crisis_team"
AUTHORITIES = """
1081,region,North,1081,,2007-01-01,,,,
1082,region,Middle,1082,,2007-01-01,,,,
0751,municipality,Aarhus,0751,55133018,2007-01-01,,,,
0851,municipality,Aalborg,0851,29189420,2007-01-01,,,,
"""
MEMBERSHIPS = """
0751,1082,2007-01-01,
0851,1081,2007-01-01,
"""
POSTCODES = """
8000,0751
9000,0851
"""


@pytest.fixture
def table(tmp_path: Path) -> WriteTable:
    def write(
        authorities: str = AUTHORITIES, memberships: str = MEMBERSHIPS, postcodes: str = POSTCODES
    ) -> Path:
        (tmp_path / "authorities.csv").write_text(f"# remark\n{HEAD}{authorities}", encoding="utf-8")
        (tmp_path / "memberships.csv").write_text(
            f"member,body,valid_from,valid_to{memberships}", encoding="utf-8"
        )
        (tmp_path / "postcodes.csv").write_text(f"postcode,municipalities{postcodes}", encoding="utf-8")
        return tmp_path

    return write


def acting_for(authorities: Authorities, code: str, on: date) -> AuthorityId | None:
    row = authorities.on(code, on)
    return authorities.acting_for(row, on) if row else None


def test_a_small_table_without_doubts_is_loaded(table: WriteTable) -> None:
    assert load_authorities(table()).region_of("0751", ON) == "1082"


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("0999,municipality,X,0999,,2007-01-01,,1099,,", "successor of 0999: unknown code 1099"),
        ("0999,municipality,X,0999,,2007-01-01,,,1099,", "delegate of 0999: unknown code 1099"),
        ("0999,municipality,X,0999,,2007-01-01,,,,", "0999: has no region from 2007-01-01 on"),
        ("0751,municipality,X,0751,,2020-01-01,,,,", "0751: has two rows from 2020-01-01 on"),
        (
            "1083,region,X,1083,,2020-01-01,2020-01-01,1082,,",
            "1083: the period 2020-01-01 to 2020-01-01 is empty",
        ),
        ("1083,region,X,1083,,2007-01-01,2020-01-01,,,", "1083: ends on 2020-01-01 and names no successor"),
        ("1083,region,X,1083,12345678,2007-01-01,,,,", "1083: 12345678 is not a CVR number"),
        ("1083,region,X,10a3,,2007-01-01,,,,", "1083: 10a3 is not a code of four digits"),
        ("0411,state,X,0412,,2007-01-01,,,,", "0411: its official code must be its id"),
        ("0411,state,X,0411,,2007-01-01,,,,no", "0411: has no crisis team, no delegate and no region"),
        ("0411,state,X,0411,,2007-01-01,,,0411,", "0411: its delegation comes back to itself"),
        (
            "0411,planet,X,0411,,2007-01-01,,,,",
            "authorities.csv row 5: 'planet' is not a valid AuthorityKind",
        ),
        ("0411,state,X,0411,,2007-13-01,,,,", "authorities.csv row 5: month must be in 1..12"),
        ("0411,state,X,0411,,2007-01-01,,,,perhaps", "authorities.csv row 5: 'perhaps'"),
        ("0411,state,X", "authorities.csv row 5: wrong number of columns"),
    ],
)
def test_a_doubtful_authority_is_refused_with_its_reason(table: WriteTable, row: str, problem: str) -> None:
    folder = table(authorities=f"{AUTHORITIES}{row}\n")

    with pytest.raises(UnusableAuthorities) as refused:
        load_authorities(folder)

    assert any(problem in said for said in refused.value.problems), refused.value.problems


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ("0751,1082,2007-01-01,2020-01-01", "0751: has no region from 2020-01-01 on"),
        ("0751,1082,2008-01-01,", "0751: has no region from 2007-01-01 to 2008-01-01"),
        ("0751,1082,2007-01-01,\n0751,1081,2020-01-01,", "0751: has two regions from 2020-01-01 on"),
        ("0751,1082,2006-01-01,", "0751: 1082 is not there for all of 2006-01-01 on"),
        ("0751,0851,2007-01-01,", "0751: 0851 is neither a region nor a health council"),
        ("1082,1081,2007-01-01,", "1082: only a municipality belongs to 1081"),
        ("0752,1082,2007-01-01,", "member: unknown code 0752"),
    ],
)
def test_a_doubtful_membership_is_refused_with_its_reason(table: WriteTable, rows: str, problem: str) -> None:
    folder = table(memberships=f"\n0851,1081,2007-01-01,\n{rows}\n")

    with pytest.raises(UnusableAuthorities) as refused:
        load_authorities(folder)

    assert problem in refused.value.problems


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("800,0751", "postcode 800: not four digits"),
        ("8200,0752", "postcode 8200: unknown code 0752"),
        ("8200,", "postcode 8200: reaches into no municipality"),
        ("8000,0751", "postcodes.csv row 3: postcode 8000 is there twice"),
    ],
)
def test_a_doubtful_postcode_is_refused_with_its_reason(table: WriteTable, row: str, problem: str) -> None:
    with pytest.raises(UnusableAuthorities) as refused:
        load_authorities(table(postcodes=f"{POSTCODES}{row}\n"))

    assert problem in refused.value.problems


def test_a_hole_between_two_rows_of_one_authority_is_refused(table: WriteTable) -> None:
    split = AUTHORITIES.replace(
        "0751,municipality,Aarhus,0751,55133018,2007-01-01,,,,",
        "0751,municipality,Old,0751,,2007-01-01,2020-01-01,,,\n0751,municipality,New,0751,,2020-01-02,,,,",
    )

    with pytest.raises(UnusableAuthorities, match="0751: has no row from 2020-01-01 to 2020-01-02"):
        load_authorities(table(authorities=split))


def test_an_authority_without_a_crisis_team_hands_over_to_its_delegate_or_else_its_region(
    table: WriteTable,
) -> None:
    rows = AUTHORITIES.replace("0751,municipality,Aarhus,0751,55133018,2007-01-01,,,,", "").strip()
    without = load_authorities(table(authorities=f"\n{rows}\n0751,municipality,A,0751,,2007-01-01,,,,no\n"))
    neighbour = load_authorities(
        table(authorities=f"\n{rows}\n0751,municipality,A,0751,,2007-01-01,,,0851,no\n")
    )
    untold = load_authorities(table())

    acting = [acting_for(one, "0751", ON) for one in (without, neighbour, untold)]

    assert acting == ["1082", "0851", None]


def test_a_delegation_to_a_region_that_ends_goes_on_to_its_successor(table: WriteTable) -> None:
    text = (BUILT_IN / "authorities.csv").read_text(encoding="utf-8")
    changed = text.replace(
        "0101,municipality,Københavns Kommune,0101,64942212,2007-01-01,,,,",
        "0101,municipality,Københavns Kommune,0101,64942212,2007-01-01,,,1084,",
    )
    folder = table()
    for name in ("memberships.csv", "postcodes.csv"):
        (folder / name).write_bytes((BUILT_IN / name).read_bytes())
    (folder / "authorities.csv").write_text(changed, encoding="utf-8")

    loaded = load_authorities(folder)
    acting = [acting_for(loaded, "0101", on) for on in (ON, REFORM)]

    assert acting == ["1084", "region-oestdanmark"]
