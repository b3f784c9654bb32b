"""The access log: who looked at what, as what, what for. Topic audit.v1, written by every service."""

from typing import ClassVar

from contracts.events.ids import AuthorityId, ConsentId, HandoverId, ImportId
from contracts.wire.event import Event, Moment, PersonEvent

TOPIC = "audit.v1"


class PersonalDataSeen(PersonEvent):
    topic: ClassVar[str] = TOPIC

    actor: str
    field_sets: tuple[str, ...]
    purpose: str
    seen_at: Moment


class PeopleSearched(Event):
    """A search, found or not. What was searched for is not told."""

    topic: ClassVar[str] = TOPIC

    actor: str
    by: str  # what was searched by: cpr, phone, name, ...
    found: int
    purpose: str
    searched_at: Moment


class BadRowsSeen(Event):
    """The rows an import refused were handed out, to be corrected: they are nobody's registration yet."""

    topic: ClassVar[str] = TOPIC

    import_id: ImportId
    actor: str
    rows: int
    seen_at: Moment


class IncidentWordsSeen(Event):
    """Why something was done with an incident was opened: words that may name somebody, and so are sealed."""

    topic: ClassVar[str] = TOPIC

    actor: str
    purpose: str
    seen_at: Moment


class PersonalDataPassedOn(PersonEvent):
    """What was passed to whom, when, on which consent (domain.md, What must be true, 9)."""

    topic: ClassVar[str] = TOPIC

    handover_id: HandoverId
    authority: AuthorityId
    field_sets: tuple[str, ...]
    consent_id: ConsentId
    actor: str
    passed_on_at: Moment
