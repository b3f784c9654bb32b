"""A contact plan: its steps, timed from the launch of a wave."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from contracts.events.vocabulary import Channel, StepKind
from services.outreach.domain.window import Window

Content = tuple[StepKind, str]  # kind and template; contacts with equal content are repeats
NO_CONTENT: Final[frozenset[Content]] = frozenset()


@dataclass(frozen=True, slots=True)
class PlanStep:
    kind: StepKind
    offset: timedelta  # from the launch
    template: str  # empty for a call
    channels: tuple[Channel, ...]  # in order of preference
    window: Window
    not_after: timedelta  # from the launch; the contact ends then
    attempts: int  # unanswered calls before it is given up

    @property
    def content(self) -> Content:
        return self.kind, self.template


@dataclass(frozen=True, slots=True)
class ContactPlan:
    name: str
    version: int
    steps: tuple[PlanStep, ...]
