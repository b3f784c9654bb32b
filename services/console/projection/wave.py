"""State of a launched wave, from events in any order."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID


class LaunchedWaveState(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


_ENDS: Final = (LaunchedWaveState.COMPLETED, LaunchedWaveState.CANCELLED)


@dataclass(frozen=True, slots=True)
class Launch:
    plan: str
    at: datetime
    planned: tuple[tuple[str, str, int], ...]  # municipality, channel, contacts
    excluded: tuple[tuple[str, int], ...]  # reason, people


@dataclass(frozen=True, slots=True)
class WaveProjection:
    incident_id: UUID
    state: LaunchedWaveState
    state_at: datetime
    launch: Launch | None = None


def merge(known: WaveProjection, incoming: WaveProjection) -> WaveProjection:
    """Keep a final state; before that the latest event counts."""
    later = max(known, incoming, key=lambda w: (w.state in _ENDS, w.state_at, w.state))
    return WaveProjection(known.incident_id, later.state, later.state_at, known.launch or incoming.launch)
