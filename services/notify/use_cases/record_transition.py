"""Record transitions of messages as updates and events, after a call, an enquiry or a receipt."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final, assert_never

from contracts.events.notify import (
    ContactDelivered,
    ContactFailed,
    ContactFellBack,
    ContactHandedOver,
    ContactInDoubt,
    MessageWithheld,
)
from contracts.events.vocabulary import Channel
from contracts.wire.event import Event
from kit.database import outbox
from kit.database.database import Session
from kit.runtime.metrics import exercise
from kit.runtime.retries import pause_after
from services.notify import metrics
from services.notify.domain.receipt import AttemptState
from services.notify.domain.transition import (
    Delivered,
    DeliveryFailed,
    Doubtful,
    FallBack,
    HandedOver,
    MessageState,
    Transition,
    TryAgain,
    Withheld,
)
from services.notify.store import messages
from services.notify.store.messages import MessageRow, MessageUpdate

UNASKED: Final = timedelta(days=1)
_FIRST_PAUSE, _LONGEST_PAUSE = 2.0, 300.0  # seconds


def channels_left(row: MessageRow) -> tuple[Channel, ...]:
    return tuple(Channel(name) for name in row.channels[row.position :])


def channel_of(row: MessageRow) -> Channel:
    return Channel(row.channels[row.position - 1])


def pause_of(row: MessageRow) -> timedelta:
    """Return the pause before the next try of a message."""
    return timedelta(seconds=pause_after(row.tries, first=_FIRST_PAUSE, longest=_LONGEST_PAUSE))


async def record(
    session: Session,
    transitions: Sequence[tuple[MessageRow, Transition]],
    at: datetime,
    enquiry_after: Mapping[Channel, timedelta],
    *,
    answered: bool = False,
) -> int:
    """Write transitions under each epoch and emit their events; return how many were refused by the epoch.

    `answered`: the transitions come from provider answers. They count even for a lost message.
    """
    if not transitions:
        return 0
    await messages.lock_without_reading(session, [row.contact_id for row, _ in transitions])
    updates = [
        replace(
            build_update(row, what, enquiry_after.get(channel_of(row), UNASKED)),
            answered=answered and not isinstance(what, Doubtful),
        )
        for row, what in transitions
    ]
    written = await messages.update(session, updates)
    kept = [(row, what) for row, what in transitions if row.contact_id in written]
    await outbox.emit(session, [event for row, what in kept for event in events(row, what, at)])
    count_states(
        [
            (row, each.state)
            for (row, _), each in zip(transitions, updates, strict=True)
            if each.contact_id in written
        ]
    )
    _time_handovers([row for row, what in kept if isinstance(what, HandedOver)], at)
    fenced = len(updates) - len(written)
    metrics.FENCED.inc(fenced)
    return fenced


def count_states(became: Iterable[tuple[MessageRow, MessageState]]) -> None:
    """Count state changes. `became`: the row before the update, and the new state."""
    counts = Counter((state, channel_of(row), exercise(row.exercise)) for row, state in became)
    for labels, number in counts.items():
        metrics.BECAME.labels(*labels).inc(number)


def _time_handovers(rows: Iterable[MessageRow], at: datetime) -> None:
    for row in rows:
        seconds = max(0.0, (at - row.requested_at).total_seconds())
        metrics.HANDOVER_SECONDS.labels(channel_of(row), exercise(row.exercise)).observe(seconds)


def build_update(
    row: MessageRow, transition: Transition, enquiry_after: timedelta = UNASKED
) -> MessageUpdate:
    still = MessageUpdate(row.contact_id, row.epoch, MessageState.WAITING, row.position, row.attempt_id)
    return _become(still, transition, enquiry_after)


def _become(still: MessageUpdate, transition: Transition, enquiry_after: timedelta) -> MessageUpdate:
    match transition:
        case HandedOver(provider_id, delivered):
            state = MessageState.DELIVERED if delivered else MessageState.HANDED_OVER
            now = AttemptState.DELIVERED if delivered else AttemptState.HANDED_OVER
            moved = replace(still, state=state, attempt_state=now, provider_id=provider_id or None)
        case Delivered():
            moved = replace(still, state=MessageState.DELIVERED, attempt_state=AttemptState.DELIVERED)
        case Doubtful(why):
            in_doubt = replace(still, state=MessageState.IN_DOUBT, attempt_state=AttemptState.IN_DOUBT)
            moved = replace(in_doubt, wait=enquiry_after, code=why)
        case TryAgain(after):
            moved = replace(still, attempt_state=AttemptState.UNSENT, wait=after)
        case FallBack(code, _):
            next_one = replace(still, position=still.position + 1, keep_attempt=False)
            moved = replace(next_one, attempt_state=AttemptState.FAILED, code=code)
        case DeliveryFailed(code):
            ended = replace(still, state=MessageState.FAILED, reason=code)
            moved = replace(ended, attempt_state=AttemptState.FAILED, code=code)
        case Withheld(reason):
            ended = replace(still, state=MessageState.WITHHELD, reason=reason)
            moved = replace(ended, attempt_state=AttemptState.WITHHELD)
        case _:
            assert_never(transition)
    return moved


def events(row: MessageRow, transition: Transition, at: datetime) -> list[Event]:
    about: dict[str, Any] = {
        "incident_id": row.incident_id,
        "exercise": row.exercise,
        "registration_id": row.registration_id,
        "contact_id": row.contact_id,
        "wave_id": row.wave_id,
        "municipality": row.municipality,
        "authority": row.authority,
    }
    channel = channel_of(row)
    by: dict[str, Any] = {"attempt_id": row.attempt_id, "channel": channel}
    events: list[Event] = []
    match transition:
        case HandedOver(_, delivered):
            handed_over = ContactHandedOver(**about, **by, handed_over_at=at)
            events += [handed_over, *([ContactDelivered(**about, **by, delivered_at=at)] * delivered)]
        case Delivered():
            events.append(ContactDelivered(**about, **by, delivered_at=at))
        case Doubtful():
            events.append(ContactInDoubt(**about, **by, in_doubt_at=at))
        case TryAgain():
            pass
        case FallBack(code, to):
            events.append(
                ContactFellBack(**about, failed_channel=channel, next_channel=to, code=code, failed_at=at)
            )
        case DeliveryFailed(code):
            events.append(ContactFailed(**about, channel=channel, code=code, failed_at=at))
        case Withheld(reason):
            events.append(MessageWithheld(**about, reason=reason, withheld_at=at))
        case _:
            assert_never(transition)
    return events
