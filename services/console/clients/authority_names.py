"""What the authorities are called: asked of routing, kept for an hour. Until then the code stands in."""

import time
from datetime import date

from services.console.clients.service_client import Ok, ServiceClient

_KEPT, _AGAIN = 3600.0, 5.0  # seconds
_WITHIN = 2.0  # seconds: a page does not wait longer for a name


class AuthorityNames:
    def __init__(self, services: ServiceClient) -> None:
        self._services = services
        self._names: dict[str, str] = {}
        self._ask_at = 0.0

    async def valid_on(self, day: date) -> dict[str, str]:
        """Give names by code, as they are on a date."""
        if time.monotonic() >= self._ask_at:
            self._ask_at = time.monotonic() + _AGAIN
            answer = await self._services.get("routing", f"/authorities?on={day}", timeout=_WITHIN)
            if isinstance(answer, Ok):
                self._names = {str(a["id"]): str(a["name"]) for a in answer.json}
                self._ask_at = time.monotonic() + _KEPT
        return self._names
