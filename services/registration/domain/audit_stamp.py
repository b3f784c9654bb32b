"""Who recorded a change, and when."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class AuditStamp:
    at: datetime
    by: str
