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
PUBLIC_FORM = Counter(
    "folgeskab_registration_public_form_total",
    "Public forms sent: taken, refused (mistakes), limited (too many), closed or unreadable",
    ("became",),
    registry=REGISTRY,
)
DUPLICATES_FOUND = Counter(
    "folgeskab_registration_duplicates_found_total",
    "Pairs of registrations found alike enough for a person to look at, each time they are compared",
    registry=REGISTRY,
)
DUPLICATES_CUT = Counter(
    "folgeskab_registration_duplicate_candidates_cut_total",
    "Values (a name, a telephone, a birth date) shared by more people than are compared with one",
    registry=REGISTRY,
)
