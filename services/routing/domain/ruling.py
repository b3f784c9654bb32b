"""What a person has decided about a home authority holds when the rules are asked again.

Also where the person's number or address has been corrected since: the one who decided may have known better.
Where the rules would now choose another, a person is asked to look at it again.
"""

from dataclasses import replace
from datetime import date
from typing import Final

from contracts.ids import AuthorityId
from services.routing.domain.authority import Authorities, Authority, Kind
from services.routing.domain.outcome import Decision, Doubt, Resolved, ResolvedReason
from services.routing.domain.resolving import resolved
from services.routing.domain.triage import contactability_by_person

_HOMES: Final = (Kind.MUNICIPALITY, Kind.STATE)
_A_REGION: Final = (
    "is a region, and a home authority is a municipality: name the one where the person lives."
    " A region takes over the cases of a municipality that delegates to it (delegates_to in the table of"
    " authorities), or those escalated to it because the municipality has not answered"
)


def home_of(code: AuthorityId, authorities: Authorities, on: date) -> Authority | None:
    """Answer with the authority a person may choose on that date: itself, or the one that has taken over."""
    row = authorities.current(code, on)
    return row if row is not None and row.kind in _HOMES else None


def no_home(code: AuthorityId, authorities: Authorities, on: date) -> str:
    """Say why an authority cannot be chosen, and what to do."""
    row = authorities.current(code, on)
    if row is not None and row.kind is Kind.REGION:
        return _A_REGION
    return f"no municipality of that code on {on.isoformat()}: write a kommunekode of four digits, as 0751"


def upheld(
    ruled: AuthorityId, decision: Decision, authorities: Authorities, *, facts_changed: bool = False
) -> Decision:
    """Keep the authority that was chosen, with what the rules now know of the person; if it ended, theirs."""
    home = home_of(ruled, authorities, decision.on)
    if home is None:
        return decision
    contact = contactability_by_person(decision.reason, decision.person.contactability)
    doubts = decision.person.doubts
    if facts_changed and not _agrees(decision, home):
        doubts = (Doubt.FACTS_CHANGED, *doubts)
    person = replace(decision.person, contactability=contact, doubts=doubts)
    return resolved(home.id, ResolvedReason.DECIDED_BY_PERSON, person, authorities, decision.on)


def _agrees(decision: Decision, home: Authority) -> bool:
    return isinstance(decision, Resolved) and decision.municipality == home.id
