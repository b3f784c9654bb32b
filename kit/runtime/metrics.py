"""Every metric of kit: name, unit, meaning. Labels are never personal data and never ids."""

import itertools
from collections.abc import Iterable
from typing import TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY = CollectorRegistry()
EXERCISE = ("no", "yes")  # the values of the label `exercise`
Metric = TypeVar("Metric", Counter, Gauge, Histogram)
_BATCH_SIZES = (1, 10, 50, 100, 250, 500, 1000, 2000, 5000)


def exercise(value: bool) -> str:  # noqa: FBT001 - the flag of the event
    """Return the label value of the flag `exercise`."""
    return "yes" if value else "no"


def _start(metric: Metric, values: Iterable[Iterable[str]]) -> Metric:
    for labels in itertools.product(*values):
        metric.labels(*labels)
    return metric


def counter(name: str, meaning: str, **labels: Iterable[str]) -> Counter:
    """Return a counter whose label values all exist from the start, so that the first increase is visible."""
    return _start(Counter(name, meaning, tuple(labels), registry=REGISTRY), labels.values())


def gauge(name: str, meaning: str, **labels: Iterable[str]) -> Gauge:
    """Return a gauge whose label values all exist from the start, at 0."""
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
    "folgeskab_batch_retries_total",
    "Batches retried after an error of the database or another dependency",
    registry=REGISTRY,
)
CIRCUIT_OPEN = Gauge(
    "folgeskab_circuit_open",
    "1 while a circuit breaker is open after repeated failures of the other side",
    ("target",),
    registry=REGISTRY,
)
LAG = Gauge(
    "folgeskab_lag_messages",
    "Messages in Kafka that no process of the service has handled",
    registry=REGISTRY,
)
BEHIND_SECONDS = Gauge(
    "folgeskab_behind_seconds",
    "Longest time in seconds for which a partition with unhandled messages has not moved",
    registry=REGISTRY,
)
OLDEST_SECONDS = Gauge(
    "folgeskab_oldest_unprocessed_seconds",
    "Age of the oldest event in the current batch of this process; 0 without a batch",
    registry=REGISTRY,
)
CONSUMER_FAILING = Gauge(
    "folgeskab_consumer_failing_seconds",
    "Seconds for which the current batch has failed and been retried; 0 without a failure",
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
RELAY_FAILURES = Counter("folgeskab_relay_failures_total", "Failed rounds of the relay", registry=REGISTRY)
RELAY_LEADER = Gauge("folgeskab_relay_leader", "1 in the process that leads the relay", registry=REGISTRY)
RELAY_HELD_SINCE = Gauge(
    "folgeskab_relay_held_since_timestamp_seconds",
    "Start of the open transaction that the relay waits for",
    ("pid", "application", "database"),
    registry=REGISTRY,
)
REPUBLISH_NEEDED = Gauge(
    "folgeskab_republish_needed",
    "1 if the topic was created again after events had been published to it",
    ("topic",),
    registry=REGISTRY,
)
SKIPPED = Gauge(
    "folgeskab_skipped_messages",
    "Messages that retention deleted before this service consumed them",
    ("topic",),
    registry=REGISTRY,
)
DEFAULT_PARTITION = Gauge(
    "folgeskab_default_partition_rows",
    "Rows in the default partition; the next maintenance moves them",
    ("table",),
    registry=REGISTRY,
)
OLDEST_TRANSACTION = Gauge(
    "folgeskab_oldest_transaction_seconds", "Age of the oldest transaction in the database", registry=REGISTRY
)
LOOP_FAILURES = Counter(
    "folgeskab_loop_failures_total",
    "Failed rounds of a background loop",
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
    "Seconds without a new round of a background loop, beyond its interval",
    ("loop",),
    registry=REGISTRY,
)
PARKED_OPEN = Gauge(
    "folgeskab_parked_messages", "Parked messages that were neither replayed nor discarded", registry=REGISTRY
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
    "Process clock minus database clock; beyond 5 s either way nothing is ended or deleted",
    registry=REGISTRY,
)
