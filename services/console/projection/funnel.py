"""Figures of one incident, assembled from the counters."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from contracts.events.vocabulary import Channel, StepKind
from services.console.projection.contact import ContactStage
from services.console.projection.person import PersonBucket, Stage
from services.console.projection.wave import LaunchedWaveState, WaveProjection


class PeopleRow(NamedTuple):
    municipality: str
    bucket: PersonBucket
    stages: Stage
    people: int


class ContactRow(NamedTuple):
    wave_id: UUID
    municipality: str  # only for calls
    kind: StepKind
    channel: str
    state: ContactStage
    reason: str
    contacts: int


@dataclass(frozen=True, slots=True)
class StepCounts:
    """Number of people who passed each step. A later step includes the earlier ones."""

    registered: int = 0
    consented: int = 0
    routed: int = 0
    unresolved: int = 0
    planned: int = 0
    handed_over: int = 0
    delivered: int = 0


@dataclass(frozen=True, slots=True)
class AuthorityFigures:
    """People and calls of one authority. The code is empty if no authority is responsible yet."""

    code: str
    steps: StepCounts
    calls_listed: int
    calls_concluded: int


@dataclass(frozen=True, slots=True)
class CallCounts:
    listed: int
    concluded: Mapping[str, int]  # by outcome
    withheld: Mapping[str, int]  # by reason


@dataclass(frozen=True, slots=True)
class StepProgress:
    """Contacts of one kind in one wave. `waiting`: planned, without any event yet."""

    kind: StepKind
    planned: int
    waiting: int
    states: Mapping[ContactStage, int]

    @property
    def ended(self) -> int:
        ends = (ContactStage.DELIVERED, ContactStage.FAILED, ContactStage.CONCLUDED, ContactStage.WITHHELD)
        return sum(self.states.get(state, 0) for state in ends)


@dataclass(frozen=True, slots=True)
class Funnel:
    steps: StepCounts
    buckets: Mapping[PersonBucket, int]  # the sum is steps.registered
    places: Sequence[AuthorityFigures]
    channels: Mapping[str, Mapping[ContactStage, int]]  # messages by the channel last tried
    calls: CallCounts
    withheld: Mapping[str, int]  # messages by reason
    failed: Mapping[str, int]  # messages by code
    waves: Mapping[UUID, Sequence[StepProgress]]


def assemble(
    people: Sequence[PeopleRow], contacts: Sequence[ContactRow], waves: Mapping[UUID, WaveProjection]
) -> Funnel:
    progress = {wave_id: _progress(wave_id, wave, contacts) for wave_id, wave in waves.items()}
    buckets = dict.fromkeys(PersonBucket, 0)
    for row in people:
        buckets[row.bucket] += row.people
    waiting = min(_people_waiting(progress), buckets[PersonBucket.NOT_PLANNED])
    buckets[PersonBucket.NOT_PLANNED] -= waiting
    buckets[PersonBucket.PLANNED] += waiting
    messages = [row for row in contacts if row.kind is StepKind.MESSAGE]
    calls = [row for row in contacts if row.kind is StepKind.CALL]
    return Funnel(
        steps=_steps(people, waiting),
        buckets=buckets,
        places=_places(people, calls),
        channels=_channels(messages),
        calls=CallCounts(
            sum(row.contacts for row in calls if row.state is ContactStage.LISTED),
            _by_reason(calls, ContactStage.CONCLUDED),
            _by_reason(calls, ContactStage.WITHHELD),
        ),
        withheld=_by_reason(messages, ContactStage.WITHHELD),
        failed=_by_reason(messages, ContactStage.FAILED),
        waves=progress,
    )


def _steps(people: Sequence[PeopleRow], waiting: int = 0) -> StepCounts:
    by_stages: Counter[Stage] = Counter()
    for row in people:
        by_stages[row.stages] += row.people
    passed = {stage: sum(n for stages, n in by_stages.items() if stage in stages) for stage in Stage}
    return StepCounts(
        registered=sum(row.people for row in people),
        consented=passed[Stage.CONSENTED],
        routed=passed[Stage.ROUTED],
        unresolved=passed[Stage.UNRESOLVED],
        planned=passed[Stage.PLANNED] + waiting,
        handed_over=passed[Stage.HANDED_OVER],
        delivered=passed[Stage.DELIVERED],
    )


def _places(people: Sequence[PeopleRow], calls: Sequence[ContactRow]) -> list[AuthorityFigures]:
    """Return the figures by authority: the largest first, people without an authority last."""
    by_code: dict[str, list[PeopleRow]] = defaultdict(list)
    for row in people:
        by_code[row.municipality].append(row)
    called: Counter[tuple[str, ContactStage]] = Counter()
    for call in calls:
        called[call.municipality, call.state] += call.contacts
    codes = by_code.keys() | {code for code, _ in called}
    places = [
        AuthorityFigures(
            code,
            _steps(by_code[code]),
            called[code, ContactStage.LISTED],
            called[code, ContactStage.CONCLUDED],
        )
        for code in sorted(codes)
    ]
    return sorted(places, key=lambda place: (not place.code, -place.steps.registered))


def _channels(messages: Sequence[ContactRow]) -> dict[str, dict[ContactStage, int]]:
    found: dict[str, dict[ContactStage, int]] = {}
    for channel in Channel:
        for row in messages:
            if row.channel == channel:
                states = found.setdefault(channel, {})
                states[row.state] = states.get(row.state, 0) + row.contacts
    return found


def _by_reason(rows: Sequence[ContactRow], state: ContactStage) -> dict[str, int]:
    counted: Counter[str] = Counter()
    for row in rows:
        if row.state is state:
            counted[row.reason] += row.contacts
    return dict(counted.most_common())


def _progress(wave_id: UUID, wave: WaveProjection, contacts: Sequence[ContactRow]) -> list[StepProgress]:
    planned: Counter[StepKind] = Counter()
    for _, channel, number in wave.launch.planned if wave.launch else ():
        planned[StepKind.CALL if channel == Channel.CALL else StepKind.MESSAGE] += number
    states: dict[StepKind, Counter[ContactStage]] = {kind: Counter() for kind in StepKind}
    for row in contacts:
        if row.wave_id == wave_id:
            states[row.kind][row.state] += row.contacts
    ended = wave.state in {LaunchedWaveState.COMPLETED, LaunchedWaveState.CANCELLED}
    return [
        StepProgress(
            kind,
            planned[kind],
            0 if ended else max(0, planned[kind] - states[kind].total()),
            dict(states[kind]),
        )
        for kind in StepKind
        if planned[kind] or states[kind]
    ]


def _people_waiting(progress: Mapping[UUID, Sequence[StepProgress]]) -> int:
    """Count planned people without any event yet, by the first kind of contact of each wave."""
    return sum(steps[0].waiting for steps in progress.values() if steps)
