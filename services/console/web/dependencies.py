"""What the pages work with, in one place."""

from dataclasses import dataclass

from kit.database.database import Database
from kit.runtime.clock import Clock
from services.console.clients.authority_names import Names
from services.console.clients.service_client import Neighbours
from services.console.web.renderer import Pages


@dataclass(frozen=True, slots=True)
class Desk:
    database: Database
    clock: Clock
    neighbours: Neighbours
    names: Names
    pages: Pages
    preview_timeout: float
    import_timeout: float

    async def place_names(self) -> dict[str, str]:
        return await self.names.now(self.clock.now().date())
