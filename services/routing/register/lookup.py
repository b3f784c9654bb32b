"""What routing asks of a register. A register that fails is never read as a person who is not there."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from services.routing.domain.register_entry import NotFound, RegisterAnswer


class FailureReason(StrEnum):
    TIME_LIMIT = "time_limit"
    UNREACHABLE = "unreachable"
    SERVER_ERROR = "server_error"
    REFUSED = "refused"  # our certificate, agreement or request: asking again does not help
    MALFORMED = "malformed"  # an answer that cannot be read, or is about somebody else
    CIRCUIT_OPEN = "circuit_open"  # too many failures in a row: not asked at all


@dataclass(frozen=True, slots=True)
class LookUpFailed:
    reason: FailureReason


LookUpResult = RegisterAnswer | NotFound | LookUpFailed


class PersonRegister(Protocol):
    async def look_up(self, cprs: Sequence[str]) -> dict[str, LookUpResult]:
        """Answer for each number asked about, once. Raises nothing that the register does."""
        ...
