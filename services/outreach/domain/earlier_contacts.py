"""What a person has had already: nobody is contacted twice for the same thing in one incident."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from contracts.events.vocabulary import CallOutcome
from services.outreach.domain.contact import NOT_REACHED, ContactState
from services.outreach.domain.plan import Content


class Extent(StrEnum):
    """How far a contact has come."""

    NONE = "none"  # it came to nothing, or will
    PLANNED = "planned"
    BEGUN = "begun"  # listed, with the provider, in doubt, delivered, or talked


_BEGUN: Final = {
    ContactState.REQUESTED,
    ContactState.HANDED_OVER,
    ContactState.IN_DOUBT,
    ContactState.DELIVERED,
}


@dataclass(frozen=True, slots=True)
class EarlierContact:
    """One contact of a person, or of a registration merged into theirs."""

    wave_id: UUID
    content: Content
    state: ContactState
    outcome: CallOutcome | None
    wave_cancelled: bool  # its wave is cancelled: what is only planned will be withheld

    def extent(self) -> Extent:
        if self.state in _BEGUN:
            return Extent.BEGUN
        if self.state is ContactState.CONCLUDED:
            return Extent.NONE if self.outcome in NOT_REACHED else Extent.BEGUN
        if self.state in {ContactState.FAILED, ContactState.WITHHELD} or self.wave_cancelled:
            return Extent.NONE
        return Extent.BEGUN if self.state is ContactState.LISTED else Extent.PLANNED


def earlier_contents(
    contacts: Iterable[EarlierContact],
    *,
    besides: UUID,
    extents: Collection[Extent] = (Extent.PLANNED, Extent.BEGUN),
) -> frozenset[Content]:
    """Give what was planned or done by any wave other than `besides`."""
    return frozenset(
        [each.content for each in contacts if each.wave_id != besides and each.extent() in extents]
    )
