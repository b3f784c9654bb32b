"""An incident and its corrections."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from contracts.events.ids import AuthorityId, IncidentId
from contracts.events.vocabulary import IncidentKind
from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError

CORRECTABLE = (
    "name", "kind", "place", "started_at", "event_authority", "event_authorities", "hotline", "web_page",
    "long_running",
)  # fmt: skip


class Change(StrEnum):
    """A kind of entry in the history of an incident."""

    OPENED = "opened"
    CLOSED = "closed"
    REOPENED = "reopened"
    CORRECTED = "corrected"


@dataclass(frozen=True, slots=True)
class Incident:
    id: IncidentId
    name: str
    kind: IncidentKind
    place: str
    started_at: datetime
    event_authority: AuthorityId
    event_authorities: tuple[AuthorityId, ...]  # all, including the first
    hotline: str | None
    web_page: str | None
    exercise: bool
    long_running: bool
    opened_at: datetime
    closed_at: datetime | None = None

    @property
    def closed(self) -> bool:
        return self.closed_at is not None


def all_authorities(first: AuthorityId, others: tuple[AuthorityId, ...]) -> tuple[AuthorityId, ...]:
    return tuple(dict.fromkeys((first, *others)))


def corrected(incident: Incident, changed: Mapping[str, Any]) -> Incident | FieldError:
    """Return the incident with the changed fields."""
    if changed.get("exercise", incident.exercise) != incident.exercise:
        return FieldError("exercise", ErrorCode.EXERCISE_FIXED)
    first = changed.get("event_authority", incident.event_authority)
    held = tuple(one for one in incident.event_authorities if one != incident.event_authority)
    others = changed.get("event_authorities", held)
    return replace(incident, **{**changed, "event_authorities": all_authorities(first, others)})


def differences(before: Incident, after: Incident) -> tuple[str, ...]:
    return tuple(name for name in CORRECTABLE if getattr(before, name) != getattr(after, name))
