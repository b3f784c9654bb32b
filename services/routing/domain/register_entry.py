"""A person's entry in the CPR register (SF1520), or why there is none. All of it is personal data."""

from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum, StrEnum

from services.routing.domain.period import Period

SPECIAL_ROADS = range(9900, 10_000)  # no fixed address; may be somebody who is threatened


class CprStatus(IntEnum):
    RESIDENT = 1
    NO_FIXED_ADDRESS = 3
    GREENLAND = 5
    GREENLAND_NO_FIXED_ADDRESS = 7
    ADMINISTRATIVE = 20
    ANNULLED = 30
    DELETED = 50
    CHANGED = 60
    MISSING = 70
    EMIGRATED = 80
    DEAD = 90


class CustodyKind(IntEnum):
    MOTHER = 3
    FATHER = 4
    OTHER_1 = 5
    OTHER_2 = 6


class GuardianKind(IntEnum):
    NOT_IN_REGISTER = 0
    NUMBER = 1
    ADDRESS_ONLY = 2


@dataclass(frozen=True, slots=True)
class Custody:
    kind: CustodyKind
    holder: str | None = field(repr=False)  # CPR number
    since: date | None = None
    deleted: date | None = None

    def in_force(self, on: date) -> bool:
        return on in Period(self.since or date.min, self.deleted)


@dataclass(frozen=True, slots=True)
class Guardianship:
    kind: GuardianKind | None
    guardian: str | None = field(repr=False)  # CPR number
    since: date | None = None
    deleted: date | None = None

    def in_force(self, on: date) -> bool:
        return on in Period(self.since or date.min, self.deleted)


@dataclass(frozen=True, slots=True)
class Protection:
    """Name and address protection (CPR-loven § 28). `stated` is the register's flag."""

    stated: bool | None = None
    since: date | None = None
    until: date | None = None  # the last day

    def in_force(self, on: date) -> bool:
        """Return whether the address is protected. Incomplete or future protection counts as in force."""
        if self.stated is False or (self.until is not None and self.until < on):
            return False
        return self.stated is True or self.since is not None


@dataclass(frozen=True, slots=True)
class RegisterAnswer:
    cpr: str = field(repr=False)
    name: str | None = field(default=None, repr=False)
    current_cpr: str | None = field(default=None, repr=False)
    status: CprStatus | None = None
    birth_date: date | None = field(default=None, repr=False)
    municipality: str | None = field(default=None, repr=False)  # kommunekode, four digits
    road_code: int | None = field(default=None, repr=False)
    protection: Protection | None = field(default=None, repr=False)
    custody: tuple[Custody, ...] = field(default=(), repr=False)
    guardianship: Guardianship | None = field(default=None, repr=False)
    digital_post: bool | None = None  # enrolled
    nemsms: bool | None = None

    def no_fixed_address(self) -> bool:
        special = self.road_code is not None and self.road_code in SPECIAL_ROADS
        return special or self.status in {CprStatus.NO_FIXED_ADDRESS, CprStatus.GREENLAND_NO_FIXED_ADDRESS}

    def protected(self, on: date) -> bool:
        return self.no_fixed_address() or (self.protection is not None and self.protection.in_force(on))


@dataclass(frozen=True, slots=True)
class NotFound:
    """The register answered that the number does not exist. Not used for a failed look-up."""


class FailureReason(StrEnum):
    TIME_LIMIT = "time_limit"
    UNREACHABLE = "unreachable"
    SERVER_ERROR = "server_error"
    REFUSED = "refused"  # our certificate, agreement or request; a retry does not help
    MALFORMED = "malformed"  # an answer that cannot be parsed, or is about another person
    CIRCUIT_OPEN = "circuit_open"  # not asked, after too many failures in a row


@dataclass(frozen=True, slots=True)
class LookUpFailed:
    reason: FailureReason
