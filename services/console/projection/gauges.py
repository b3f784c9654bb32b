"""Gauges of wave contacts, measured on request."""

from datetime import timedelta
from typing import Final

from kit.database.database import Session
from kit.runtime.metrics import exercise
from services.console import metrics
from services.console.projection import queries

COUNTS = (metrics.WAVE_CONTACTS,)
_SHOWN: Final = timedelta(days=14)  # after the launch, or until the wave ends


async def measure(session: Session) -> None:
    rows = await queries.wave_contacts(session, _SHOWN)
    metrics.WAVE_CONTACTS.clear()  # drop waves that ended
    for row in rows:
        labels = row.wave, row.channel, row.state, exercise(row.exercise)
        metrics.WAVE_CONTACTS.labels(*labels).set(row.contacts)
