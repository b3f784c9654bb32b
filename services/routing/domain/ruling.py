"""What a person has decided about a home authority holds when the rules are asked again."""

from dataclasses import replace
from datetime import date
from typing import Final

from contracts.ids import AuthorityId
from services.routing.domain.authority import Authorities, Authority, Kind
from services.routing.domain.outcome import Decision, ResolvedReason
from services.routing.domain.resolving import resolved
from services.routing.domain.triage import contactability_by_person

_HOMES: Final = (Kind.MUNICIPALITY, Kind.STATE)


def home_of(code: AuthorityId, authorities: Authorities, on: date) -> Authority | None:
    """Answer with the authority a person may choose on that date: itself, or the one that has taken over."""
    row = authorities.current(code, on)
    return row if row is not None and row.kind in _HOMES else None


def upheld(ruled: AuthorityId, decision: Decision, authorities: Authorities) -> Decision:
    """Keep the authority that was chosen, with what the rules now know of the person; if it ended, theirs."""
    home = home_of(ruled, authorities, decision.on)
    if home is None:
        return decision
    contact = contactability_by_person(decision.reason, decision.person.contactability)
    person = replace(decision.person, contactability=contact)
    return resolved(home.id, ResolvedReason.DECIDED_BY_PERSON, person, authorities, decision.on)
