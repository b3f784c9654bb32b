"""The differences between two tables of authorities, and the homes they affect."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum
from typing import Final

from contracts.events.ids import AuthorityId
from services.routing.domain.authority import Authorities, Authority, AuthorityKind, Table, by_id
from services.routing.domain.period import Period

_HOMES: Final = (AuthorityKind.MUNICIPALITY, AuthorityKind.STATE, AuthorityKind.GREENLAND)
_WITH_OWN_KIND: Final = ("id", "valid", "name")  # each has its own kind of difference


class DifferenceKind(StrEnum):
    ADDED = "added"
    ENDED = "ended"
    RENAMED = "renamed"
    MOVED = "moved"  # to another region or health council
    CHANGED = "changed"
    POSTCODE = "postcode"


@dataclass(frozen=True, slots=True)
class Difference:
    kind: DifferenceKind
    of: str  # an authority's id, or a postcode
    field: str | None = None
    on: date | None = None  # from this date; None: always
    before: str | None = None
    after: str | None = None


def table_differences(before: Authorities, after: Authorities) -> tuple[Difference, ...]:
    """Return the differences between two tables, ordered by id."""
    found = [
        *_rows(before.table, after.table),
        *_moves(before, after),
        *_postcodes(before.table, after.table),
    ]
    return tuple(sorted(found, key=lambda one: (one.of, one.kind, one.on or date.min)))


def affected_homes(before: Authorities, after: Authorities, on: date) -> tuple[AuthorityId, ...]:
    """Return the homes with other answers or other postcodes on that date."""
    homes = {
        row.id for table in (before.table, after.table) for row in table.authorities if row.kind in _HOMES
    }
    others = {home for home in homes if _answers(before, home, on) != _answers(after, home, on)}
    for postcode in {*before.table.postcodes, *after.table.postcodes}:
        reached = before.reached_by(postcode, on), after.reached_by(postcode, on)
        if reached[0] != reached[1]:
            others.update(*reached)
    return tuple(sorted(others))


def _answers(authorities: Authorities, home: AuthorityId, on: date) -> tuple[object, ...]:
    row = authorities.current(home, on)
    if row is None:
        return ()
    return (
        row.id,
        authorities.region_of(row.id, on),
        authorities.health_council_of(row.id, on),
        authorities.acting_for(row, on),
        authorities.covered_by(row.id, on),
    )


def _rows(before: Table, after: Table) -> Iterator[Difference]:
    old, new = by_id(before.authorities), by_id(after.authorities)
    for name, rows in new.items():
        if name not in old:
            yield Difference(DifferenceKind.ADDED, name, on=rows[0].valid.start, after=rows[0].name)
        else:
            yield from _versions(old[name], rows)


def _versions(old: tuple[Authority, ...], new: tuple[Authority, ...]) -> Iterator[Difference]:
    ends = old[-1].valid.end, new[-1].valid.end
    if ends[0] != ends[1]:
        yield Difference(DifferenceKind.ENDED, new[0].id, None, ends[1], _word(ends[0]), _word(ends[1]))
    for day in _starts(old, new):
        was, becomes = _on(old, day), _on(new, day)
        if was is None or becomes is None:
            continue
        if was.name != becomes.name:
            yield Difference(DifferenceKind.RENAMED, new[0].id, "name", day, was.name, becomes.name)
        for field in fields(Authority):
            one, other = getattr(was, field.name), getattr(becomes, field.name)
            if field.name not in _WITH_OWN_KIND and one != other:
                yield Difference(DifferenceKind.CHANGED, new[0].id, field.name, day, _word(one), _word(other))


def _moves(before: Authorities, after: Authorities) -> Iterator[Difference]:
    """Yield for each municipality the first date on which its region or council differs."""
    days = sorted(set(_edges(before.table)) | set(_edges(after.table)))
    for row in by_id(after.table.authorities).values():
        if row[0].kind is not AuthorityKind.MUNICIPALITY:
            continue
        for body in ("region", "health_council"):
            yield from _first_move(row[0].id, body, before, after, days)


def _first_move(
    name: AuthorityId, body: str, before: Authorities, after: Authorities, days: Iterable[date]
) -> Iterator[Difference]:
    for day in days:
        asked = [getattr(table, f"{body}_of")(name, day) for table in (before, after)]
        if asked[0] != asked[1] and before.on(name, day) is not None:
            yield Difference(DifferenceKind.MOVED, name, body, day, *asked)
            return


def _postcodes(before: Table, after: Table) -> Iterator[Difference]:
    for postcode in {*before.postcodes, *after.postcodes}:
        old, new = before.postcodes.get(postcode), after.postcodes.get(postcode)
        if set(old or ()) != set(new or ()):
            yield Difference(DifferenceKind.POSTCODE, postcode, before=_word(old), after=_word(new))


def _starts(*versions: tuple[Authority, ...]) -> list[date]:
    return sorted({row.valid.start for rows in versions for row in rows})


def _edges(table: Table) -> Iterator[date]:
    periods: list[Period] = [row.valid for row in table.memberships]
    for period in periods:
        yield period.start
        if period.end is not None:
            yield period.end


def _on(rows: Iterable[Authority], on: date) -> Authority | None:
    return next((row for row in rows if on in row.valid), None)


def _word(value: object) -> str | None:
    match value:
        case None | () | "":
            return None
        case bool():
            return "yes" if value else "no"
        case tuple():
            return " ".join(str(one) for one in value)
        case _:
            return str(value)
