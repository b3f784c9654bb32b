"""The interface of a local broker for the stack and the tests."""

from typing import Protocol

from deploy.local.process import Process


class Broker(Protocol):
    @property
    def bootstrap(self) -> str:
        """`host:port,host:port`."""
        ...

    @property
    def idempotence(self) -> bool:
        """Return whether the idempotent producer works."""
        ...

    @property
    def replication(self) -> int: ...
    @property
    def min_insync(self) -> int: ...

    def members(self) -> list[Process]: ...
    async def start(self) -> None: ...
    async def stop(self) -> None: ...
    def kill(self) -> None: ...
