"""The columns of the tables that are read completely.

They are listed so that a new column changes no result. With `select *` a statement prepared before a
migration would fail after it, in every running process.
"""

from typing import Final


def of(alias: str, columns: tuple[str, ...]) -> str:
    return ", ".join(f'{alias}."{column}"' for column in columns)


REGISTRATION: Final = (
    "id",
    "incident_id",
    "repeat_of",
    "role",
    "place",
    "presence",
    "registered_at",
    "registered_by",
    "language",
    "interpreter",
    "age_band",
    "channels",
    "identity",
    "contact",
    "note",
    "registration_until",
    "contact_until",
    "withdrawn",
    "forgotten_at",
    "forgotten_by",
    "forgotten_why",
    "key_deleted_at",
    "circumstances",
    "preferred_channel",
    "lent_at",
    "within",
    "compared_at",
    "index_version",
    "device_at",
)
PERSON_VERSION: Final = (
    "id",
    "registration_id",
    "number",
    "key_of",
    "changed",
    "replaced_at",
    "replaced_by",
    "why",
    "role",
    "presence",
    "language",
    "interpreter",
    "age_band",
    "channels",
    "preferred_channel",
    "identity",
    "contact",
    "note",
    "circumstances",
    "addressed",
)
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
CONTACT_RESTRICTION: Final = (
    "id",
    "registration_id",
    "reason",
    "key_of",
    "barred_at",
    "barred_by",
    "barred_why",
    "lifted_at",
    "lifted_by",
    "lifted_why",
)
DUPLICATE: Final = (
    "id",
    "incident_id",
    "one",
    "other",
    "score",
    "reasons",
    "state",
    "found_at",
    "suggested_by",
)
DUPLICATE_STEP: Final = (
    "id",
    "duplicate_id",
    "step",
    "at",
    "by",
    "why",
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
LINK: Final = (
    "id",
    "kind",
    "one",
    "other",
    "made_at",
    "made_by",
    "ended_at",
    "ended_by",
)
INCIDENT_CHANGE: Final = (
    "id",
    "incident_id",
    "at",
    "by",
    "what",
    "changed",
    "was",
    "why",
)
LEARNED_NUMBER: Final = (
    "registration_id",
    "number",
    "learned_at",
)
MENTION_SEARCH: Final = (
    "registration_id",
    "searched",
    "people",
    "at",
)
