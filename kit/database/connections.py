"""Connections to PostgreSQL that detect a cut network at both ends.

A silent peer is detected after some 25 seconds, whether we wait for an answer (keepalives) or for an
acknowledgement (user timeout). The server detects a silent client by its own settings.
"""

import socket
from typing import TYPE_CHECKING, Any, Final

import asyncpg

if TYPE_CHECKING:  # asyncpg's classes are generic in its stubs only
    from asyncpg.pool import PoolConnectionProxy

    Connection = asyncpg.Connection[asyncpg.Record]
    Driver = Connection | PoolConnectionProxy[asyncpg.Record]
else:
    Connection = Driver = asyncpg.Connection

CONNECT_TIMEOUT: Final = 10.0  # seconds
_IDLE, _INTERVAL, _PROBES = 10, 5, 3  # seconds, seconds, unanswered probes
_USER_TIMEOUT_MS = 20_000
SERVER_SETTINGS: Final = {
    "tcp_keepalives_idle": str(_IDLE),
    "tcp_keepalives_interval": str(_INTERVAL),
    "tcp_keepalives_count": str(_PROBES),
    "tcp_user_timeout": str(_USER_TIMEOUT_MS),
    "client_connection_check_interval": "10s",
}
_OPTIONS = (
    ("TCP_KEEPIDLE", _IDLE),
    ("TCP_KEEPINTVL", _INTERVAL),
    ("TCP_KEEPCNT", _PROBES),
    ("TCP_USER_TIMEOUT", _USER_TIMEOUT_MS),
)


class LiveConnection(asyncpg.Connection):
    """A connection with keepalives and a user timeout, where the operating system supports them."""

    __slots__ = ()

    def __init__(self, protocol: Any, transport: Any, *rest: Any, **named: Any) -> None:
        super().__init__(protocol, transport, *rest, **named)
        sock = transport.get_extra_info("socket")
        if sock is None or sock.family == socket.AF_UNIX:
            return
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _OPTIONS:
            if (option := getattr(socket, name, None)) is not None:
                sock.setsockopt(socket.IPPROTO_TCP, option, value)


async def connect(
    url: str, *, command_timeout: float | None, settings: dict[str, str] | None = None
) -> Connection:
    """Open one connection. The caller closes it."""
    return await asyncpg.connect(
        url,
        timeout=CONNECT_TIMEOUT,
        command_timeout=command_timeout,
        connection_class=LiveConnection,
        server_settings=SERVER_SETTINGS | (settings or {}),
    )
