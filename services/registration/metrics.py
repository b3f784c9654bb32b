"""The metrics of registration besides those of kit."""

from prometheus_client import Counter

from kit.runtime.metrics import EXERCISE, REGISTRY, counter

ROWS = counter(
    "folgeskab_registration_import_rows_total",
    "Rows of imported files, by outcome",
    became=("registered", "already_there", "bad"),
    exercise=EXERCISE,
)
FORGOTTEN = counter(
    "folgeskab_registration_forgotten_total",
    "People erased, on request or after the retention date of their incident",
    exercise=EXERCISE,
)
IMPORTS = counter(
    "folgeskab_registration_imports_total",
    "Finished imports of files, by how they ended",
    ended=("done", "failed", "interrupted"),
    exercise=EXERCISE,
)
PUBLIC_FORM = counter(
    "folgeskab_registration_public_form_total",
    "Submitted public forms: taken, refused (invalid), limited (too many), closed or unreadable",
    became=("taken", "refused", "limited", "closed", "unreadable"),
    exercise=EXERCISE,
)
DUPLICATES_FOUND = Counter(
    "folgeskab_registration_duplicates_found_total",
    "Pairs of similar registrations proposed to a person, counted at each comparison",
    registry=REGISTRY,
)
DUPLICATES_CUT = Counter(
    "folgeskab_registration_duplicate_candidates_cut_total",
    "Values (name, telephone, birth date) shared by more people than the matcher compares",
    registry=REGISTRY,
)
