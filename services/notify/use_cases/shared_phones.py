"""Send one text per wave to a telephone that several people share. The text states the number of people.

Shared telephones are found by digests of the numbers under a key of this service (docs/decisions/0025). The
first message to such a telephone leads; the others wait until it is delivered.
"""

import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import Final
from uuid import UUID

import msgspec

from contracts.events.personal import CONTACT, ContactDetails
from contracts.rules import phone
from contracts.rules.phone import PhoneNumber
from kit.database.database import Database, Session
from kit.privacy.keyring import Keyring, MasterKey
from kit.privacy.sealing import DataKey, Unopenable
from services.notify.store import shared_phones as store
from services.notify.store.message_claims import Claim
from services.notify.store.shared_phones import UndigestedPhone

_CHUNK: Final = 1000
_DIGEST: Final = 16  # bytes
_SOONEST, _LATEST = timedelta(seconds=2), timedelta(minutes=5)
_NEARLY_UP: Final = timedelta(minutes=10)  # longer than any pause between two checks


class Turn(Enum):
    LEADS = "leads"
    WAITS = "waits"
    COVERED = "covered"  # a text that counts this person has arrived, or may have arrived at the end


class SharedPhones:
    def __init__(self, database: Database, keyring: Keyring, master: MasterKey) -> None:
        self._database = database
        self._keyring = keyring
        self._secret = master.derive("shared telephones")

    async def round(self) -> bool:
        """Write the missing digests. No connection is held while the contact details are opened."""
        async with self._database.transaction() as session:
            rows = await store.load_undigested(session, _CHUNK)
        if not rows:
            return False
        keys = await self._keyring.read([row.registration_id for row in rows])
        found = [
            (row.registration_id, row.contact, self._digest(row, keys.get(row.registration_id)))
            for row in rows
        ]
        async with self._database.transaction() as session:
            await store.write_digests(session, found)
        return len(rows) == _CHUNK

    def _digest(self, row: UndigestedPhone, key: DataKey | None) -> bytes | None:
        """Return the digest of the number; None without a number."""
        if key is None:
            return None
        try:
            contact = key.open(CONTACT, row.contact, ContactDetails)
        except (Unopenable, msgspec.DecodeError):
            return None
        number = phone.parse(contact.phone or "")
        if not isinstance(number, PhoneNumber):
            return None
        text = row.incident_id.bytes + number.e164.encode()
        return hmac.digest(self._secret, text, "sha256")[:_DIGEST]


async def decide_turns(session: Session, rows: Sequence[Claim], at: datetime) -> dict[UUID, Turn]:
    """Decide whose message to a shared telephone is sent next. The rows are claimed and locked."""
    order = sorted(rows, key=lambda row: (row.wave_id, row.template, row.shared or b"", row.contact_id))
    return {row.contact_id: await _turn(session, row, at) for row in order}


def pause_until_next(row: Claim, at: datetime) -> timedelta:
    """Return the pause before the next check, which grows with the time waited so far."""
    return min(max((at - row.requested_at) / 10, _SOONEST), _LATEST)


async def _turn(session: Session, row: Claim, at: datetime) -> Turn:
    which = row.wave_id, row.template, row.shared or b""
    text = await store.lock_text(session, *which, row.contact_id, row.registration_id)
    if text is not None:
        if text.delivered:
            return Turn.COVERED
        if text.sent:
            return Turn.COVERED if row.not_after - at <= _NEARLY_UP else Turn.WAITS
        if text.coming and text.contact_id != row.contact_id:
            return Turn.WAITS
    await store.set_leader(session, at, *which, row.contact_id)
    return Turn.LEADS
