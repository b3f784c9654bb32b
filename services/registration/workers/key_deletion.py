"""Delete the keys of erased people that a crash left behind."""

from services.registration.resources import Resources
from services.registration.store import erasure
from services.registration.use_cases.erase_person import delete_keys

_CHUNK = 500


class KeyDeletion:
    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    async def round(self) -> bool:
        async with self._resources.database.transaction() as session:
            owners = await erasure.keys_to_delete(session, _CHUNK)
        if owners:
            await delete_keys(self._resources, owners)
        return len(owners) == _CHUNK
