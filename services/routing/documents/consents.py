"""The consents of a person for the record of a handover, with their documentation opened."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import msgspec

from contracts.events import personal
from contracts.events.vocabulary import Purpose
from kit.privacy.sealing import DataKey, Unopenable
from services.routing.store.consents import ToldConsent


@dataclass(frozen=True, slots=True)
class DocumentedConsent:
    """The consent for one purpose. `documentation` is None if it is missing or no key opens it."""

    row: ToldConsent
    withdrawn_at: datetime | None
    documentation: personal.ConsentDocumentation | None = field(repr=False)


def document_consents(
    rows: Sequence[ToldConsent], keys: Mapping[UUID, DataKey]
) -> tuple[DocumentedConsent, ...]:
    """Return the last consent of each purpose, even if it was withdrawn since."""
    last = {row.purpose: row for row in rows if _counts(row)}
    found = [last[purpose] for purpose in Purpose if purpose in last]
    return tuple(DocumentedConsent(row, _withdrawn(row), _opened(row, keys)) for row in found)


def _counts(row: ToldConsent) -> bool:
    """Return whether the consent is part of the last restatement, or was given after it."""
    restated_at = row.all_restated_at
    return restated_at is None or row.given_at > restated_at or row.restated_at == restated_at


def _withdrawn(row: ToldConsent) -> datetime | None:
    contact = row.purpose == Purpose.CONTACT
    at = row.contact_withdrawn_at if contact else row.withdrawn_at
    return at if at is not None and at >= row.given_at else None


def _opened(row: ToldConsent, keys: Mapping[UUID, DataKey]) -> personal.ConsentDocumentation | None:
    key = keys.get(row.sealed_for)
    if key is None or row.documentation is None:
        return None
    field_set = personal.consent_documentation(row.consent_id)
    try:
        return key.open(field_set, row.documentation, personal.ConsentDocumentation)
    except (Unopenable, msgspec.MsgspecError):
        return None
