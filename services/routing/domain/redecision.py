"""Which corrections reopen a case, and which cases would change their home authority on a date."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from contracts.events.ids import AuthorityId
from services.routing.domain.authority import Authorities

# Every other field may affect the home authority or the recipient.
_IRRELEVANT_FIELDS: Final = frozenset(
    {
        "role",
        "presence",
        "language",
        "interpreter",
        "channels",
        "preferred_channel",
        "preferred_time",
        "note",
        "name",
        "phone",
        "email",
        "circumstances",
        "concerns",
    }
)


def affects_home(changed: Iterable[str]) -> bool:
    """Return whether a correction of these fields may change the home authority or the recipient."""
    return not _IRRELEVANT_FIELDS.issuperset(changed)


@dataclass(frozen=True, slots=True)
class HomeAuthority:
    """A municipality with its region on a date."""

    municipality: AuthorityId
    region: AuthorityId | None


@dataclass(frozen=True, slots=True)
class HomeChange:
    """A change of the home of cases. `after` is None if the municipality ended without a successor."""

    before: HomeAuthority
    after: HomeAuthority | None
    cases: int


def home_changes(
    held: Iterable[tuple[HomeAuthority, int]], authorities: Authorities, on: date
) -> tuple[HomeChange, ...]:
    """Return the changes of home authority or region on that date, most cases first.

    Only the table of authorities is consulted. Removals of people are known only to the register.
    """
    found = [
        HomeChange(home, home_authority_on(home.municipality, authorities, on), cases) for home, cases in held
    ]
    moved = [move for move in found if move.after != move.before]
    return tuple(sorted(moved, key=lambda move: (-move.cases, move.before.municipality)))


def home_authority_on(municipality: AuthorityId, authorities: Authorities, on: date) -> HomeAuthority | None:
    row = authorities.current(municipality, on)
    return None if row is None else HomeAuthority(row.id, authorities.region_of(row.id, on))
