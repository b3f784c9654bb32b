"""A wave allows only the actions of its state, and needs two people."""

import pytest

from services.outreach.domain.wave import (
    ApprovalRefusal,
    Authorship,
    WaveAction,
    WaveState,
    is_allowed,
    refuse_approval,
)

SEEN = Authorship(created_by="Anna", previewed_by="Carl", frozen_hash="a" * 64)


def test_each_state_allows_its_own_actions_and_no_other() -> None:
    allowed = {state: {move for move in WaveAction if is_allowed(move, state)} for state in WaveState}

    assert allowed == {
        WaveState.DRAFT: {WaveAction.PREVIEW, WaveAction.CANCEL},
        WaveState.PREVIEWED: {WaveAction.PREVIEW, WaveAction.APPROVE, WaveAction.CANCEL},
        WaveState.APPROVED: {WaveAction.LAUNCH, WaveAction.CANCEL},
        WaveState.LAUNCHING: {WaveAction.CANCEL},
        WaveState.RUNNING: {WaveAction.PAUSE, WaveAction.CANCEL},
        WaveState.PAUSED: {WaveAction.RESUME, WaveAction.CANCEL},
        WaveState.CANCELLED: set(),
        WaveState.COMPLETED: set(),
    }


@pytest.mark.parametrize(
    ("by", "frozen_hash", "refusal"),
    [
        ("Bo", "a" * 64, None),
        ("anna ", "a" * 64, ApprovalRefusal.OWN_WAVE),
        ("CARL", "a" * 64, ApprovalRefusal.OWN_WAVE),
        ("Bo", "b" * 64, ApprovalRefusal.OTHER_HASH),
    ],
)
def test_a_second_person_approves_what_was_seen(
    by: str, frozen_hash: str, refusal: ApprovalRefusal | None
) -> None:
    assert refuse_approval(SEEN, by, frozen_hash) is refusal
