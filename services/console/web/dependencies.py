"""Dependencies of the pages."""

from dataclasses import dataclass

from kit.database.database import Database
from kit.runtime.clock import Clock
from services.console.clients.authority_names import AuthorityNames
from services.console.clients.service_client import ServiceClient
from services.console.web.renderer import Renderer


@dataclass(frozen=True, slots=True)
class Dependencies:
    database: Database
    clock: Clock
    services: ServiceClient
    authorities: AuthorityNames
    renderer: Renderer
    preview_timeout: float
    import_timeout: float

    async def authority_names(self) -> dict[str, str]:
        return await self.authorities.valid_on(self.clock.now().date())
