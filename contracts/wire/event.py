"""The base class of events. An event is one fact in the past tense, about one key, on one topic."""

from collections.abc import Iterable
from typing import ClassVar

from pydantic import AwareDatetime, BaseModel, ConfigDict

from contracts.events.ids import IncidentId, RegistrationId

Moment = AwareDatetime


class Event(BaseModel):
    """Consumers ignore unknown fields. A released event may gain only optional fields."""

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_bytes="base64", val_json_bytes="base64")

    topic: ClassVar[str]
    version: ClassVar[int] = 1

    incident_id: IncidentId
    exercise: bool

    @classmethod
    def type(cls) -> str:
        return f"folgeskab.{cls.__name__}.v{cls.version}"

    def key(self) -> str:
        """Return the Kafka key and CloudEvents subject. Never personal data."""
        return str(self.incident_id)


class PersonEvent(Event):
    registration_id: RegistrationId

    def key(self) -> str:
        return str(self.registration_id)


def by_type(classes: Iterable[type[Event]]) -> dict[str, type[Event]]:
    return {cls.type(): cls for cls in classes}
