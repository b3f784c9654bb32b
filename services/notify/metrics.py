"""Metrics of notify, beside those of kit."""

from typing import Final

from prometheus_client import Counter, Gauge

from contracts.events.vocabulary import Channel
from kit.runtime.metrics import EXERCISE, REGISTRY, counter, gauge, histogram
from services.notify.domain.outcome import (
    Accepted,
    GuardRefused,
    InDoubt,
    Outcome,
    ProviderUnavailable,
    Rejected,
)
from services.notify.domain.transition import MessageState

CHANNELS = tuple(channel for channel in Channel if channel is not Channel.CALL)
OUTCOME_LABELS: Final[dict[type[Outcome], str]] = {
    Accepted: "accepted",
    Rejected: "rejected",
    InDoubt: "indoubt",
    ProviderUnavailable: "unavailable",
    GuardRefused: "refused",
}
OPEN_STATES = (MessageState.WAITING, MessageState.SENDING, MessageState.IN_DOUBT)

FENCED = Counter(
    "folgeskab_notify_fenced_total",
    "Late writes to messages that were refused after a receipt or another worker had updated them",
    registry=REGISTRY,
)
BECAME = counter(
    "folgeskab_notify_became_total",
    "State changes of messages, by the new state",
    state=MessageState,
    channel=CHANNELS,
    exercise=EXERCISE,
)
OPEN = gauge(
    "folgeskab_notify_open_messages",
    "Messages that have not reached a final state, by state",
    state=OPEN_STATES,
    channel=CHANNELS,
    exercise=EXERCISE,
)
OLDEST_DUE = gauge(
    "folgeskab_notify_oldest_due_seconds",
    "Age of the oldest request for a message that is due and not handed over, without paused waves",
    channel=CHANNELS,
    exercise=EXERCISE,
)
OLDEST_IN_DOUBT = gauge(
    "folgeskab_notify_oldest_in_doubt_seconds",
    "Age of the oldest attempt with an unknown outcome",
    channel=CHANNELS,
    exercise=EXERCISE,
)
OUTCOMES = Counter(
    "folgeskab_notify_outcomes_total",
    "Calls to providers, by channel and outcome",
    ("channel", "provider", "outcome", "exercise"),
    registry=REGISTRY,
)
HANDOVER_SECONDS = histogram(
    "folgeskab_notify_handover_seconds",
    "Seconds from the request for a message to its hand-over to the provider",
    buckets=(0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600, 14400, 86400),
    channel=CHANNELS,
    exercise=EXERCISE,
)
RECEIPTS = counter(
    "folgeskab_notify_receipts_total",
    "Receipts received, by kind",
    what=("new", "repeated", "foreign", "contradicting", "refused", "dropped"),
)
UNMATCHED = Gauge(
    "folgeskab_notify_unmatched_receipts", "Stored receipts that match no attempt yet", registry=REGISTRY
)


def add_provider(channel: Channel, provider: str) -> None:
    """Create the labels of one provider, so that its metrics start at 0."""
    for outcome in OUTCOME_LABELS.values():
        for exercise in EXERCISE:
            OUTCOMES.labels(channel, provider, outcome, exercise)
