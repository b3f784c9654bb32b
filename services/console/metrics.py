"""The console's own metrics."""

from prometheus_client import Gauge

from kit.runtime.metrics import EXERCISE, REGISTRY, gauge

VIEWERS = Gauge("folgeskab_console_viewers", "Pages that are open and live", registry=REGISTRY)
UNACCOUNTED = gauge(
    "folgeskab_console_unaccounted_people",
    "Registered people in no bucket (above 0) or in two (below 0): always 0",
    exercise=EXERCISE,
)
RECONCILED = Gauge(
    "folgeskab_console_reconciled_seconds_ago",
    "Seconds since everybody was last counted anew, or since the start",
    registry=REGISTRY,
)
WAVE_CONTACTS = Gauge(
    "folgeskab_console_wave_contacts",
    "Contacts of the waves of the last days, by plan and time of the launch, channel and state",
    ("wave", "channel", "state", "exercise"),
    registry=REGISTRY,
)
