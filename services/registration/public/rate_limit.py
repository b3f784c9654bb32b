"""Rate limit of the public form: attempts are counted in the database by digests that change per window.

No address is stored. Finding the address of a digest needs the master key and a guess of the address. The
row is deleted within an hour.
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
_RETENTION: Final = timedelta(minutes=50)  # from the window's start; with the loop's pause below one hour
_DIGEST_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class RateLimits:
    per_client: int
    per_incident: int
    proxy_header: str | None = None  # used only in requests from `proxies`
    proxies: tuple[IPv4Network | IPv6Network, ...] = ()


class RateLimiter:
    def __init__(self, database: Database, clock: Clock, master: MasterKey, limits: RateLimits) -> None:
        self._database = database
        self._clock = clock
        self._key = master.derive("public-form")
        self._limits = limits

    async def allow_attempt(self, incident_id: UUID, request: Request) -> bool:
        """Count an attempt. Return whether the client and the incident are within their limits."""
        window_start = self._clock.now()
        window_start -= (window_start - datetime.min.replace(tzinfo=window_start.tzinfo)) % WINDOW
        client = self._digest(window_start, f"client\0{incident_id}\0{client_address(request, self._limits)}")
        incident = self._digest(window_start, f"incident\0{incident_id}")
        async with self._database.transaction() as session:
            attempts = await public_forms.count_attempt(session, [client], window_start)
            if attempts[client] > self._limits.per_client:
                return False  # a client over its limit does not use up the incident's limit
            attempts = await public_forms.count_attempt(session, [incident], window_start)
        return attempts[incident] <= self._limits.per_incident

    async def delete_old_attempts(self) -> bool:
        async with self._database.transaction() as session:
            await public_forms.drop_attempts(session, self._clock.now() - _RETENTION)
        return False

    def _digest(self, window_start: datetime, subject: str) -> bytes:
        content = f"{window_start.isoformat()}\0{subject}".encode()
        return hmac.digest(self._key, content, "sha256")[:_DIGEST_BYTES]


def parse_proxies(text: str | None) -> tuple[IPv4Network | IPv6Network, ...]:
    """Return the networks in a comma-separated text. Raise ValueError."""
    return tuple(ip_network(name) for name in split_names(text))


def client_address(request: Request, limits: RateLimits) -> str:
    """Return the client to count: an IPv4 address, or the /64 network of an IPv6 address (one household)."""
    peer = request.client.host if request.client else ""
    forwarded = ""
    if limits.proxy_header and _is_in_networks(limits.proxies, peer):
        forwarded = request.headers.get(limits.proxy_header, "").rsplit(",", 1)[-1].strip()
    address = forwarded or peer
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    return str(int(parsed) >> 64) if isinstance(parsed, IPv6Address) else str(parsed)


def _is_in_networks(networks: Iterable[IPv4Network | IPv6Network], address: str) -> bool:
    try:
        return any(ip_address(address) in network for network in networks)
    except ValueError:  # not an address: a Unix socket
        return False
