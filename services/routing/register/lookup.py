"""The interface of the person register. A failed look-up never means that the person is unknown."""

from collections.abc import Sequence
from typing import Protocol

from services.routing.domain.register_entry import LookUpFailed, NotFound, RegisterAnswer

LookUpResult = RegisterAnswer | NotFound | LookUpFailed


class PersonRegister(Protocol):
    async def look_up(self, cprs: Sequence[str]) -> dict[str, LookUpResult]:
        """Return one result per number. Failures of the register are results, not exceptions."""
        ...
