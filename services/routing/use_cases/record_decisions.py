"""Build the rows and events of a case that was decided, still waits, or cannot be read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import assert_never

from contracts.events import personal
from contracts.events.ids import AuthorityId
from contracts.events.routing import HomeAuthorityResolved
from contracts.events.vocabulary import Contactability, RefusalReason
from contracts.rules.identity import IdentitySystem
from contracts.wire.event import PersonEvent
from kit.database.database import Session
from kit.runtime.retries import pause_after
from services.routing import events
from services.routing.domain.handover import CaseRef
from services.routing.domain.identity_lookup import cpr_numbers
from services.routing.domain.outcome import AmbiguousHome, Decision, ResolvedHome, UnknownHome
from services.routing.domain.register_entry import CprStatus
from services.routing.domain.retry import RetryPolicy
from services.routing.domain.triage import (
    UNREADABLE,
    Queue,
    Triage,
    contactability,
    doubt_triage,
    registered_recipient,
    undecided_triage,
)
from services.routing.store import handover_replies
from services.routing.store.decisions import DecisionRow
from services.routing.store.handover_replies import Refusals
from services.routing.store.home_cases import CaseUpdate
from services.routing.use_cases.open_cases import ClaimedCase, OpenedCase


@dataclass(frozen=True, slots=True)
class CaseResult:
    """A processed case with its update, decision row and events."""

    update: CaseUpdate
    result: str
    row: DecisionRow | None = None
    event: PersonEvent | None = None
    number_event: PersonEvent | None = None  # the person's CPR number has changed
    was_refused: bool = False  # by the home authority, and not decided again since


async def replace_refused_homes(
    session: Session, results: Sequence[CaseResult], successors: Mapping[AuthorityId, AuthorityId]
) -> list[CaseResult]:
    """Replace decisions for an authority that has refused the case: an official decides again."""
    asked = [each.update.registration_id for each in results if each.was_refused]
    found = await handover_replies.load_refusals(session, asked) if asked else {}
    return [_refused_again(each, found.get(each.update.registration_id), successors) for each in results]


def _refused_again(
    each: CaseResult, refusal: Refusals | None, successors: Mapping[AuthorityId, AuthorityId]
) -> CaseResult:
    event = each.event
    if refusal is None or not each.was_refused or not isinstance(event, HomeAuthorityResolved):
        return each
    refused_by = {successors.get(code, code) for code in refusal.refused_by}
    if (event.acting or event.municipality) not in refused_by:
        return each
    case_ref = CaseRef(event.incident_id, event.registration_id, exercise=event.exercise)
    again = events.home_authority_refused(
        case_ref, event.on, RefusalReason(refusal.refusal), event.contactability, event.decided_at
    )
    return replace(each, event=again)


def decided_case(case: OpenedCase, decision: Decision, at: datetime) -> CaseResult:
    case_ref, person = case.claim.case_ref, decision.person
    contact, whom = contactability(decision, case.age_band), registered_recipient(person)
    sealed = case.key.seal(personal.RECIPIENT, whom) if whom else None
    triage: Triage | None
    event: PersonEvent
    if isinstance(decision, ResolvedHome):
        state, triage = "resolved", doubt_triage(decision)
        event = events.home_authority_resolved(case_ref, decision, contact, sealed, at)
    else:
        state, triage = "triage", undecided_triage(decision)
        event = events.home_authority_unresolved(case_ref, decision.on, triage, contact, at)
    update = CaseUpdate(
        case_ref.registration_id,
        case.claim.epoch,
        state,
        triage,
        contactability=contact,
        digital_post=person.recipients.digital_post(),
        letter_allowed=person.letter_allowed,
        recipient=sealed,
        on=decision.on,
        home=(decision.municipality, decision.region) if isinstance(decision, ResolvedHome) else None,
    )
    # Removing the number also removes the death. An official who knew of the death has overruled it.
    dead = person.status is CprStatus.DEAD
    died = None if dead and case.claim.death_overruled else dead
    row, number_event = _row(case.claim, decision, at, died=died), _current_number_event(case, decision, at)
    return CaseResult(update, state, row, event, number_event, was_refused=case.claim.refused)


def _current_number_event(case: OpenedCase, decision: Decision, at: datetime) -> PersonEvent | None:
    """Return an event with the number that replaced the registered number, if it was replaced."""
    number = decision.person.current_cpr
    if number is None or number in cpr_numbers(case.identity, decision.on):
        return None
    current = personal.Identity((personal.Identifier(IdentitySystem.CPR, number),))
    return events.current_number_learned(case.claim.case_ref, case.key.seal(personal.IDENTITY, current), at)


def waiting_case(
    claim: ClaimedCase, decision: UnknownHome, patience: RetryPolicy, at: datetime
) -> CaseResult:
    """Keep the case waiting for the register. After many attempts the triage queue shows it too.

    The event is sent only for a case never decided; otherwise the earlier decision holds.
    """
    tries = claim.tries + 1
    triage = undecided_triage(decision) if patience.shown_to_people(tries) else None
    update = CaseUpdate(
        claim.case_ref.registration_id,
        claim.epoch,
        "waiting",
        triage,
        pause=_pause(tries, patience),
        tries=tries,
    )
    if triage is None or claim.decided or not patience.first_shown(tries):
        return CaseResult(update, "register_away")
    event = events.home_authority_unresolved(
        claim.case_ref, decision.on, triage, decision.person.contactability, at
    )
    return CaseResult(update, "register_away", _row(claim, decision, at, died=None), event)


def _pause(tries: int, patience: RetryPolicy) -> timedelta:
    first, longest = patience.first.total_seconds(), patience.longest.total_seconds()
    return timedelta(seconds=pause_after(tries, first=first, longest=longest))


def unreadable_case(claim: ClaimedCase, on: date, at: datetime) -> CaseResult:
    triage = Triage(Queue.UNREADABLE, UNREADABLE)
    update = CaseUpdate(
        claim.case_ref.registration_id,
        claim.epoch,
        "triage",
        triage,
        contactability=Contactability.SUPPRESSED,
        on=on,
    )
    row = DecisionRow(claim.case_ref.registration_id, on, at, "unreadable", triage.reason)
    event = events.home_authority_unresolved(claim.case_ref, on, triage, Contactability.SUPPRESSED, at)
    return CaseResult(update, update.state, row, event)


def _row(claim: ClaimedCase, decision: Decision, at: datetime, *, died: bool | None) -> DecisionRow:
    registration_id, doubts = claim.case_ref.registration_id, decision.person.doubts
    match decision:
        case ResolvedHome():
            return DecisionRow(
                registration_id,
                decision.on,
                at,
                "resolved",
                decision.reason,
                municipality=decision.municipality,
                region=decision.region,
                health_council=decision.health_council,
                acting=decision.acting,
                covered_by=decision.covered_by,
                doubts=doubts,
                died=died,
            )
        case AmbiguousHome():
            return DecisionRow(
                registration_id, decision.on, at, "ambiguous", decision.reason,
                region=decision.region, candidates=decision.candidates, doubts=doubts, died=died,
            )  # fmt: skip
        case UnknownHome():
            return DecisionRow(
                registration_id, decision.on, at, "unknown", decision.reason,
                candidates=decision.suggestions, doubts=doubts, died=died,
            )  # fmt: skip
        case _:
            assert_never(decision)
