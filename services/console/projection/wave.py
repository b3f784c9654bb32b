"""A launched wave as its events tell of it, in any order."""

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


def merge(known: WaveProjection, told: WaveProjection) -> WaveProjection:
    """Let an end stay; before it the latest move counts."""
    later = max(known, told, key=lambda w: (w.state in _ENDS, w.state_at, w.state))
    return WaveProjection(known.incident_id, later.state, later.state_at, known.launch or told.launch)
