"""Rules for the two people who decide about a possible duplicate."""

import pytest

from services.registration.domain.duplicate_review import DecisionStep, DecisionVerdict, DuplicateState, judge

VERDICTS = {
    "a first person suggests": (DecisionStep.SUGGEST, DuplicateState.OPEN, None, "A", DecisionVerdict.GO),
    "the same suggestion again": (
        DecisionStep.SUGGEST,
        DuplicateState.SUGGESTED,
        "A",
        "A",
        DecisionVerdict.DONE,
    ),
    "another's suggestion again": (
        DecisionStep.SUGGEST,
        DuplicateState.SUGGESTED,
        "A",
        "B",
        DecisionVerdict.NOT_NOW,
    ),
    "a dismissed pair is thought over": (
        DecisionStep.SUGGEST,
        DuplicateState.DISMISSED,
        None,
        "A",
        DecisionVerdict.GO,
    ),
    "a second person confirms": (DecisionStep.MERGE, DuplicateState.SUGGESTED, "A", "B", DecisionVerdict.GO),
    "the first person confirms": (
        DecisionStep.MERGE,
        DuplicateState.SUGGESTED,
        "A",
        " a",
        DecisionVerdict.OWN_SUGGESTION,
    ),
    "nobody has suggested": (DecisionStep.MERGE, DuplicateState.OPEN, None, "B", DecisionVerdict.NOT_NOW),
    "the same confirmation again": (
        DecisionStep.MERGE,
        DuplicateState.MERGED,
        "A",
        "B",
        DecisionVerdict.DONE,
    ),
    "a merged pair is not dismissed but undone": (
        DecisionStep.DISMISS,
        DuplicateState.MERGED,
        "A",
        "B",
        DecisionVerdict.NOT_NOW,
    ),
    "whoever sees it undoes it": (DecisionStep.UNDO, DuplicateState.MERGED, "A", "A", DecisionVerdict.GO),
    "there is nothing to undo": (
        DecisionStep.UNDO,
        DuplicateState.SUGGESTED,
        "A",
        "A",
        DecisionVerdict.NOT_NOW,
    ),
}


@pytest.mark.parametrize(("step", "state", "suggested_by", "by", "verdict"), VERDICTS.values(), ids=VERDICTS)
def test_each_step_is_taken_once_and_by_who_may(
    step: DecisionStep, state: DuplicateState, suggested_by: str | None, by: str, verdict: DecisionVerdict
) -> None:
    assert judge(step, state, suggested_by, by) is verdict
