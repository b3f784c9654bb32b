"""Serialize decrypted people for the API."""

from typing import Any

import msgspec

from contracts.events.personal import NOTE, Circumstances, Identity, Note
from kit.privacy.sealing import DataKey
from services.registration.domain.person import Particulars


def particulars(person: Particulars) -> dict[str, Any]:
    identity = person.identity or Identity()
    circumstances = person.circumstances or Circumstances()
    return {
        "role": person.role,
        "presence": person.presence,
        "language": person.language,
        "interpreter": person.interpreter,
        "age_band": person.age_band,
        "channels": person.channels,
        "preferred_channel": person.preferred_channel,
        "preferred_time": person.contact.preferred_time,
        "identifiers": [msgspec.to_builtins(number) for number in identity.identifiers],
        "birth_date": identity.birth_date,
        "name": person.contact.name,
        "phone": person.contact.phone,
        "email": person.contact.email,
        "addresses": [msgspec.to_builtins(address) for address in person.contact.addresses],
        "note": person.note.text if person.note else None,
        "circumstances": circumstances.circumstances,
        "concerns": circumstances.concerns,
    }


def opened_note(sealed: bytes | None, key: DataKey | None) -> str | None:
    """Return the text of a note, or None without a note or a key."""
    return key.open(NOTE, sealed, Note).text if sealed and key else None
