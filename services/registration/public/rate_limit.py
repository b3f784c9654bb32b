"""How often somebody may try: counted in the database, by digests that change with the window.

No address is kept. Whose digest it is can only be found by one who has the master key and guesses the
address, and the row is gone within the hour.
"""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final
from uuid import UUID

from fastapi import Request

from kit.database.database import Database
from kit.privacy.keyring import MasterKey
from kit.runtime.clock import Clock
from kit.runtime.settings import split_names
from services.registration.store import public_forms

WINDOW: Final = timedelta(minutes=10)
_KEPT: Final = timedelta(minutes=50)  # since its beginning; with the loop's pause, never an hour
_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Limits:
    per_client: int
    per_incident: int
    proxy_header: str | None = None  # believed only where one of `proxies` asks
    proxies: tuple[IPv4Network | IPv6Network, ...] = ()


class Limiter:
    def __init__(self, database: Database, clock: Clock, master: MasterKey, limits: Limits) -> None:
        self._database = database
        self._clock = clock
        self._key = master.derive("public-form")
        self._limits = limits

    async def admits(self, incident_id: UUID, request: Request) -> bool:
        """Count an attempt, and tell if there were not too many."""
        since = self._clock.now()
        since -= (since - datetime.min.replace(tzinfo=since.tzinfo)) % WINDOW
        client = self._digest(since, f"client\0{incident_id}\0{client_of(request, self._limits)}")
        incident = self._digest(since, f"incident\0{incident_id}")
        async with self._database.transaction() as session:
            tried = await public_forms.count_attempt(session, [client], since)
            if tried[client] > self._limits.per_client:
                return False  # and let those who try too often not use up what the incident has
            tried = await public_forms.count_attempt(session, [incident], since)
        return tried[incident] <= self._limits.per_incident

    async def forget(self) -> bool:
        async with self._database.transaction() as session:
            await public_forms.drop_attempts(session, self._clock.now() - _KEPT)
        return False

    def _digest(self, since: datetime, who: str) -> bytes:
        return hmac.digest(self._key, f"{since.isoformat()}\0{who}".encode(), "sha256")[:_BYTES]


def proxies_in(text: str | None) -> tuple[IPv4Network | IPv6Network, ...]:
    """Return the networks in a text that has them with commas. Raises ValueError."""
    return tuple(ip_network(name) for name in split_names(text))


def client_of(request: Request, limits: Limits) -> str:
    """Give whom to count as one: an address, or the network that one household has of the newer ones."""
    asking = request.client.host if request.client else ""
    told = ""
    if limits.proxy_header and _is_one_of(limits.proxies, asking):
        told = request.headers.get(limits.proxy_header, "").rsplit(",", 1)[-1].strip()
    address = told or asking
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    return str(int(parsed) >> 64) if isinstance(parsed, IPv6Address) else str(parsed)


def _is_one_of(networks: Iterable[IPv4Network | IPv6Network], address: str) -> bool:
    try:
        return any(ip_address(address) in network for network in networks)
    except ValueError:  # no address: a socket in the file system
        return False
