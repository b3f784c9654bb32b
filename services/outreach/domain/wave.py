"""The states of a wave, and the actions allowed in each."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class WaveState(StrEnum):
    DRAFT = "draft"
    PREVIEWED = "previewed"
    APPROVED = "approved"
    LAUNCHING = "launching"  # its contacts are being written
    RUNNING = "running"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    COMPLETED = "completed"


class WaveAction(StrEnum):
    PREVIEW = "preview"
    APPROVE = "approve"
    LAUNCH = "launch"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"


_ALLOWED_FROM: Final = {
    WaveAction.PREVIEW: frozenset({WaveState.DRAFT, WaveState.PREVIEWED}),
    WaveAction.APPROVE: frozenset({WaveState.PREVIEWED}),
    WaveAction.LAUNCH: frozenset({WaveState.APPROVED}),
    WaveAction.PAUSE: frozenset({WaveState.RUNNING}),
    WaveAction.RESUME: frozenset({WaveState.PAUSED}),
    WaveAction.CANCEL: frozenset(WaveState) - {WaveState.CANCELLED, WaveState.COMPLETED},
}
LAUNCHED: Final = frozenset({WaveState.LAUNCHING, WaveState.RUNNING, WaveState.PAUSED})


class ApprovalRefusal(StrEnum):
    OWN_WAVE = "own-wave"
    OTHER_HASH = "other-hash"


@dataclass(frozen=True, slots=True)
class Authorship:
    created_by: str
    previewed_by: str | None
    frozen_hash: str | None


def is_allowed(action: WaveAction, state: WaveState) -> bool:
    return state in _ALLOWED_FROM[action]


def refuse_approval(wave: Authorship, by: str, frozen_hash: str) -> ApprovalRefusal | None:
    """Refuse an approval by the author of the wave or of its latest preview, or of another snapshot."""
    authors = {name.strip().casefold() for name in (wave.created_by, wave.previewed_by) if name}
    if by.strip().casefold() in authors:
        return ApprovalRefusal.OWN_WAVE
    return None if frozen_hash == wave.frozen_hash else ApprovalRefusal.OTHER_HASH
