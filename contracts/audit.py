"""The access log: who looked at what, as what, what for. Topic audit.v1, written by every service."""

from typing import ClassVar

from contracts.event import Moment, PersonEvent

TOPIC = "audit.v1"


class PersonalDataSeen(PersonEvent):
    topic: ClassVar[str] = TOPIC

    actor: str
    field_sets: tuple[str, ...]
    purpose: str
    seen_at: Moment
