"""Names of the authorities: fetched from routing, cached for an hour. Without a name, pages show the code."""

import time
from datetime import date

from services.console.clients.service_client import Ok, ServiceClient

_CACHED, _RETRY_AFTER = 3600.0, 5.0  # seconds
_TIMEOUT = 2.0  # seconds: a page does not wait longer for a name


class AuthorityNames:
    def __init__(self, services: ServiceClient) -> None:
        self._services = services
        self._names: dict[str, str] = {}
        self._refresh_at = 0.0

    async def valid_on(self, day: date) -> dict[str, str]:
        """Return the names valid on a day, by code."""
        if time.monotonic() >= self._refresh_at:
            self._refresh_at = time.monotonic() + _RETRY_AFTER
            answer = await self._services.get("routing", f"/authorities?on={day}", timeout=_TIMEOUT)
            if isinstance(answer, Ok):
                self._names = {str(a["id"]): str(a["name"]) for a in answer.json}
                self._refresh_at = time.monotonic() + _CACHED
        return self._names
