"""The columns of the tables that are read completely.

They are listed so that a new column changes no result. With `select *` a statement prepared before a
migration would fail after it, in every running process.
"""

from typing import Final


def of(alias: str, columns: tuple[str, ...]) -> str:
    return ", ".join(f'{alias}."{column}"' for column in columns)


CONSENT_ENTRY: Final = (
    "id",
    "registration_id",
    "kind",
    "purpose",
    "at",
    "recorded_at",
    "recorded_by",
    "channels",
    "expires_at",
    "wording",
    "language",
    "obtained",
    "form_number",
    "key_of",
    "documentation",
    "withdrawn_by",
    "authorities",
    "told_by",
    "unconfirmed",
    "withdrawn_on",
    "device_at",
)
MERGE: Final = (
    "id",
    "duplicate_id",
    "away",
    "into_id",
    "merged_at",
    "gained",
    "undone_at",
)
