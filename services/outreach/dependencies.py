"""What the endpoints of calls and follow-ups depend on."""

from dataclasses import dataclass
from datetime import timedelta

from kit.database.database import Database
from kit.privacy.keyring import Keyring
from kit.runtime.clock import Clock


@dataclass(frozen=True, slots=True)
class Dependencies:
    database: Database
    keyring: Keyring
    clock: Clock
    call_lease: timedelta  # how long a claim of a call lasts
