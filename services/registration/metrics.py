"""What registration counts on top of kit's metrics."""

from prometheus_client import Counter

from kit.metrics import REGISTRY

ROWS = Counter(
    "folgeskab_registration_import_rows_total",
    "Rows of imported files: registered, already_there or bad",
    ("became",),
    registry=REGISTRY,
)
FORGOTTEN = Counter(
    "folgeskab_registration_forgotten_total",
    "People forgotten: because they asked, or because their incident's last day is over",
    registry=REGISTRY,
)
IMPORTS = Counter(
    "folgeskab_registration_imports_total",
    "Imports of files that have ended: done, failed or interrupted",
    ("ended",),
    registry=REGISTRY,
)
