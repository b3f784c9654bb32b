"""What makes a case be decided again, and who would move if it were."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from contracts.events.ids import AuthorityId
from services.routing.domain.authority import Authorities

# Whatever is not named here may say where somebody lives or who speaks for them.
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
    """Tell whether a correction of these fields may lead to another home authority or recipient."""
    return not _IRRELEVANT_FIELDS.issuperset(changed)


@dataclass(frozen=True, slots=True)
class HomeAuthority:
    """Where cases are by their last decision, or would be."""

    municipality: AuthorityId
    region: AuthorityId | None


@dataclass(frozen=True, slots=True)
class HomeChange:
    """`after` None: the municipality is not there any more, and nobody has taken over."""

    before: HomeAuthority
    after: HomeAuthority | None
    cases: int


def home_changes(
    held: Iterable[tuple[HomeAuthority, int]], authorities: Authorities, on: date
) -> tuple[HomeChange, ...]:
    """Say whose home authority or region would be another on that day, most cases first.

    Asked of the table of authorities alone: that people have moved since only the register knows.
    """
    found = [
        HomeChange(home, home_authority_on(home.municipality, authorities, on), cases) for home, cases in held
    ]
    moved = [move for move in found if move.after != move.before]
    return tuple(sorted(moved, key=lambda move: (-move.cases, move.before.municipality)))


def home_authority_on(municipality: AuthorityId, authorities: Authorities, on: date) -> HomeAuthority | None:
    row = authorities.current(municipality, on)
    return None if row is None else HomeAuthority(row.id, authorities.region_of(row.id, on))
