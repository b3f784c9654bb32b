"""Earlier contacts of a person. Nobody gets the same message or call twice in one incident."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from contracts.events.vocabulary import NOT_REACHED, CallOutcome
from services.outreach.domain.contact import ContactState
from services.outreach.domain.plan import Content


class Extent(StrEnum):
    """How far a contact got."""

    NONE = "none"  # it failed, or will never be sent
    PLANNED = "planned"
    BEGUN = "begun"  # listed, with the provider, in doubt, delivered or answered


_BEGUN: Final = {
    ContactState.REQUESTED,
    ContactState.HANDED_OVER,
    ContactState.IN_DOUBT,
    ContactState.DELIVERED,
}


@dataclass(frozen=True, slots=True)
class EarlierContact:
    """One contact of a person or of a registration merged into that person."""

    wave_id: UUID
    content: Content
    state: ContactState
    outcome: CallOutcome | None
    wave_cancelled: bool  # planned contacts of a cancelled wave will be withheld

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
    """Return the contents planned or sent by waves other than `besides`."""
    return frozenset(
        [each.content for each in contacts if each.wave_id != besides and each.extent() in extents]
    )
