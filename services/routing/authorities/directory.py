"""The current authorities of the database. Each process rereads them when their version changes."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from contracts.events.ids import AuthorityId
from kit.database.database import Database
from kit.runtime import logs
from services.routing.authorities.files import BUILT_IN, OfficialCode, fill_missing_codes, read_folder
from services.routing.domain.authority import Authorities, Table
from services.routing.domain.authority_table import authorities_of
from services.routing.store import authorities as store

log = logging.getLogger(__name__)

ROUND_SECONDS: Final = 2.0  # seconds between checks of the version
_PROVISIONED: Final = ("folgeskab", "the table that came with the program")


@dataclass(frozen=True, slots=True)
class Edition:
    """A version of the table. A decision is written only while the version it used is current."""

    version: int
    authorities: Authorities


class AuthorityDirectory:
    def __init__(self, database: Database, official: Mapping[AuthorityId, OfficialCode]) -> None:
        self._database = database
        self._official = official
        self._edition: Edition | None = None
        self._reading = asyncio.Lock()

    async def edition(self) -> Edition:
        return self._edition or await self.reread()

    async def reread(self) -> Edition:
        """Read the table if its version changed. Insert the built-in table if there is none."""
        async with self._reading, self._database.transaction() as session:
            version = await store.current_version(session)
            if version is None:
                said = (datetime.now(UTC), *_PROVISIONED)
                await store.add_version(session, store.FIRST_VERSION, read_folder(BUILT_IN), said)
                version = store.FIRST_VERSION  # inserted here or by another process
            if self._edition is None or self._edition.version != version:
                table = self.named(await store.read_version(session, version))
                self._edition = Edition(version, authorities_of(table))
                logs.log_event(log, "authorities read", version=version)
            return self._edition

    async def round(self) -> bool:
        await self.reread()
        return False

    def named(self, table: Table) -> Table:
        """Fill in official codes from the configuration that the table lacks."""
        return fill_missing_codes(table, self._official)

    async def of_version(self, version: int) -> Authorities | None:
        """Return the authorities of a version, or None for an unknown version."""
        async with self._database.transaction() as session:
            table = await store.read_version(session, version)
        return authorities_of(self.named(table)) if table.authorities else None
