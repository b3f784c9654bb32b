"""The events of outreach: waves and planned contacts. Topic outreach.v1."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from contracts.events.ids import AuthorityId, ContactId, WaveId
from contracts.events.vocabulary import CallOutcome, Channel, StepKind, WithheldReason
from contracts.wire.event import Event, Moment, PersonEvent
from contracts.wire.sealed import Sealed

TOPIC = "outreach.v1"


class PlannedShare(BaseModel):
    """The number of contacts of a wave for one authority by one channel."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    municipality: AuthorityId
    channel: Channel
    contacts: int
    authority: AuthorityId | None = None  # the acting authority; None in older events: the municipality


class ExcludedShare(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    reason: WithheldReason
    people: int


class WaveDrafted(Event):
    """A wave is being prepared. routing must determine the responsible authorities again before it."""

    topic: ClassVar[str] = TOPIC

    wave_id: WaveId
    drafted_at: Moment


class WaveLaunched(Event):
    """Carries the frozen set as figures. Its members stay in outreach."""

    topic: ClassVar[str] = TOPIC

    wave_id: WaveId
    plan: str
    plan_version: int
    frozen_hash: str  # sha256, hex: what the second person approved
    launched_at: Moment
    planned: tuple[PlannedShare, ...]
    excluded: tuple[ExcludedShare, ...]


class WavePaused(Event):
    topic: ClassVar[str] = TOPIC

    wave_id: WaveId
    paused_at: Moment


class WaveResumed(Event):
    topic: ClassVar[str] = TOPIC

    wave_id: WaveId
    resumed_at: Moment


class WaveCancelled(Event):
    topic: ClassVar[str] = TOPIC

    wave_id: WaveId
    cancelled_at: Moment


class WaveCompleted(Event):
    topic: ClassVar[str] = TOPIC

    wave_id: WaveId
    completed_at: Moment


class ContactEvent(PersonEvent):
    contact_id: ContactId
    wave_id: WaveId
    municipality: AuthorityId
    authority: AuthorityId | None = None  # the acting authority; None in older events: the municipality


class ContactRequested(ContactEvent):
    """A message is due. notify sends it if the consent is still in force."""

    topic: ClassVar[str] = TOPIC

    template: str
    channels: tuple[Channel, ...]  # in order; the next one on a final failure only
    language: str
    requested_at: Moment
    not_after: Moment  # the end of the contact's window
    recipient: Sealed | None = None  # personal.Recipient, from routing
    covered_by: tuple[AuthorityId, ...] = ()  # from routing; empty in older events: the municipality


class CallListed(ContactEvent):
    """A call is due and is on the call list of the home authority."""

    topic: ClassVar[str] = TOPIC

    listed_at: Moment


class CallConcluded(ContactEvent):
    topic: ClassVar[str] = TOPIC

    outcome: CallOutcome
    concluded_at: Moment
    concluded_by: str | None = None  # who recorded the outcome


class ContactWithheld(ContactEvent):
    """A planned contact that was never attempted. notify publishes MessageWithheld for its messages."""

    topic: ClassVar[str] = TOPIC

    kind: StepKind
    reason: WithheldReason
    withheld_at: Moment
