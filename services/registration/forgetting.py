"""Deletes the keys of the forgotten; a crash between decision and deletion is made good by the loop."""

from collections.abc import Sequence

from contracts.ids import RegistrationId
from services.registration.registering import Desk
from services.registration.store import forgetting

_CHUNK = 500


async def delete_keys(desk: Desk, owners: Sequence[RegistrationId]) -> None:
    await desk.keyring.forget(owners)
    async with desk.database.transaction() as session:
        await forgetting.mark_keys_deleted(session, owners)


class KeyDeletion:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def round(self) -> bool:
        async with self._desk.database.transaction() as session:
            owners = await forgetting.keys_to_delete(session, _CHUNK)
        if owners:
            await delete_keys(self._desk, owners)
        return len(owners) == _CHUNK
