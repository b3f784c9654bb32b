"""Read the plan files (YAML). Each field is checked when the service starts."""

import re
from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Final, Self

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    model_validator,
)

from contracts.events.vocabulary import Channel, StepKind
from services.outreach.domain.plan import ContactPlan, PlanStep
from services.outreach.domain.window import MIDNIGHT, Window, is_steady

SHIPPED: Final = Path(__file__).parent
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class PlanError(ValueError):
    """A plan file is invalid. The text names the file, the field and the reason."""


def _minutes(value: object) -> int:
    hours, colon, minutes = str(value).partition(":")
    if not (colon and hours.isdecimal() and minutes.isdecimal() and int(minutes) < 60):  # noqa: PLR2004 - minutes
        raise ValueError('write the time in quotes, like "08:00"')
    found = int(hours) * 60 + int(minutes)
    if found > MIDNIGHT:
        raise ValueError("a day ends at 24:00")
    if not is_steady(found):
        raise ValueError(
            "a window must not begin or end between 02:00 and 03:00, which summer time skips or repeats"
        )
    return found


def _day(value: object) -> str:
    if value not in DAYS:
        raise ValueError(f"write a day as one of {', '.join(DAYS)}")
    return str(value)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


_ISO_8601: Final = re.compile(r"P(?!$)(\d+Y)?(\d+W)?(\d+D)?(T(?!$)(\d+H)?(\d+M)?(\d+S)?)?")


def _duration(value: object) -> str:
    """Reject numbers (7 would be 7 seconds) and months, which vary in length. A year is 365 days."""
    if not isinstance(value, str) or not _ISO_8601.fullmatch(value):
        raise ValueError("write an ISO 8601 duration in weeks, days, hours or minutes, like P7D or PT12H")
    return value


_Strict = ConfigDict(extra="forbid", frozen=True)
TimeOfDay = Annotated[int, BeforeValidator(_minutes), PlainSerializer(_clock)]
Duration = Annotated[timedelta, BeforeValidator(_duration)]


class WindowFile(BaseModel):
    model_config = _Strict

    days: tuple[Annotated[str, BeforeValidator(_day)], ...] = Field(DAYS, min_length=1)
    begins: TimeOfDay
    ends: TimeOfDay
    holidays: bool = False  # open on public holidays too (domain/holidays.py)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.begins >= self.ends:
            raise ValueError("the window must end after it begins, on the same day")
        return self


class StepFile(BaseModel):
    model_config = _Strict

    kind: StepKind
    offset: Duration
    template: str = ""
    channels: tuple[Channel, ...] = Field(min_length=1)
    window: WindowFile
    not_after: Duration
    attempts: int = Field(5, ge=1)

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        if len(set(self.channels)) < len(self.channels):
            raise ValueError("a channel is listed twice")
        if self.not_after <= self.offset:
            raise ValueError("not_after must be later than offset")
        if self.kind is StepKind.CALL and self.channels != (Channel.CALL,):
            raise ValueError("a call must have the channel call and no other")
        if self.kind is StepKind.MESSAGE and (Channel.CALL in self.channels or not self.template):
            raise ValueError("a message must have a template, and channels other than call")
        return self


class PlanFile(BaseModel):
    model_config = _Strict

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    version: int = Field(ge=1)
    steps: tuple[StepFile, ...] = Field(min_length=1)


def read(path: Path) -> PlanFile:
    try:
        plan = PlanFile.model_validate(yaml.safe_load(path.read_text("utf-8")))
    except yaml.YAMLError as error:
        raise PlanError(f"{path.name}: not YAML: {error}") from None
    except ValidationError as error:
        raise PlanError(f"{path.name}: {'; '.join(map(_flaw, error.errors()))}") from None
    if plan.name != path.stem:
        raise PlanError(f"{path.name}: name: must match the file name, {path.stem}")
    return plan


def _flaw(error: Any) -> str:
    """Describe an error: ("steps", 0, "window", "begins") becomes "step 1: window.begins"."""
    path, step = list(error["loc"]), ""
    if path[:1] == ["steps"] and len(path) > 1:
        step, path = f"step {path[1] + 1}: ", path[2:]
    where = ".".join(str(part) for part in path) or ("" if step else "the file")
    return f"{step}{where}{': ' if where else ''}{error['msg'].removeprefix('Value error, ')}"


def load(folder: Path = SHIPPED) -> Mapping[str, str]:
    """Return the text of each plan by name, as a wave stores it. Raise PlanError."""
    return {path.stem: as_text(read(path)) for path in sorted(folder.glob("*.yaml"))}


def as_text(plan: PlanFile) -> str:
    """Serialize a plan: equal plans give equal texts. A wave keeps this text when the file changes."""
    return plan.model_dump_json()


@lru_cache(maxsize=64)
def from_text(text: str) -> ContactPlan:
    plan = PlanFile.model_validate_json(text)
    return ContactPlan(plan.name, plan.version, tuple(_step(step) for step in plan.steps))


def _step(step: StepFile) -> PlanStep:
    window = step.window
    days = frozenset(DAYS.index(day) for day in window.days)
    return PlanStep(
        kind=step.kind,
        offset=step.offset,
        template=step.template,
        channels=step.channels,
        window=Window(days, window.begins, window.ends, window.holidays),
        not_after=step.not_after,
        attempts=step.attempts,
    )
