"""A plan: what is done for a person, step by step, counted from the launch of a wave."""

from dataclasses import dataclass
from datetime import timedelta

from contracts.vocabulary import Channel, StepKind
from services.outreach.domain.window import Window


@dataclass(frozen=True, slots=True)
class Step:
    kind: StepKind
    offset: timedelta  # from the launch
    template: str  # empty for a call
    channels: tuple[Channel, ...]  # in order of preference
    window: Window
    not_after: timedelta  # from the launch; final
    attempts: int  # calls without an answer before it is given up


@dataclass(frozen=True, slots=True)
class Plan:
    name: str
    version: int
    steps: tuple[Step, ...]
