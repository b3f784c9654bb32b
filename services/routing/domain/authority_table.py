"""What a table of authorities must hold: every code known, no day without an answer, no day with two."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from stdnum.dk import cvr

from contracts.events.ids import AUTHORITY_CODE, AuthorityId
from services.routing.domain.authority import Authorities, Authority, AuthorityKind, Membership, Table, by_id
from services.routing.domain.period import Period, gaps, overlaps

_POSTCODE = re.compile(r"\d{4}", re.ASCII)
_CODE = re.compile(r"\d{4}", re.ASCII)
_LANGUAGE = re.compile(r"[a-z]{2}", re.ASCII)
_CODED = (AuthorityKind.MUNICIPALITY, AuthorityKind.STATE, AuthorityKind.GREENLAND)

_Rows = Mapping[AuthorityId, tuple[Authority, ...]]


class UnusableAuthorities(ValueError):  # noqa: N818 - says what the table is
    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("the table of authorities cannot be used:\n" + "\n".join(problems))
        self.problems = problems


def authorities_of(table: Table) -> Authorities:
    """Validate the table. Raise UnusableAuthorities with every problem."""
    problems = tuple(table_problems(table))
    if problems:
        raise UnusableAuthorities(problems)
    return Authorities(table)


def missing_authorities(before: Table, after: Table) -> Iterator[str]:
    """Yield the authorities that the new table lacks. Earlier decisions refer to them."""
    known = by_id(after.authorities)
    yield from (
        f"{name}: is in use and missing here: end it with a date and name its successor"
        for name in by_id(before.authorities)
        if name not in known
    )


def table_problems(table: Table) -> Iterator[str]:
    rows = by_id(table.authorities)
    unknown = tuple(_unknown_codes(table, rows))
    yield from unknown
    for row in table.authorities:
        yield from _row_problems(row)
    if unknown:
        return  # the other checks would only repeat it
    for name, versions in rows.items():
        yield from _version_problems(name, versions, rows)
    yield from _membership_problems(table.memberships, rows)
    yield from _delegation_problems(table, rows)
    yield from _postcode_problems(table.postcodes)


def _unknown_codes(table: Table, rows: _Rows) -> Iterator[str]:
    named = [(f"successor of {row.id}", row.successor) for row in table.authorities]
    named += [(f"delegate of {row.id}", row.delegates_to) for row in table.authorities]
    named += [("member", row.member) for row in table.memberships]
    named += [(f"body of {row.member}", row.body) for row in table.memberships]
    named += [(f"postcode {post}", code) for post, codes in table.postcodes.items() for code in codes]
    yield from (
        f"{place}: unknown code {code}" for place, code in named if code is not None and code not in rows
    )


def _row_problems(row: Authority) -> Iterator[str]:
    if row.valid.is_empty():
        yield f"{row.id}: the period {row.valid} is empty"
    if row.cvr is not None and not cvr.is_valid(row.cvr):
        yield f"{row.id}: {row.cvr} is not a CVR number"
    if not re.fullmatch(AUTHORITY_CODE, row.id):
        yield f"{row.id}: an id is letters, digits, _ and - (at most 40)"
    if row.kind in _CODED and row.code != row.id:
        yield f"{row.id}: its official code must be its id"
    if row.code is not None and not _CODE.fullmatch(row.code):
        yield f"{row.id}: {row.code} is not a code of four digits"
    if unknown := [language for language in row.languages if not _LANGUAGE.fullmatch(language)]:
        yield f"{row.id}: {unknown[0]} is not a language of two letters (da, en, uk)"
    if row.capacity_a_day is not None and row.capacity_a_day < 0:
        yield f"{row.id}: a capacity below nought"


def _version_problems(name: AuthorityId, versions: tuple[Authority, ...], rows: _Rows) -> Iterator[str]:
    if len({row.kind for row in versions}) > 1:
        yield f"{name}: two kinds of authority with one id"
    whole = _whole(versions)
    yield from _holes(name, "row", (row.valid for row in versions), whole)
    if whole.end is None:
        return
    successor = versions[-1].successor
    if successor is None:
        yield f"{name}: ends on {whole.end} and names no successor"
    elif not any(whole.end in row.valid for row in rows[successor]):
        yield f"{name}: its successor {successor} is not there on {whole.end}"


def _membership_problems(memberships: Iterable[Membership], rows: _Rows) -> Iterator[str]:
    kept: defaultdict[tuple[AuthorityId, AuthorityKind], list[Period]] = defaultdict(list)
    for row in memberships:
        kind = rows[row.body][0].kind
        kept[row.member, kind].append(row.valid)
        if kind not in {AuthorityKind.REGION, AuthorityKind.HEALTH_COUNCIL}:
            yield f"{row.member}: {row.body} is neither a region nor a health council"
        elif any(gaps((body.valid for body in rows[row.body]), row.valid)):
            yield f"{row.member}: {row.body} is not there for all of {row.valid}"
        if rows[row.member][0].kind is not AuthorityKind.MUNICIPALITY:
            yield f"{row.member}: only a municipality belongs to {row.body}"
    for name, versions in rows.items():
        if versions[0].kind is AuthorityKind.MUNICIPALITY:
            whole = _whole(versions)
            yield from _holes(name, "region", kept[name, AuthorityKind.REGION], whole)
            councils = kept[name, AuthorityKind.HEALTH_COUNCIL]
            since = Period(min((period.start for period in councils), default=whole.start), whole.end)
            yield from _holes(name, "health council", councils, since) if councils else ()


def _delegation_problems(table: Table, rows: _Rows) -> Iterator[str]:
    regions = {row.member for row in table.memberships if rows[row.body][0].kind is AuthorityKind.REGION}
    for row in table.authorities:
        if row.crisis_team is False and row.delegates_to is None and row.id not in regions:
            yield f"{row.id}: has no crisis team, no delegate and no region"
        if row.delegates_to and row.valid.start < rows[row.delegates_to][0].valid.start:
            yield f"{row.id}: its delegate {row.delegates_to} is not there on {row.valid.start}"
        if _comes_back(row, rows):
            yield f"{row.id}: its delegation comes back to itself"


def _comes_back(start: Authority, rows: _Rows) -> bool:
    reached = {start.delegates_to} if start.delegates_to else set()
    while True:
        further = {row.delegates_to for name in reached for row in rows[name] if row.delegates_to} - reached
        if start.id in reached or not further:
            return start.id in reached
        reached |= further


def _postcode_problems(postcodes: Mapping[str, tuple[AuthorityId, ...]]) -> Iterator[str]:
    for postcode, codes in postcodes.items():
        if not _POSTCODE.fullmatch(postcode):
            yield f"postcode {postcode}: not four digits"
        if not codes:
            yield f"postcode {postcode}: reaches into no municipality"


def _holes(name: AuthorityId, what: str, periods: Iterable[Period], whole: Period) -> Iterator[str]:
    known = tuple(periods)
    yield from (f"{name}: has no {what} from {gap}" for gap in gaps(known, whole))
    yield from (f"{name}: has two {what}s from {period}" for period in overlaps(known))


def _whole(versions: tuple[Authority, ...]) -> Period:
    ends = [row.valid.end for row in versions]
    last = None if None in ends else max(end for end in ends if end is not None)
    return Period(versions[0].valid.start, last)
