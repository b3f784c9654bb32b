"""Publish people again to whom an ID number has linked another registration.

Registering only links them, since it must be quick. A crash only delays this.
"""

from typing import Final

from kit.runtime.clock import Clock
from services.registration.resources import Resources
from services.registration.store import people, person_links
from services.registration.use_cases.publish_person import publish_linked

_BATCH: Final = 200  # linked registrations in one round


class GoldenRecords:
    def __init__(self, resources: Resources, clock: Clock) -> None:
        self._resources = resources
        self._clock = clock

    async def round(self) -> bool:
        async with self._resources.database.transaction() as session:
            linked = await person_links.unpublished(session, _BATCH)
            owners = await person_links.owners(session, linked) if linked else []
        if not owners:
            return False
        keys = await self._resources.keyring.read([one.id for one in owners])
        async with self._resources.database.transaction() as session:
            rows = await people.lock_registrations(session, {one.person for one in owners})
            firsts = [one for one, row in rows.items() if row.repeat_of is None and one in keys]
            if firsts:
                await publish_linked(session, self._resources, firsts, keys, self._clock.now())
        return len(linked) == _BATCH
