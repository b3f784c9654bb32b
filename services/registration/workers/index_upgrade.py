"""Rebuild the index entries that an earlier version of the index wrote."""

from services.registration.resources import Resources
from services.registration.store import people
from services.registration.store.rows import particulars_of

_BATCH = 200


class IndexUpgrade:
    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    async def round(self) -> bool:
        async with self._resources.database.transaction() as session:
            found = await people.outdated_index(session, _BATCH)
        if not found:
            return False
        keys = await self._resources.keyring.read(found)
        async with self._resources.database.transaction() as session:
            rows = await people.lock_registrations(session, found)
            entries = {
                one: set(self._resources.blind_index.entries(row.incident_id, particulars_of(row, keys[one])))
                for one, row in rows.items()
                if one in keys and row.forgotten_at is None
            }
            await people.replace_index(session, entries)
        return len(entries) == _BATCH
