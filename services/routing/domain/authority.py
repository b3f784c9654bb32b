"""Authorities as dated rows. Every query takes a date."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise

from contracts.events.ids import AuthorityId
from services.routing.domain.period import Period


class AuthorityKind(StrEnum):
    MUNICIPALITY = "municipality"
    REGION = "region"
    HEALTH_COUNCIL = "health_council"
    STATE = "state"  # outside the municipalities: Christiansø
    GREENLAND = "greenland"  # recognised; an official decides the follow-up


@dataclass(frozen=True, slots=True)
class Authority:
    id: AuthorityId
    kind: AuthorityKind
    name: str
    valid: Period
    code: str | None = None
    cvr: str | None = None
    successor: AuthorityId | None = None
    delegates_to: AuthorityId | None = None
    crisis_team: bool | None = None  # None: unknown
    languages: tuple[str, ...] = ()  # of the crisis team, ISO 639-1; empty: unknown
    opening_hours: str | None = None
    capacity_a_day: int | None = None  # new cases per day

    def acts_otherwise_than(self, before: "Authority") -> bool:
        """Return whether the acting authority may differ. A new name or opening hours do not count."""
        return (self.delegates_to, self.crisis_team) != (before.delegates_to, before.crisis_team)


@dataclass(frozen=True, slots=True)
class Membership:
    member: AuthorityId
    body: AuthorityId  # a region or a health council
    valid: Period


@dataclass(frozen=True, slots=True)
class Succession:
    before: AuthorityId
    after: AuthorityId
    on: date


@dataclass(frozen=True, slots=True)
class Table:
    """The rows as read, not validated: see table_problems."""

    authorities: tuple[Authority, ...]
    memberships: tuple[Membership, ...]
    postcodes: Mapping[str, tuple[AuthorityId, ...]]
    cities: Mapping[str, tuple[AuthorityId, ...]] = field(default_factory=dict)  # by city_key: suggestions


class Authorities:
    """Queries on a validated table (authority_table.authorities_of)."""

    __slots__ = ("_councils", "_postcodes", "_predecessors", "_regions", "_rows", "table")

    def __init__(self, table: Table) -> None:
        self.table = table
        self._rows = by_id(table.authorities)
        self._regions = self._bodies(AuthorityKind.REGION)
        self._councils = self._bodies(AuthorityKind.HEALTH_COUNCIL)
        self._postcodes = table.postcodes
        self._predecessors = _predecessors(self._rows)

    def on(self, authority: str, on: date) -> Authority | None:
        rows = self._rows.get(AuthorityId(authority), ())
        return next((row for row in rows if on in row.valid), None)

    def current(self, authority: str, on: date) -> Authority | None:
        """Return the authority, or its successor on that date."""
        for _ in range(len(self._rows)):
            row = self.on(authority, on)
            if row is not None:
                return row
            ended = [row for row in self._rows.get(AuthorityId(authority), ()) if row.valid.start <= on]
            if not ended or ended[-1].successor is None:
                return None
            authority = ended[-1].successor
        return None

    def successors(self, on: date) -> dict[AuthorityId, AuthorityId]:
        """Return each authority that has ended by that date, with its current successor."""
        ended = [name for name, rows in self._rows.items() if (end := rows[-1].valid.end) and end <= on]
        return {name: row.id for name in ended if (row := self.current(name, on)) is not None}

    def knows(self, authority: str) -> bool:
        """Return whether the authority exists on any date."""
        return AuthorityId(authority) in self._rows

    def changed_by(self, on: date) -> date:
        """Return the last date up to `on` on which any responsibility changed."""
        starts = [row.valid.start for row in self.table.memberships]
        for rows in self._rows.values():
            starts.append(rows[0].valid.start)
            starts += [row.valid.start for before, row in pairwise(rows) if row.acts_otherwise_than(before)]
            starts += [rows[-1].valid.end] if rows[-1].valid.end is not None else []
        return max((start for start in starts if start <= on), default=date.min)

    def name_of(self, authority: str, on: date) -> str:
        """Return the name on that date, else the last known name; the id of an unknown authority."""
        row = self.on(authority, on)
        rows = self._rows.get(AuthorityId(authority), ())
        return row.name if row else rows[-1].name if rows else authority

    def region_of(self, municipality: str, on: date) -> AuthorityId | None:
        return _body_on(self._regions.get(AuthorityId(municipality), ()), on)

    def health_council_of(self, municipality: str, on: date) -> AuthorityId | None:
        return _body_on(self._councils.get(AuthorityId(municipality), ()), on)

    def acting_for(self, authority: Authority, on: date) -> AuthorityId | None:
        """Return who acts instead: the delegate, or the region of an authority without a crisis team."""
        acting: AuthorityId | None = None
        seen = {authority.id}
        row: Authority | None = authority
        while row is not None:
            step = row.delegates_to or (self.region_of(row.id, on) if row.crisis_team is False else None)
            if step is None or step in seen:
                break
            seen.add(step)
            row = self.current(step, on)
            acting = row.id if row is not None else acting
        return acting

    def covered_by(self, home: AuthorityId, on: date) -> tuple[AuthorityId, ...]:
        """Return every authority that a limited consent may name (contracts.rules.consent.names_one_of).

        First the home, its region and the acting authority, then their predecessors on that date.
        """
        row = self.on(home, on)
        acting = self.acting_for(row, on) if row is not None else None
        present = tuple(dict.fromkeys(one for one in (home, self.region_of(home, on), acting) if one))
        past = sorted({earlier for one in present for earlier in self.succeeded(one, on)})
        return (*present, *(one for one in past if one not in present))

    def taken_over(self, home: AuthorityId, on: date) -> tuple["Succession", ...]:
        """Return the ended authorities that covered the home, with their successors."""
        present = self.covered_by(home, on)
        found = []
        for before in present:
            end = self._rows[before][-1].valid.end
            after = self.current(before, on)
            if end is None or end > on or after is None:
                continue
            was = self.covered_by(home, end - timedelta(days=1))
            if before in was and self.on(before, end - timedelta(days=1)) is not None:
                found.append(Succession(before, after.id, end))
        return tuple(found)

    def succeeded(self, authority: AuthorityId, on: date) -> tuple[AuthorityId, ...]:
        """Return the ended authorities that this authority has succeeded on that date."""
        found: set[AuthorityId] = set()
        reached = {authority}
        while reached:
            reached = {earlier for one in reached for earlier in self._predecessors.get(one, ())} - found
            found |= reached
        ours = [one for one in found if (row := self.current(one, on)) is not None and row.id == authority]
        return tuple(sorted(ours))

    def reached_by(self, postcode: str, on: date) -> tuple[AuthorityId, ...]:
        """Return the authorities of a postcode on that date. Empty: unknown postcode."""
        current = (self.current(code, on) for code in self._postcodes.get(postcode, ()))
        return tuple(sorted({row.id for row in current if row is not None}))

    def suggested_by(self, city: str | None, on: date) -> tuple[AuthorityId, ...]:
        """Return the candidate authorities of a city name on that date, as suggestions for an official."""
        known = (self.table.cities.get(key, ()) for key in city_keys(city or ""))
        named = next((codes for codes in known if codes), ())
        current = (self.current(code, on) for code in named)
        return tuple(sorted({row.id for row in current if row is not None}))

    def of_kind(self, kind: AuthorityKind, on: date) -> tuple[Authority, ...]:
        rows = (row for row in self.table.authorities if row.kind is kind and on in row.valid)
        return tuple(sorted(rows, key=lambda row: row.id))

    def _bodies(self, kind: AuthorityKind) -> dict[AuthorityId, tuple[Membership, ...]]:
        members: defaultdict[AuthorityId, list[Membership]] = defaultdict(list)
        for membership in self.table.memberships:
            if self._rows[membership.body][0].kind is kind:
                members[membership.member].append(membership)
        return {member: tuple(rows) for member, rows in members.items()}


def city_keys(name: str) -> tuple[str, ...]:
    """Return the look-up keys of a city: its name, and the name without a district (København K)."""
    words = name.casefold().replace("å", "aa").split()
    district = len(words) > 1 and len(words[-1]) <= 2  # noqa: PLR2004 - K, NV, SØ
    return tuple(" ".join(one) for one in (words, words[:-1] if district else []) if one)


def by_id(rows: Iterable[Authority]) -> dict[AuthorityId, tuple[Authority, ...]]:
    """Group by id, in order of the start date."""
    grouped: defaultdict[AuthorityId, list[Authority]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row.valid.start):
        grouped[row.id].append(row)
    return {name: tuple(group) for name, group in grouped.items()}


def _predecessors(
    rows: Mapping[AuthorityId, tuple[Authority, ...]],
) -> dict[AuthorityId, tuple[AuthorityId, ...]]:
    found: defaultdict[AuthorityId, list[AuthorityId]] = defaultdict(list)
    for name, versions in rows.items():
        if (successor := versions[-1].successor) is not None:
            found[successor].append(name)
    return {name: tuple(earlier) for name, earlier in found.items()}


def _body_on(rows: Iterable[Membership], on: date) -> AuthorityId | None:
    return next((row.body for row in rows if on in row.valid), None)
