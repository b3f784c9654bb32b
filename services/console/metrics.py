"""The console's own metrics."""

from prometheus_client import Gauge

from kit.metrics import REGISTRY

VIEWERS = Gauge("folgeskab_console_viewers", "Pages that are open and live", registry=REGISTRY)
UNACCOUNTED = Gauge(
    "folgeskab_console_unaccounted_people",
    "Registered people in no bucket (above 0) or in two (below 0): always 0",
    registry=REGISTRY,
)
