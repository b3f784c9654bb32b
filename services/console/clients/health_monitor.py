"""Health of the services, polled every few seconds so that a page shows it without a call."""

import asyncio
import time
from dataclasses import dataclass

from services.console.clients.service_client import Ok, ServiceClient

EVERY = 5.0  # seconds
_TIMEOUT = 3.0  # seconds


@dataclass(frozen=True, slots=True)
class ServiceHealth:
    service: str
    answers: bool
    braked: bool = False
    parked: int = 0


class HealthMonitor:
    def __init__(self, services: ServiceClient) -> None:
        self._services = services
        self.health: tuple[ServiceHealth, ...] = ()
        self._due = 0.0

    async def round(self) -> bool:
        """Poll the services, at most once every EVERY seconds: each batch wakes the loops."""
        if time.monotonic() >= self._due:
            self._due = time.monotonic() + EVERY
            asked = [self._ask(name) for name in self._services.names]
            self.health = tuple(await asyncio.gather(*asked))
        return False

    async def _ask(self, service: str) -> ServiceHealth:
        answer = await self._services.get(service, "/operations/parked", timeout=_TIMEOUT)
        if not isinstance(answer, Ok):
            return ServiceHealth(service, answers=False)
        return ServiceHealth(
            service, answers=True, braked=bool(answer.json["braked"]), parked=len(answer.json["parked"])
        )

    @property
    def unhealthy(self) -> list[ServiceHealth]:
        return [s for s in self.health if not s.answers or s.braked or s.parked]
