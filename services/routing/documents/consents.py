"""The two consents of a person as the record of a handover shows them, with their documentation opened."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from contracts.events import personal
from contracts.events.vocabulary import Purpose
from kit.privacy.sealing import DataKey, Unopenable


@dataclass(frozen=True, slots=True)
class DocumentedConsent:
    """One purpose. `documentation` None: not told, or nothing opens it any more."""

    row: asyncpg.Record  # store.consents.of_person
    withdrawn_at: datetime | None
    documentation: personal.ConsentDocumentation | None = field(repr=False)


def document_consents(
    rows: Sequence[asyncpg.Record], keys: Mapping[UUID, DataKey]
) -> tuple[DocumentedConsent, ...]:
    """Return the last consent of each purpose that was told, also one withdrawn since."""
    last = {row["purpose"]: row for row in rows if _counts(row)}
    found = [last[purpose] for purpose in Purpose if purpose in last]
    return tuple(DocumentedConsent(row, _withdrawn(row), _opened(row, keys)) for row in found)


def _counts(row: asyncpg.Record) -> bool:
    """Tell if it stands beside the last time all consents were told anew, or was given since."""
    anew: datetime | None = row["all_restated_at"]
    return anew is None or row["given_at"] > anew or row["restated_at"] == anew


def _withdrawn(row: asyncpg.Record) -> datetime | None:
    contact = row["purpose"] == Purpose.CONTACT
    at: datetime | None = row["contact_withdrawn_at"] if contact else row["withdrawn_at"]
    return at if at is not None and at >= row["given_at"] else None


def _opened(row: asyncpg.Record, keys: Mapping[UUID, DataKey]) -> personal.ConsentDocumentation | None:
    key = keys.get(row["sealed_for"])
    if key is None or row["documentation"] is None:
        return None
    field_set = personal.consent_documentation(row["consent_id"])
    try:
        return key.open(field_set, row["documentation"], personal.ConsentDocumentation)
    except (Unopenable, msgspec.MsgspecError):
        return None
