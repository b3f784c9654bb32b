"""Who is whom: the same identity value in the same incident is the same person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from contracts.ids import RegistrationId
from services.registration.domain.text import Flaw


@dataclass(frozen=True, slots=True)
class Claimant:
    id: RegistrationId
    values: tuple[bytes, ...]  # digests of the identity values, the surest first


def repeats(
    claimants: Sequence[Claimant], owners: Mapping[bytes, RegistrationId]
) -> dict[RegistrationId, RegistrationId]:
    """Give the claimants who are somebody registered before, each with whom.

    `owners`: who holds each value, a claimant of the same batch or one before it.
    """
    moved: dict[RegistrationId, RegistrationId] = {}
    for claimant in claimants:
        held_by = [owners[value] for value in claimant.values]
        others = [moved.get(owner, owner) for owner in held_by]
        first = next((owner for owner in others if owner != claimant.id), None)
        if first is not None:
            moved[claimant.id] = first
    return moved


def doubts(doubted: RegistrationId | None) -> tuple[Flaw, ...]:
    """Say what to look at once more where a number led to somebody of quite another name."""
    if doubted is None:
        return ()
    reason = (
        "belong to somebody registered here under another name: compare the number once more;"
        f" if it is mistaken, part registration {doubted}, and correct it"
    )
    return (Flaw("identifiers", reason),)
