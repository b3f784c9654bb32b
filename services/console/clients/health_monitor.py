"""How the services are, asked every few seconds, so that every page can say it without asking."""

import asyncio
import time
from dataclasses import dataclass

from services.console.clients.service_client import Answered, Neighbours

EVERY = 5.0  # seconds
_WITHIN = 3.0  # seconds


@dataclass(frozen=True, slots=True)
class Standing:
    service: str
    answers: bool
    braked: bool = False
    parked: int = 0


class Watch:
    def __init__(self, neighbours: Neighbours) -> None:
        self._neighbours = neighbours
        self.standings: tuple[Standing, ...] = ()
        self._due = 0.0

    async def round(self) -> bool:
        """Ask, but not with every batch that wakes the loops."""
        if time.monotonic() >= self._due:
            self._due = time.monotonic() + EVERY
            asked = [self._ask(name) for name in self._neighbours.names]
            self.standings = tuple(await asyncio.gather(*asked))
        return False

    async def _ask(self, service: str) -> Standing:
        answer = await self._neighbours.get(service, "/operations/parked", timeout=_WITHIN)
        if not isinstance(answer, Answered):
            return Standing(service, answers=False)
        return Standing(
            service, answers=True, braked=bool(answer.json["braked"]), parked=len(answer.json["parked"])
        )

    @property
    def troubled(self) -> list[Standing]:
        return [s for s in self.standings if not s.answers or s.braked or s.parked]
