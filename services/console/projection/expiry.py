"""Apply the expiry of consents: no event announces that time has passed."""

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
        """Move people whose consents expired to their new bucket, or back after a newer consent."""
        async with self._database.transaction() as session:
            at = self._clock.agreed(session.now)
            incidents = await store.people_to_expire(session, at, CHUNK)
            if not incidents:
                return False
            before = await store.lock_people(session, incidents)
            after = {}
            for key, known in before.items():
                ends = known.person.expires_at
                lapsed_for = ends if ends is not None and ends <= at else None
                person = replace(known.person, lapsed_for=lapsed_for)
                after[key] = PersonRecord(known.incident_id, person, known.contacts)
            changes = CounterChanges()
            for key, known in after.items():
                changes.add(before[key], known)
            await store.write_people(session, before, after)
            await store.count(session, changes)
            await store.move_versions(session, changes.incidents())
        return len(incidents) >= CHUNK
