"""Free TCP ports on loopback, below the range of outgoing connections."""

import random
import socket
import sys

LOWEST, HIGHEST = 20_000, 32_000  # Linux uses 32768 and up for outgoing connections
HOST = "127.0.0.1"


class PortTakenError(RuntimeError):
    pass


def is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        if sys.platform != "win32":
            probe.setsockopt(
                socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
            )  # as the servers do: TIME_WAIT is free
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_ports(count: int) -> list[int]:
    """Return different free ports. They are not reserved: use them soon."""
    dice = random.SystemRandom()
    found: set[int] = set()
    while len(found) < count:
        port = dice.randint(LOWEST, HIGHEST)
        if port not in found and is_free(port):
            found.add(port)
    return list(found)


def free_port() -> int:
    return free_ports(1)[0]


def claim(port: int | None, what: str) -> int:
    """Return the requested port, or a free one for None. Raise PortTakenError with one line for the user."""
    if port is None:
        return free_port()
    if not is_free(port):
        raise PortTakenError(f"port {port} for {what} is taken: stop what uses it, or name another port")
    return port
