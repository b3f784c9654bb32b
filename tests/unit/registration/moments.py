"""The moment at which these tests take place."""

from datetime import UTC, datetime
from typing import Final

NOW: Final = datetime(2026, 11, 25, 12, tzinfo=UTC)
