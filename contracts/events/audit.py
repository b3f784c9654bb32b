"""The access log: who viewed which personal data for which purpose. Topic audit.v1, from every service."""

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
    """A search, with or without a hit. The event does not contain the value searched for."""

    topic: ClassVar[str] = TOPIC

    actor: str
    by: str  # the kind of value searched by: cpr, phone, name, ...
    found: int
    purpose: str
    searched_at: Moment


class BadRowsSeen(Event):
    """The refused rows of an import were fetched for correction. They belong to no registration yet."""

    topic: ClassVar[str] = TOPIC

    import_id: ImportId
    actor: str
    rows: int
    seen_at: Moment


class IncidentWordsSeen(Event):
    """The sealed reason for an action on an incident was opened. It may name a person."""

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
