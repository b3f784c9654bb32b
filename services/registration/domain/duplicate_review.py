"""Decide who may take which step about two registrations that may be one person."""

from enum import StrEnum
from typing import Final


class DuplicateState(StrEnum):
    OPEN = "open"  # found by the machine; nobody has looked
    SUGGESTED = "suggested"  # by one person; a second one decides
    MERGED = "merged"
    DISMISSED = "dismissed"
    UNDONE = "undone"


class DecisionStep(StrEnum):
    """What a person does about a pair; named as the state it leads to."""

    SUGGEST = "suggested"
    MERGE = "merged"
    DISMISS = "dismissed"
    UNDO = "undone"


class DecisionVerdict(StrEnum):
    GO = "go"
    DONE = "done"  # before: nothing changes
    NOT_NOW = "not_now"
    OWN_SUGGESTION = "own_suggestion"  # the second person must be another than the first


_FROM: Final = {
    DecisionStep.SUGGEST: frozenset({DuplicateState.OPEN, DuplicateState.DISMISSED, DuplicateState.UNDONE}),
    DecisionStep.MERGE: frozenset({DuplicateState.SUGGESTED}),
    DecisionStep.DISMISS: frozenset({DuplicateState.OPEN, DuplicateState.SUGGESTED}),
    DecisionStep.UNDO: frozenset({DuplicateState.MERGED}),
}


def judge(step: DecisionStep, state: DuplicateState, suggested_by: str | None, by: str) -> DecisionVerdict:
    if state == step.value:
        other_suggestion = step is DecisionStep.SUGGEST and not _same(suggested_by, by)
        return DecisionVerdict.NOT_NOW if other_suggestion else DecisionVerdict.DONE
    if state not in _FROM[step]:
        return DecisionVerdict.NOT_NOW
    return (
        DecisionVerdict.OWN_SUGGESTION
        if step is DecisionStep.MERGE and _same(suggested_by, by)
        else DecisionVerdict.GO
    )


def _same(one: str | None, other: str) -> bool:
    return one is not None and one.strip().casefold() == other.strip().casefold()
