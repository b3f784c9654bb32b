"""How long a case waits for a register that failed."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    first: timedelta
    longest: timedelta
    to_people_after: int  # failures of one case before the triage queue shows it as well

    def pause(self, tries: int) -> timedelta:
        """Grow with `tries`: how often the register has failed for this case, this time included."""
        return min(self.longest, self.first * (1 << min(tries - 1, 20)))

    def shown_to_people(self, tries: int) -> bool:
        return tries >= self.to_people_after

    def first_shown(self, tries: int) -> bool:
        return tries == self.to_people_after
