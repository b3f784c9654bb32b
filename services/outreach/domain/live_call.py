"""Choose which live call stays when merged registrations have several."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class LiveCall:
    contact_id: UUID
    incident_id: UUID
    registration_id: UUID
    primary_id: UUID  # the registration into which the others are merged
    is_claimed: bool
    due_at: datetime


@dataclass(frozen=True, slots=True)
class SortedCalls:
    """`set_aside`: wait until the call that stays ends. `ended`: calls of merged registrations."""

    stays: tuple[LiveCall, ...]
    set_aside: tuple[LiveCall, ...]
    ended: tuple[LiveCall, ...]


def sort_live_calls(calls: Sequence[LiveCall]) -> SortedCalls:
    """Keep one call per person: a claimed call first, then the call of the primary registration."""
    by_person: dict[tuple[UUID, UUID], list[LiveCall]] = defaultdict(list)
    for call in calls:
        by_person[call.primary_id, call.incident_id].append(call)
    stays, set_aside, ended = [], [], []
    for of_one in by_person.values():
        first, *others = sorted(of_one, key=_order)
        stays.append(first)
        set_aside += [call for call in others if call.registration_id == call.primary_id]
        ended += [call for call in others if call.registration_id != call.primary_id]
    return SortedCalls(tuple(stays), tuple(set_aside), tuple(ended))


def _order(call: LiveCall) -> tuple[bool, bool, datetime, UUID]:
    return not call.is_claimed, call.registration_id != call.primary_id, call.due_at, call.contact_id
