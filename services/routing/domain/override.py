"""What a person has decided about a home authority holds when the rules are asked again.

Also where the person's number or address has been corrected since: the one who decided may have known better.
Where the rules would now choose another, a person is asked to look at it again.
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
    """What a person may decide about a case."""

    HOME = "home_authority"
    EVENT = "event_authority"  # the authority where it happened follows up
    ABROAD = "foreign_follow_up"  # somebody outside the municipalities does
    CLOSED = "closed"


_HOMES: Final = (AuthorityKind.MUNICIPALITY, AuthorityKind.STATE)
_A_REGION: Final = (
    "is a region, and a home authority is a municipality: name the one where the person lives."
    " A region takes over the cases of a municipality that delegates to it (delegates_to in the table of"
    " authorities), or those escalated to it because the municipality has not answered"
)


def invalid_field(
    outcome: OverrideOutcome, municipality: str | None, follow_up: str | None
) -> tuple[str, str] | None:
    """Return the field that is missing or too much, and what to do; None if it can be decided."""
    if outcome is OverrideOutcome.HOME and municipality is None:
        return "municipality", "name the municipality, or choose another outcome"
    if outcome is not OverrideOutcome.HOME and municipality is not None:
        return "municipality", "leave it out: this outcome has no home authority"
    if outcome is OverrideOutcome.ABROAD and follow_up is None:
        return "follow_up", "name who follows up"
    if outcome is not OverrideOutcome.ABROAD and follow_up is not None:
        return "follow_up", "leave it out: only a follow-up abroad has one"
    return None


def eligible_home(code: AuthorityId, authorities: Authorities, on: date) -> Authority | None:
    """Answer with the authority a person may choose on that date: itself, or the one that has taken over."""
    row = authorities.current(code, on)
    return row if row is not None and row.kind in _HOMES else None


_IN_GREENLAND: Final = (
    "is in Greenland, outside the municipalities: let the event authority follow up"
    " (outcome event_authority), or name who follows up there (outcome foreign_follow_up)"
)


def ineligible_reason(code: AuthorityId, authorities: Authorities, on: date) -> str:
    """Say why an authority cannot be chosen, and what to do."""
    row = authorities.current(code, on)
    if row is not None and row.kind is AuthorityKind.REGION:
        return _A_REGION
    if row is not None and row.kind is AuthorityKind.GREENLAND:
        return _IN_GREENLAND
    return f"no municipality of that code on {on.isoformat()}: write a kommunekode of four digits, as 0751"


def apply_override(
    ruled: AuthorityId,
    decision: Decision,
    authorities: Authorities,
    *,
    facts_changed: bool = False,
    by_event: bool = False,
) -> Decision:
    """Keep the authority that was chosen, with what the rules now know of the person; if it ended, theirs.

    `by_event`: it was chosen because it happened there, and needs to be no municipality.
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
