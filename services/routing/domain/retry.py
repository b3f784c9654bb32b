"""The retry policy for a case whose look-up failed."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    first: timedelta
    longest: timedelta
    to_people_after: int  # failures of a case before the triage queue shows it too

    def pause(self, tries: int) -> timedelta:
        """Return the pause before the next try. It doubles with `tries`, the failures so far."""
        return min(self.longest, self.first * (1 << min(tries - 1, 20)))

    def shown_to_people(self, tries: int) -> bool:
        return tries >= self.to_people_after

    def first_shown(self, tries: int) -> bool:
        return tries == self.to_people_after
