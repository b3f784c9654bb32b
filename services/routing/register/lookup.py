"""What routing asks of a register. A register that fails is never read as a person who is not there."""

from collections.abc import Sequence
from typing import Protocol

from services.routing.domain.register_entry import LookUpFailed, NotFound, RegisterAnswer

LookUpResult = RegisterAnswer | NotFound | LookUpFailed


class PersonRegister(Protocol):
    async def look_up(self, cprs: Sequence[str]) -> dict[str, LookUpResult]:
        """Answer for each number asked about, once. Raises nothing that the register does."""
        ...
