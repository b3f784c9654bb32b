"""An incident as the other decisions need it."""

from dataclasses import dataclass
from datetime import datetime

from contracts.ids import AuthorityId, IncidentId
from contracts.vocabulary import IncidentKind


@dataclass(frozen=True, slots=True)
class Incident:
    id: IncidentId
    name: str
    kind: IncidentKind
    place: str
    started_at: datetime
    event_authority: AuthorityId
    hotline: str | None
    web_page: str | None
    exercise: bool
    long_running: bool
    opened_at: datetime
    closed_at: datetime | None = None

    @property
    def closed(self) -> bool:
        return self.closed_at is not None
