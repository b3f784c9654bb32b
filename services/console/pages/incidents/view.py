"""What the pages show of an incident's figures, ready to be laid out."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from uuid import UUID

from services.console.i18n.translator import LABELS
from services.console.projection.contact import ContactStage
from services.console.projection.funnel import Funnel, StepProgress
from services.console.projection.person import PersonBucket
from services.console.projection.queries import IncidentRow

STEPS = ("registered", "consented", "routed", "planned", "handed_over", "delivered")
CHANNEL_STATES = (
    ContactStage.REQUESTED,
    ContactStage.HANDED_OVER,
    ContactStage.IN_DOUBT,
    ContactStage.DELIVERED,
    ContactStage.FAILED,
)
_GOOD = {PersonBucket.DELIVERED, PersonBucket.CALL_CONCLUDED}
_TROUBLE = {PersonBucket.UNRESOLVED, PersonBucket.IN_DOUBT, PersonBucket.FAILED}


@dataclass(frozen=True, slots=True)
class FunnelStep:
    name: str
    people: int
    of: int
    width: int  # thousandths of the widest


@dataclass(frozen=True, slots=True)
class BucketLine:
    bucket: str
    people: int
    mood: str  # good, trouble, calm
    todo: bool  # there is something a person can do about it


@dataclass(frozen=True, slots=True)
class PlaceLine:
    code: str
    name: str
    registered: int
    planned: int
    delivered: int
    calls_listed: int
    calls_concluded: int


@dataclass(frozen=True, slots=True)
class ChannelLine:
    channel: str
    states: tuple[int, ...]  # in the order of CHANNEL_STATES


@dataclass(frozen=True, slots=True)
class Figures:
    registered: int
    steps: tuple[FunnelStep, ...]
    buckets: tuple[BucketLine, ...]
    unresolved: int
    places: tuple[PlaceLine, ...]
    channels: tuple[ChannelLine, ...]
    withheld: Mapping[str, int]
    failed: Mapping[str, int]
    calls_listed: int
    calls_waiting: int
    calls_concluded: Mapping[str, int]
    calls_withheld: Mapping[str, int]
    progress: Mapping[str, tuple["ProgressLine", ...]]  # by wave


@dataclass(frozen=True, slots=True)
class ProgressLine:
    kind: str
    planned: int
    waiting: int
    ended: int
    states: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class IncidentHead:
    incident_id: UUID
    name: str
    kind: str
    place: str
    started_at: str
    authority: str
    hotline: str | None
    web_page: str | None
    exercise: bool
    closed_at: str | None
    registered: int


def head(incident: IncidentRow, names: Mapping[str, str]) -> IncidentHead:
    return IncidentHead(
        incident.incident_id,
        incident.name,
        incident.kind,
        incident.place,
        incident.started_at.isoformat(),
        names.get(incident.event_authority, incident.event_authority),
        incident.hotline,
        incident.web_page,
        incident.exercise,
        incident.closed_at.isoformat() if incident.closed_at else None,
        incident.registered,
    )


def figures(funnel: Funnel, names: Mapping[str, str]) -> Figures:
    steps = asdict(funnel.steps)
    registered = funnel.steps.registered
    progress = [step for wave in funnel.waves.values() for step in wave]
    return Figures(
        registered=registered,
        steps=tuple(
            [FunnelStep(s, steps[s], registered, round(1000 * steps[s] / max(registered, 1))) for s in STEPS]
        ),
        buckets=tuple([_bucket(bucket, n) for bucket, n in funnel.buckets.items() if n]),
        unresolved=funnel.steps.unresolved,
        places=tuple(_places(funnel, names)),
        channels=tuple(
            [
                ChannelLine(channel, tuple([states.get(state, 0) for state in CHANNEL_STATES]))
                for channel, states in funnel.channels.items()
            ]
        ),
        withheld=funnel.withheld,
        failed=funnel.failed,
        calls_listed=funnel.calls.listed,
        calls_waiting=sum(p.waiting for p in progress if p.kind == "call"),
        calls_concluded=funnel.calls.concluded,
        calls_withheld=funnel.calls.withheld,
        progress={str(wave_id): tuple(map(_progress, steps)) for wave_id, steps in funnel.waves.items()},
    )


def _bucket(bucket: PersonBucket, people: int) -> BucketLine:
    mood = "good" if bucket in _GOOD else "trouble" if bucket in _TROUBLE else "calm"
    return BucketLine(bucket, people, mood, bucket in LABELS["todo"])


def _places(funnel: Funnel, names: Mapping[str, str]) -> list[PlaceLine]:
    return [
        PlaceLine(
            place.code,
            names.get(place.code, place.code),
            place.steps.registered,
            place.steps.planned,
            place.steps.delivered,
            place.calls_listed,
            place.calls_concluded,
        )
        for place in funnel.places
    ]


def _progress(progress: StepProgress) -> ProgressLine:
    states = tuple([(state.value, n) for state in ContactStage if (n := progress.states.get(state, 0))])
    return ProgressLine(progress.kind, progress.planned, progress.waiting, progress.ended, states)
