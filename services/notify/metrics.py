"""What notify counts on top of kit's metrics."""

from prometheus_client import Counter, Gauge

from kit.metrics import REGISTRY

FENCED = Counter(
    "folgeskab_notify_fenced_total",
    "Late writes to messages refused because a receipt or another worker had moved them since",
    registry=REGISTRY,
)
BECAME = Counter(
    "folgeskab_notify_became_total", "Messages, by the state they came to", ("state",), registry=REGISTRY
)
OPEN = Gauge(
    "folgeskab_notify_open_messages", "Messages without an end, by state", ("state",), registry=REGISTRY
)
OUTCOMES = Counter(
    "folgeskab_notify_outcomes_total",
    "Calls to providers, by channel and what came of them",
    ("channel", "outcome"),
    registry=REGISTRY,
)
RECEIPTS = Counter(
    "folgeskab_notify_receipts_total",
    "Receipts taken in, by what they were: new, repeated, foreign, contradicting, refused, dropped",
    ("what",),
    registry=REGISTRY,
)
UNMATCHED = Gauge(
    "folgeskab_notify_unmatched_receipts", "Receipts kept that fit no attempt yet", registry=REGISTRY
)
