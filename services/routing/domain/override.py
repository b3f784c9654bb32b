"""Keep the home authority chosen by an official when a case is decided again.

It also holds after a correction of number or address, because the official may have known better.
If the rules would now choose another authority, the case is queued for review.
"""

from dataclasses import replace
from datetime import date
from enum import StrEnum
from typing import Final

from contracts.events.ids import AuthorityId
from services.routing.domain.authority import Authorities, Authority, AuthorityKind
from services.routing.domain.outcome import Decision, DecisionDoubt, ResolvedHome, ResolvedReason
from services.routing.domain.resolution import resolve_home
from services.routing.domain.triage import contactability_after_override


class OverrideOutcome(StrEnum):
    """The decisions that an official may make about a case."""

    HOME = "home_authority"
    EVENT = "event_authority"  # the event authority follows up
    ABROAD = "foreign_follow_up"  # someone outside the municipalities follows up
    CLOSED = "closed"


_HOMES: Final = (AuthorityKind.MUNICIPALITY, AuthorityKind.STATE)
_A_REGION: Final = (
    "A region cannot be a home authority. Name the municipality where the person lives."
    " A region receives cases of a municipality that delegates to it (delegates_to in the table of"
    " authorities) and cases escalated because the municipality has not answered."
)


def invalid_field(
    outcome: OverrideOutcome, municipality: str | None, follow_up: str | None
) -> tuple[str, str] | None:
    """Return the missing or superfluous field and what to do, or None if the decision is complete."""
    if outcome is OverrideOutcome.HOME and municipality is None:
        return "municipality", "Missing. Name the municipality, or choose another outcome."
    if outcome is not OverrideOutcome.HOME and municipality is not None:
        return "municipality", "This outcome has no home authority. Omit the municipality."
    if outcome is OverrideOutcome.ABROAD and follow_up is None:
        return "follow_up", "Missing. Name who follows up."
    if outcome is not OverrideOutcome.ABROAD and follow_up is not None:
        return "follow_up", "Only the outcome foreign_follow_up has one. Omit it."
    return None


def eligible_home(code: AuthorityId, authorities: Authorities, on: date) -> Authority | None:
    """Return the home authority with that code on that date, or its successor; None if it cannot be one."""
    row = authorities.current(code, on)
    return row if row is not None and row.kind in _HOMES else None


_IN_GREENLAND: Final = (
    "Greenland is outside the municipalities. Let the event authority follow up"
    " (outcome event_authority), or name who follows up there (outcome foreign_follow_up)."
)


def ineligible_reason(code: AuthorityId, authorities: Authorities, on: date) -> str:
    """Return why an authority cannot be chosen, and what to do."""
    row = authorities.current(code, on)
    if row is not None and row.kind is AuthorityKind.REGION:
        return _A_REGION
    if row is not None and row.kind is AuthorityKind.GREENLAND:
        return _IN_GREENLAND
    return (
        f"No municipality has this code on {on.isoformat()}. Use a kommunekode of four digits, such as 0751."
    )


def apply_override(
    ruled: AuthorityId,
    decision: Decision,
    authorities: Authorities,
    *,
    facts_changed: bool = False,
    by_event: bool = False,
) -> Decision:
    """Return the chosen authority with the current findings about the person.

    If the chosen authority has ended without a successor, the decision of the rules holds.
    `by_event`: it was chosen as the event authority and need not be a municipality.
    """
    on = decision.on
    home = authorities.current(ruled, on) if by_event else eligible_home(ruled, authorities, on)
    if home is None:
        return decision
    contact = contactability_after_override(decision.reason, decision.person.contactability)
    doubts = decision.person.doubts
    if facts_changed and not _agrees(decision, home):
        doubts = (DecisionDoubt.FACTS_CHANGED, *doubts)
    person = replace(decision.person, contactability=contact, doubts=doubts)
    reason = ResolvedReason.EVENT_AUTHORITY if by_event else ResolvedReason.DECIDED_BY_PERSON
    return resolve_home(home.id, reason, person, authorities, on)


def _agrees(decision: Decision, home: Authority) -> bool:
    return isinstance(decision, ResolvedHome) and decision.municipality == home.id
