"""Every metric, once: name, unit, meaning. Labels are never personal and never ids."""

import itertools
from collections.abc import Iterable
from typing import TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY = CollectorRegistry()
EXERCISE = ("no", "yes")  # the values of the label `exercise`
Metric = TypeVar("Metric", Counter, Gauge, Histogram)
_BATCH_SIZES = (1, 10, 50, 100, 250, 500, 1000, 2000, 5000)


def exercise(value: bool) -> str:  # noqa: FBT001 - the word for it
    """Return the label of an exercise, or of the real thing."""
    return "yes" if value else "no"


def _start(metric: Metric, values: Iterable[Iterable[str]]) -> Metric:
    for labels in itertools.product(*values):
        metric.labels(*labels)
    return metric


def counter(name: str, meaning: str, **labels: Iterable[str]) -> Counter:
    """Return a counter each of whose labels exists from the start: a first increase is an increase."""
    return _start(Counter(name, meaning, tuple(labels), registry=REGISTRY), labels.values())


def gauge(name: str, meaning: str, **labels: Iterable[str]) -> Gauge:
    """Return a gauge each of whose labels exists from the start, at 0."""
    return _start(Gauge(name, meaning, tuple(labels), registry=REGISTRY), labels.values())


def histogram(name: str, meaning: str, buckets: Iterable[float], **labels: Iterable[str]) -> Histogram:
    made = Histogram(name, meaning, tuple(labels), buckets=tuple(buckets), registry=REGISTRY)
    return _start(made, labels.values())


CONSUMED = counter(
    "folgeskab_consumed_total",
    "Messages handled, by outcome",
    outcome=("handled", "seen_before"),
)
BATCH_SIZE = Histogram(
    "folgeskab_batch_messages",
    "Messages in a batch taken from Kafka",
    buckets=_BATCH_SIZES,
    registry=REGISTRY,
)
BATCH_SECONDS = Histogram(
    "folgeskab_batch_seconds", "Seconds from taking a batch to its committed offset", registry=REGISTRY
)
BATCH_RETRIES = Counter(
    "folgeskab_batch_retries_total", "Batches tried again because of the surroundings", registry=REGISTRY
)
LAG = Gauge(
    "folgeskab_lag_messages",
    "Messages in Kafka the service has not handled, of all its processes",
    registry=REGISTRY,
)
BEHIND_SECONDS = Gauge(
    "folgeskab_behind_seconds",
    "Seconds for which a partition with unhandled messages has not moved, the longest",
    registry=REGISTRY,
)
OLDEST_SECONDS = Gauge(
    "folgeskab_oldest_unprocessed_seconds",
    "Age of the oldest event of the batch this process has in hand; 0 without one",
    registry=REGISTRY,
)
CONSUMER_FAILING = Gauge(
    "folgeskab_consumer_failing_seconds",
    "Seconds for which the batch in hand has failed and was tried again; 0 without a failure",
    registry=REGISTRY,
)
PARKED = Counter(
    "folgeskab_parked_total", "Messages parked because they cannot be handled", ("topic",), registry=REGISTRY
)
BRAKED = Gauge("folgeskab_braked", "1 while the brake has stopped the consumer", registry=REGISTRY)
RELAYED = Counter("folgeskab_relayed_total", "Events acknowledged by Kafka", registry=REGISTRY)
RELAY_BACKLOG = Gauge(
    "folgeskab_relay_backlog_events", "Events written and not yet acknowledged by Kafka", registry=REGISTRY
)
RELAY_OLDEST = Gauge(
    "folgeskab_relay_oldest_unsent_seconds",
    "Age of the oldest event written and not yet acknowledged by Kafka",
    registry=REGISTRY,
)
RELAY_FAILURES = Counter(
    "folgeskab_relay_failures_total", "Rounds of the relay that failed and are tried again", registry=REGISTRY
)
RELAY_LEADER = Gauge("folgeskab_relay_leader", "1 in the process that relays", registry=REGISTRY)
RELAY_HELD_SINCE = Gauge(
    "folgeskab_relay_held_since_timestamp_seconds",
    "When the open transaction began that the relay waits for",
    ("pid", "application", "database"),
    registry=REGISTRY,
)
REPUBLISH_NEEDED = Gauge(
    "folgeskab_republish_needed",
    "1 where the topic was made anew after events were sent into the old one",
    ("topic",),
    registry=REGISTRY,
)
SKIPPED = Gauge(
    "folgeskab_skipped_messages",
    "Messages that fell out of the topic's retention before this service had taken them",
    ("topic",),
    registry=REGISTRY,
)
DEFAULT_PARTITION = Gauge(
    "folgeskab_default_partition_rows",
    "Rows of a day without a partition of its own; the next maintenance moves them",
    ("table",),
    registry=REGISTRY,
)
OLDEST_TRANSACTION = Gauge(
    "folgeskab_oldest_transaction_seconds", "Age of the oldest transaction in the database", registry=REGISTRY
)
LOOP_FAILURES = Counter(
    "folgeskab_loop_failures_total",
    "Rounds of a background loop that failed and are tried again",
    ("loop",),
    registry=REGISTRY,
)
LOOP_FAILING = Gauge(
    "folgeskab_loop_failing_seconds",
    "Seconds for which every round of a background loop has failed; 0 without a failure",
    ("loop",),
    registry=REGISTRY,
)
LOOP_LATE = Gauge(
    "folgeskab_loop_late_seconds",
    "Seconds for which a background loop has begun no round, beyond its interval",
    ("loop",),
    registry=REGISTRY,
)
PARKED_OPEN = Gauge(
    "folgeskab_parked_messages", "Parked messages that nobody has replayed or discarded", registry=REGISTRY
)
MEASUREMENT_FAILING = Gauge(
    "folgeskab_measurement_failing_seconds",
    "Seconds for which the gauges of a source (database, broker, ...) could not be measured",
    ("source",),
    registry=REGISTRY,
)
REQUESTS_REFUSED = Counter(
    "folgeskab_requests_refused_total",
    "Requests answered 503 because the database was away, full or busy",
    registry=REGISTRY,
)
CLOCK_DRIFT = Gauge(
    "folgeskab_clock_drift_seconds",
    "The process clock minus the database clock; beyond 5 s either way nothing is ended or deleted",
    registry=REGISTRY,
)
