"""What the authorities are called: asked of routing, kept for an hour. Until then the code stands in."""

import time
from datetime import date

from services.console.clients.service_client import Answered, Neighbours

_KEPT, _AGAIN = 3600.0, 5.0  # seconds
_WITHIN = 2.0  # seconds: a page does not wait longer for a name


class Names:
    def __init__(self, neighbours: Neighbours) -> None:
        self._neighbours = neighbours
        self._names: dict[str, str] = {}
        self._ask_at = 0.0

    async def now(self, on: date) -> dict[str, str]:
        """Give names by code, as they are on a date."""
        if time.monotonic() >= self._ask_at:
            self._ask_at = time.monotonic() + _AGAIN
            answer = await self._neighbours.get("routing", f"/authorities?on={on}", timeout=_WITHIN)
            if isinstance(answer, Answered):
                self._names = {str(a["id"]): str(a["name"]) for a in answer.json}
                self._ask_at = time.monotonic() + _KEPT
        return self._names
