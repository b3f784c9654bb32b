"""The canonical text of a row, for idempotency: the same row has the same text however the file was saved."""

import json
import unicodedata
from collections.abc import Collection
from datetime import UTC
from typing import Any

from contracts.events.personal import Address, Identity
from contracts.rules.invisible_characters import visible, without_joiners
from services.registration.domain.consent import NewConsent
from services.registration.domain.person import NewPerson


def canonical_content(person: NewPerson, stated: Collection[str]) -> str:
    """Return the canonical text of a row's own cells. `stated` are its columns that are not empty.

    Values that the import adds (sender, time, properties of all consents) are not part of the text.
    """
    contact, identity = person.contact, person.identity or Identity()
    parts: dict[str, Any] = {
        "name": _canonical_text(contact.name),
        "role": person.role,
        "place": person.place,
        "presence": person.presence,
        "language": _canonical_text(person.language),
        "interpreter": person.interpreter,
        "identifiers": sorted([one.system, one.value, one.scope or ""] for one in identity.identifiers),
        "birth_date": identity.birth_date,
        "phone": contact.phone,
        "email": _canonical_text(contact.email),
        "addresses": [_canonical_address(one) for one in contact.addresses],
        "preferred_time": contact.preferred_time,
        "preferred_channel": person.preferred_channel,
        "note": _canonical_text(person.note.text if person.note else None),
        "circumstances": _canonical_text(
            person.circumstances.circumstances if person.circumstances else None
        ),
        "concerns": _canonical_text(person.circumstances.concerns if person.circumstances else None),
        "bars": person.contact_restrictions,
        "consents": sorted(_canonical_consent(one, stated) for one in person.consents),
    }
    if "registered_at" in stated:
        parts["registered_at"] = person.registered_at.astimezone(UTC).isoformat()
    if "registered_by" in stated:
        parts["registered_by"] = _canonical_text(person.registered_by)
    return json.dumps(parts, sort_keys=True, ensure_ascii=False)


def _canonical_text(text: str | None) -> str:
    """Return a text without differences that programs make when they save: case, spaces, composed letters."""
    if not text:
        return ""
    plain = without_joiners(visible(text))
    return " ".join(unicodedata.normalize("NFC", plain).casefold().split())


def _canonical_address(address: Address) -> list[str]:
    parts = (address.line, address.postcode, address.city, address.municipality, address.country)
    return [_canonical_text(part) for part in parts]


def _canonical_consent(consent: NewConsent, stated: Collection[str]) -> list[str]:
    """Return the parts of a consent that the row itself states."""
    terms, documentation = consent.terms, consent.documentation
    said = {
        "channels": " ".join(terms.channels),
        "consented_at": terms.at.astimezone(UTC).isoformat(),
        "wording": _canonical_text(terms.wording),
        "consent_language": _canonical_text(terms.language),
        "obtained_by": _canonical_text(terms.obtained),
        "form_number": _canonical_text(terms.form_number),
        "consent_by": _canonical_text(documentation.by),
        "witness": _canonical_text(documentation.witness),
        "guardian": _canonical_text(documentation.guardian),
    }
    number = (
        [documentation.guardian_cpr] if documentation.guardian_cpr else []
    )  # older rows had no such column
    return [terms.purpose, *(value if column in stated else "" for column, value in said.items()), *number]
