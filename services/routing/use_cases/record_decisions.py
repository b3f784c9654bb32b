"""What is written and said of a case once it is decided, waits on, or cannot be read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import assert_never

import asyncpg

from contracts.events import personal
from contracts.events.ids import AuthorityId
from contracts.events.routing import HomeAuthorityResolved
from contracts.events.vocabulary import Contactability
from contracts.rules.identity import IdentitySystem
from contracts.wire.event import PersonEvent
from kit.database.database import Session
from services.routing import events
from services.routing.domain.identity_lookup import cpr_numbers
from services.routing.domain.outcome import Ambiguous, Decision, Resolved, Unknown
from services.routing.domain.register_entry import CprStatus
from services.routing.domain.retry import Patience
from services.routing.domain.triage import (
    UNREADABLE,
    Queue,
    Triage,
    contactability,
    doubt,
    question,
    recipient,
)
from services.routing.events import About
from services.routing.store import handover_replies
from services.routing.store.decisions import DecisionRow
from services.routing.store.home_cases import Verdict
from services.routing.use_cases.open_cases import Claim, Open


@dataclass(frozen=True, slots=True)
class Settled:
    """One case with what is written and said of it."""

    verdict: Verdict
    became: str
    row: DecisionRow | None = None
    event: PersonEvent | None = None
    learned: PersonEvent | None = None  # the person's number is another one now
    was_refused: bool = False  # by the home authority, and nobody has decided anew


async def unless_refused(
    session: Session, settled: Sequence[Settled], successors: Mapping[AuthorityId, AuthorityId]
) -> list[Settled]:
    """Tell of no home authority where the rules find the one that has refused: a person decides anew."""
    asked = [each.verdict.registration_id for each in settled if each.was_refused]
    found = await handover_replies.refusals(session, asked) if asked else {}
    return [_refused_again(each, found.get(each.verdict.registration_id), successors) for each in settled]


def _refused_again(
    each: Settled, refusal: asyncpg.Record | None, successors: Mapping[AuthorityId, AuthorityId]
) -> Settled:
    event = each.event
    if refusal is None or not each.was_refused or not isinstance(event, HomeAuthorityResolved):
        return each
    refused_by = {successors.get(code, code) for code in refusal["refused_by"]}
    if (event.acting or event.municipality) not in refused_by:
        return each
    about = About(event.incident_id, event.registration_id, exercise=event.exercise)
    again = events.refused_home(about, event.on, refusal["refusal"], event.contactability, event.decided_at)
    return replace(each, event=again)


def decided(case: Open, decision: Decision, at: datetime) -> Settled:
    about, person = case.claim.about, decision.person
    contact, whom = contactability(decision, case.age_band), recipient(person)
    sealed = case.key.seal(personal.RECIPIENT, whom) if whom else None
    looked_at: Triage | None
    event: PersonEvent
    if isinstance(decision, Resolved):
        state, looked_at = "resolved", doubt(decision)
        event = events.resolved(about, decision, contact, sealed, at)
    else:
        state, looked_at = "triage", question(decision)
        event = events.unresolved(about, decision.on, looked_at, contact, at)
    verdict = Verdict(
        about.registration_id,
        case.claim.epoch,
        state,
        looked_at,
        contactability=contact,
        digital_post=person.recipients.digital_post(),
        letter_allowed=person.letter_allowed,
        recipient=sealed,
        on=decision.on,
        home=(decision.municipality, decision.region) if isinstance(decision, Resolved) else None,
    )
    died = person.status is CprStatus.DEAD  # a number that is taken out again takes its death with it
    row, learned = _row(case.claim, decision, at, died=died), _learned(case, decision, at)
    return Settled(verdict, state, row, event, learned, was_refused=case.claim.refused)


def _learned(case: Open, decision: Decision, at: datetime) -> PersonEvent | None:
    """Tell the number that the register has put in the place of the one the person was registered with."""
    number = decision.person.current_cpr
    if number is None or number in cpr_numbers(case.identity, decision.on):
        return None
    current = personal.Identity((personal.Identifier(IdentitySystem.CPR, number),))
    return events.current_number(case.claim.about, case.key.seal(personal.IDENTITY, current), at)


def waits(claim: Claim, decision: Unknown, patience: Patience, at: datetime) -> Settled:
    """Keep the case waiting. Once it has waited long, people see it as well.

    That is told of a case never decided; an earlier decision holds meanwhile.
    """
    tries = claim.tries + 1
    looked_at = question(decision) if patience.shown_to_people(tries) else None
    verdict = Verdict(
        claim.about.registration_id,
        claim.epoch,
        "waiting",
        looked_at,
        pause=patience.pause(tries),
        tries=tries,
    )
    if looked_at is None or claim.decided or not patience.first_shown(tries):
        return Settled(verdict, "register_away")
    event = events.unresolved(claim.about, decision.on, looked_at, decision.person.contactability, at)
    return Settled(verdict, "register_away", _row(claim, decision, at, died=None), event)


def unreadable(claim: Claim, on: date, at: datetime) -> Settled:
    looked_at = Triage(Queue.UNREADABLE, UNREADABLE)
    verdict = Verdict(
        claim.about.registration_id,
        claim.epoch,
        "triage",
        looked_at,
        contactability=Contactability.SUPPRESSED,
        on=on,
    )
    row = DecisionRow(claim.about.registration_id, on, at, "unreadable", looked_at.reason)
    event = events.unresolved(claim.about, on, looked_at, Contactability.SUPPRESSED, at)
    return Settled(verdict, verdict.state, row, event)


def _row(claim: Claim, decision: Decision, at: datetime, *, died: bool | None) -> DecisionRow:
    registration_id, doubts = claim.about.registration_id, decision.person.doubts
    match decision:
        case Resolved():
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
        case Ambiguous():
            return DecisionRow(
                registration_id, decision.on, at, "ambiguous", decision.reason,
                region=decision.region, candidates=decision.candidates, doubts=doubts, died=died,
            )  # fmt: skip
        case Unknown():
            return DecisionRow(
                registration_id, decision.on, at, "unknown", decision.reason,
                candidates=decision.suggestions, doubts=doubts, died=died,
            )  # fmt: skip
        case _:
            assert_never(decision)
