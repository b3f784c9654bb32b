"""What registration counts on top of kit's metrics."""

from prometheus_client import Counter

from kit.runtime.metrics import EXERCISE, REGISTRY, counter

ROWS = counter(
    "folgeskab_registration_import_rows_total",
    "Rows of imported files, by what became of them",
    became=("registered", "already_there", "bad"),
    exercise=EXERCISE,
)
FORGOTTEN = counter(
    "folgeskab_registration_forgotten_total",
    "People forgotten: because they asked, or because their incident's last day is over",
    exercise=EXERCISE,
)
IMPORTS = counter(
    "folgeskab_registration_imports_total",
    "Imports of files that have ended, by how",
    ended=("done", "failed", "interrupted"),
    exercise=EXERCISE,
)
PUBLIC_FORM = counter(
    "folgeskab_registration_public_form_total",
    "Public forms sent: taken, refused (mistakes), limited (too many), closed or unreadable",
    became=("taken", "refused", "limited", "closed", "unreadable"),
    exercise=EXERCISE,
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
