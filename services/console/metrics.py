"""The console's own metrics."""

from prometheus_client import Gauge

from kit.runtime.metrics import EXERCISE, REGISTRY, gauge

VIEWERS = Gauge("folgeskab_console_viewers", "Open pages that receive live updates", registry=REGISTRY)
UNACCOUNTED = gauge(
    "folgeskab_console_unaccounted_people",
    "Registered people missing from the buckets (above 0) or counted twice (below 0); must be 0",
    exercise=EXERCISE,
)
RECONCILED = Gauge(
    "folgeskab_console_reconciled_seconds_ago",
    "Seconds since the last recount of all people, or since the start",
    registry=REGISTRY,
)
WAVE_CONTACTS = Gauge(
    "folgeskab_console_wave_contacts",
    "Contacts of recent waves, by plan and launch time, channel and state",
    ("wave", "channel", "state", "exercise"),
    registry=REGISTRY,
)
