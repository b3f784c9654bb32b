"""The console's own metric."""

from prometheus_client import Gauge

from kit.metrics import REGISTRY

VIEWERS = Gauge("folgeskab_console_viewers", "Pages that are open and live", registry=REGISTRY)
