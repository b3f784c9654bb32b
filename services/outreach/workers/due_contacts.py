"""Process due contacts: claim on a lease, decide by the current data, request, list or withhold."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, assert_never
from uuid import UUID

from contracts.events.outreach import CallListed, ContactRequested, ContactWithheld
from contracts.events.vocabulary import Channel, StepKind, WithheldReason
from contracts.wire.event import Event
from kit.database import outbox
from kit.database.database import Database, Session
from kit.runtime.clock import Clock
from kit.runtime.metrics import exercise
from services.outreach import metrics
from services.outreach.domain.contact import (
    ContactState,
    DueDecision,
    ListCall,
    OtherContact,
    Request,
    Wait,
    Withhold,
    decide_due,
)
from services.outreach.domain.earlier_contacts import EarlierContact, Extent, earlier_contents
from services.outreach.domain.plan import ContactPlan
from services.outreach.domain.wave import WaveState
from services.outreach.plans.files import from_text
from services.outreach.store import calls, contacts, earlier_contacts, people, waves
from services.outreach.store.contacts import ContactUpdate, DueContact
from services.outreach.store.people import LockedPerson


@dataclass(frozen=True, slots=True)
class DecidedContact:
    """One claimed contact with its person and the decision."""

    claim: DueContact
    plan: ContactPlan
    person: LockedPerson | None
    decision: DueDecision


class DueWork:
    def __init__(self, database: Database, clock: Clock, *, batch: int, lease: timedelta) -> None:
        self._database = database
        self._clock = clock
        self._batch = batch
        self._lease = lease

    async def round(self) -> bool:
        claims = await self.claim()
        if claims:
            await self.decide(claims)
        return bool(claims)

    async def claim(self) -> list[DueContact]:
        async with self._database.transaction() as session:
            await contacts.release_expired(session)
            return await contacts.claim_due(session, self._clock.now(), self._batch, self._lease)

    async def decide(self, claims: Sequence[DueContact]) -> None:
        """Decide by the current data; write under each epoch and emit in the same transaction."""
        async with self._database.transaction() as session:
            at = self._clock.agreed(session.now)
            decided = await _decide_all(session, claims, at)
            updates = [_update(each) for each in decided]
            written = await contacts.update_claimed(session, updates)
            kept = [each for each in decided if each.claim.contact_id in written]
            who = [each.claim.registration_id for each in kept]
            recorded_at = await people.record_time(session, who, self._clock)
            await outbox.emit(session, [event for each in kept for event in _events(each, recorded_at)])
        metrics.FENCED.inc(len(claims) - len(written))
        decided_by_state = Counter(
            (update.state, exercise(claim.exercise))
            for update, claim in zip(updates, claims, strict=True)
            if update.contact_id in written
        )
        for labels, number in decided_by_state.items():
            metrics.DECIDED.labels(*labels).inc(number)


async def _decide_all(session: Session, claims: Sequence[DueContact], at: datetime) -> list[DecidedContact]:
    """Lock waves and people, then decide. A pause or a withdrawal comes before this or waits for it."""
    found_waves = await waves.lock_shared(session, [claim.wave_id for claim in claims])
    found_people = await people.lock(session, [claim.registration_id for claim in claims])
    merged = await contacts.same_step_of_merged(session, [_step_key(claim) for claim in claims])
    called = await calls.effects_of_other_calls(
        session, [_call_key(claim) for claim in claims if claim.kind == StepKind.CALL]
    )
    before = await earlier_contacts.load_of_people(
        session, [(c.incident_id, c.registration_id) for c in claims]
    )
    decided = []
    listed: set[tuple[UUID, UUID]] = set()
    for claim in claims:
        wave = found_waves[claim.wave_id]
        plan = from_text(wave.plan_text)
        row = found_people.get(claim.registration_id)
        elsewhere = merged.get(_step_key(claim), frozenset()) | called.get(claim.contact_id, set())
        if claim.kind == StepKind.CALL and _person_key(claim) in listed:
            elsewhere |= {OtherContact.UNDER_WAY}
        decision = _decide(claim, plan, WaveState(wave.state), row, elsewhere, at)
        if isinstance(decision, Request | ListCall):
            decision = _withhold_repeated(claim, plan, wave.repeat, decision, before[claim.registration_id])
        if isinstance(decision, ListCall):
            listed.add(_person_key(claim))
        decided.append(DecidedContact(claim, plan, row, decision))
    return decided


def _person_key(claim: DueContact) -> tuple[UUID, UUID]:
    return claim.incident_id, claim.registration_id


def _call_key(claim: DueContact) -> tuple[UUID, UUID, UUID]:
    return claim.contact_id, claim.wave_id, claim.registration_id


def _withhold_repeated(
    claim: DueContact,
    plan: ContactPlan,
    repeat: bool,  # noqa: FBT001 - of the wave
    decision: DueDecision,
    before: list[EarlierContact],
) -> DueDecision:
    """Withhold a repeat of another wave's contact. Otherwise count this one for the contacts after it."""
    wave_id, content = claim.wave_id, plan.steps[claim.step].content
    if not repeat and content in earlier_contents(before, besides=wave_id, extents={Extent.BEGUN}):
        return Withhold(WithheldReason.ALREADY_CONTACTED)
    before.append(EarlierContact(wave_id, content, ContactState.REQUESTED, None, wave_cancelled=False))
    return decision


def _step_key(claim: DueContact) -> contacts.StepKey:
    return claim.wave_id, claim.registration_id, claim.step


def _decide(
    claim: DueContact,
    plan: ContactPlan,
    state: WaveState,
    row: LockedPerson | None,
    others: frozenset[OtherContact],
    at: datetime,
) -> DueDecision:
    if state is WaveState.CANCELLED:
        return Withhold(WithheldReason.WAVE_CANCELLED)
    if state is not WaveState.RUNNING:
        return Wait(at)
    return decide_due(
        people.read_person(row) if row else None,
        StepKind(claim.kind),
        [Channel(channel) for channel in claim.channels],
        plan.steps[claim.step].window,
        claim.not_after,
        at,
        others,
    )


def _update(each: DecidedContact) -> ContactUpdate:
    claim, decision = each.claim, each.decision
    contact_id, epoch = claim.contact_id, claim.epoch
    where = _municipality(each), _authority(each)
    match decision:
        case Request():
            return ContactUpdate(contact_id, epoch, ContactState.REQUESTED, *where)
        case ListCall():
            return ContactUpdate(contact_id, epoch, ContactState.LISTED, *where)
        case Withhold(reason):
            return ContactUpdate(contact_id, epoch, ContactState.WITHHELD, *where, reason=reason)
        case Wait(until):
            return ContactUpdate(contact_id, epoch, ContactState.WAITING, *where, due_at=until)
        case _:
            assert_never(decision)


def _municipality(each: DecidedContact) -> str:
    """Return the current municipality of the person, who may have moved since the preview."""
    now = each.person.municipality if each.person else None
    return str(now or each.claim.municipality)


def _authority(each: DecidedContact) -> str:
    """Return the authority that acts for the person now."""
    if each.person and each.person.municipality:
        return str(each.person.acting or each.person.municipality)
    if each.person and each.person.held_by and each.claim.kind == StepKind.CALL:
        return each.person.held_by
    return str(each.claim.authority or each.claim.municipality)


def _events(each: DecidedContact, at: datetime) -> list[Event]:
    claim, person, decision = each.claim, each.person, each.decision
    if isinstance(decision, Wait):
        return []
    about: dict[str, Any] = {
        "incident_id": claim.incident_id,
        "exercise": claim.exercise,
        "registration_id": claim.registration_id,
        "contact_id": claim.contact_id,
        "wave_id": claim.wave_id,
        "municipality": _municipality(each),
        "authority": _authority(each),
    }
    match decision:
        case Request(channels):
            return [
                ContactRequested(
                    **about,
                    template=each.plan.steps[claim.step].template,
                    channels=channels,
                    language=person.language if person else "da",
                    requested_at=at,
                    not_after=claim.not_after,
                    recipient=person.recipient if person else None,
                    covered_by=tuple(person.covered_by) if person else (),
                )
            ]
        case ListCall():
            return [CallListed(**about, listed_at=at)]
        case Withhold(reason):
            return [ContactWithheld(**about, kind=StepKind(claim.kind), reason=reason, withheld_at=at)]
        case _:
            assert_never(decision)
