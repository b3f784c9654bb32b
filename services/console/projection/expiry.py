"""Finds the people whose consents have ended, or have not after all: no event tells of either."""

from dataclasses import replace

from kit.database.database import Database
from kit.runtime.clock import Clock
from services.console.projection import store
from services.console.projection.counters import CounterChanges, PersonRecord

EVERY = 5.0  # seconds
CHUNK = 1000  # people


class ConsentExpiry:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def round(self) -> bool:
        """Move people between the buckets as an event would; a consent given later moves them back."""
        async with self._database.transaction() as session:
            at = self._clock.agreed(session.now)
            incidents = await store.expiring(session, at, CHUNK)
            if not incidents:
                return False
            before = await store.lock_people(session, incidents)
            after = {}
            for key, known in before.items():
                ends = known.person.expires_at
                lapsed_for = ends if ends is not None and ends <= at else None
                person = replace(known.person, lapsed_for=lapsed_for)
                after[key] = PersonRecord(known.incident_id, person, known.contacts)
            tally = CounterChanges()
            for key, known in after.items():
                tally.add(before[key], known)
            await store.write_people(session, before, after)
            await store.count(session, tally)
            await store.move_versions(session, tally.incidents())
        return len(incidents) >= CHUNK
