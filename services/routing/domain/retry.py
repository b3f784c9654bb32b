"""The retry policy for a case whose look-up failed."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    first: timedelta  # the first pause
    longest: timedelta
    to_people_after: int  # failures of a case before the triage queue shows it too

    def shown_to_people(self, tries: int) -> bool:
        return tries >= self.to_people_after

    def first_shown(self, tries: int) -> bool:
        return tries == self.to_people_after
