"""Registering people, one or a thousand: one batch is one transaction.

Their keys are issued before it, in the keyring's own database: a key whose registration then is not written
seals nothing, and is harmless.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, auto
from uuid import UUID

from contracts.event import Event
from contracts.ids import IncidentId, RegistrationId
from contracts.vocabulary import RegistrationPlace
from kit import outbox
from kit.database import Database, Session
from kit.ids import new_id
from kit.keyring import Keyring
from kit.sealing import DataKey
from services.registration.barring import bar
from services.registration.blind_index import BlindIndex
from services.registration.domain.consent import Given
from services.registration.domain.incident import Incident
from services.registration.domain.person import NewPerson, admits
from services.registration.domain.same_person import Claimant, repeats
from services.registration.domain.trails import entries, fold
from services.registration.records import (
    Recorded,
    SealedPerson,
    bar_rows,
    given_row,
    given_rows,
    person_registered,
    registration_row,
    seal,
)
from services.registration.store import bars, consents, incidents, intake, people
from services.registration.store.intake import Made
from services.registration.telling import About, told


@dataclass(frozen=True, slots=True)
class Desk:
    """What registering needs."""

    database: Database
    keyring: Keyring
    blind: BlindIndex


ARRIVAL = "registration"  # the way in of BlindIndex.intake: an Idempotency-Key, or the id a device made


@dataclass(frozen=True, slots=True)
class Arrival:
    """A person who comes in. `key`, `body`: BlindIndex.intake of what makes another arrival the same."""

    person: NewPerson
    key: bytes
    body: bytes | None = None


class Outcome(Enum):
    REGISTERED = auto()
    REPEATED = auto()  # the same arrival came before: nothing was changed
    SAME_PERSON = auto()  # an identity value is registered in this incident; new consents joined its ledger
    CLOSED = auto()  # the incident takes no more registrations from this place
    OTHER_BODY = auto()  # the key came before with something else


@dataclass(frozen=True, slots=True)
class Result:
    outcome: Outcome
    registration_id: RegistrationId | None = None
    same_person: bool = False  # as registered the first time the arrival came
    doubted: RegistrationId | None = None  # just recognised by a number, under a name with no word in common


Within = Callable[[Session, Sequence[Result]], Awaitable[None]]


class UnknownIncident(LookupError):  # noqa: N818 - a state of the world, not a fault of the program
    pass


@dataclass(frozen=True, slots=True)
class _Entrant:
    id: RegistrationId
    arrival: Arrival


async def register_many(
    desk: Desk,
    incident_id: IncidentId,
    arrivals: Sequence[Arrival],
    *,
    by: str,
    now: datetime,
    within: Within | None = None,
) -> list[Result]:
    """Register a batch, in one transaction, with its events. Raises UnknownIncident.

    `within` writes down, in that transaction, what came of it.
    """
    async with desk.database.transaction() as session:
        made = await intake.made_by(session, [arrival.key for arrival in arrivals])
    fresh: dict[bytes, Arrival] = {}
    for arrival in arrivals:
        if arrival.key not in made:
            fresh.setdefault(arrival.key, arrival)
    entrants = [_Entrant(RegistrationId(new_id()), arrival) for arrival in fresh.values()]
    keys = await desk.keyring.issue([one.id for one in entrants]) if entrants else {}
    async with desk.database.transaction() as session:
        incident = await incidents.hold_incident(session, incident_id)
        if incident is None:
            raise UnknownIncident
        admitted = [e for e in entrants if _admitted(e.arrival, incident)]
        admitted = await _claim(session, admitted)
        same = await _recognise(session, desk.blind, incident, admitted)
        await _write(session, desk.blind, incident, admitted, same, keys, Recorded(now, by))
        made |= await intake.made_by(session, [one.arrival.key for one in entrants])
        doubted = await _otherwise_named(session, desk.blind, incident, admitted, same)
        results = _results(arrivals, made, entered={one.id for one in admitted}, doubted=doubted)
        if within is not None:
            await within(session, results)
    return results


def _admitted(arrival: Arrival, incident: Incident) -> bool:
    return admits(arrival.person.place, arrival.person.registered_at, incident.closed_at)


async def _claim(session: Session, entrants: list[_Entrant]) -> list[_Entrant]:
    """Leave out those whose arrival another transaction has taken since."""
    if not entrants:
        return []
    won = await intake.claim_intake(session, [(e.arrival.key, e.arrival.body, e.id) for e in entrants])
    return entrants if len(won) == len(entrants) else [e for e in entrants if e.arrival.key in won]


async def _recognise(
    session: Session, blind: BlindIndex, incident: Incident, entrants: list[_Entrant]
) -> dict[RegistrationId, RegistrationId]:
    """Give the entrants who are in the incident already, with their first registration, which is locked."""
    claimants = [Claimant(e.id, blind.claims(e.arrival.person.identity)) for e in entrants]
    open_claims = [(value, one.id) for one in claimants for value in one.values]
    owners: dict[bytes, RegistrationId] = {}
    while open_claims:  # once, unless a person is forgotten in the same moment
        owners |= await people.claim_identities(session, incident.id, open_claims)
        taken = {value for value, _ in open_claims if value not in owners}
        if taken:
            owners |= await people.lock_owners(session, incident.id, taken)
        open_claims = [(value, one) for value, one in open_claims if value not in owners]
    same = repeats(claimants, owners)
    if same:
        await people.move_claims(session, same)
    return same


async def _write(
    session: Session,
    blind: BlindIndex,
    incident: Incident,
    entrants: list[_Entrant],
    same: Mapping[RegistrationId, RegistrationId],
    keys: Mapping[UUID, DataKey],
    recorded: Recorded,
) -> None:
    sealed = [seal(one.id, one.arrival.person, keys[one.id]) for one in entrants]
    firsts = [one for one in sealed if one.id not in same]
    await people.insert_registrations(
        session, [registration_row(incident.id, one, same.get(one.id)) for one in sealed]
    )
    await people.insert_blind_index(
        session,
        [(digest, one.id) for one in sealed for digest in set(blind.entries(incident.id, one.person))],
    )
    await consents.insert_given(session, [row for one in firsts for row in given_rows(one, one.id, recorded)])
    if barred := [row for one in firsts for row in bar_rows(one, recorded)]:
        await bars.insert_bars(session, barred)
    await outbox.emit(session, [person_registered(incident, one) for one in firsts])
    if same:
        repeated = [(same[one.id], one) for one in sealed if one.id in same]
        await _join_ledgers(session, incident, repeated, recorded)
        await _join_bars(session, repeated, recorded)


async def _otherwise_named(
    session: Session,
    blind: BlindIndex,
    incident: Incident,
    entrants: list[_Entrant],
    same: Mapping[RegistrationId, RegistrationId],
) -> set[UUID]:
    """Give who shares no word of a name with whom a number recognised them as: it may have been mistaken."""
    if not same:
        return set()
    words = {
        one.id: set(blind.name_words(incident.id, one.arrival.person.contact.name))
        for one in entrants
        if one.id in same
    }
    found = await people.indexed(session, set(same.values()), set().union(*words.values()))
    return {one for one, own in words.items() if own.isdisjoint(found.get(same[one], ()))}


async def _join_ledgers(
    session: Session,
    incident: Incident,
    repeated: Sequence[tuple[RegistrationId, SealedPerson]],
    recorded: Recorded,
) -> None:
    """Add a repeat's new consents to the first's ledger, and tell what that changes."""
    ledgers = await consents.ledgers(session, sorted({first for first, _ in repeated}))
    rows: list[Sequence[object]] = []
    events: list[Event] = []
    states = {first: fold(ledger) for first, ledger in ledgers.items()}
    for first, one in repeated:
        known = {entry.terms for entry in entries(ledgers[first]) if isinstance(entry, Given)}
        news = [consent for consent in one.consents if consent.given.terms not in known]
        public = one.person.place is RegistrationPlace.SELF
        for consent in news:
            counts = states[first].confirms(consent.given.terms.purpose, public=public)
            rows.append(given_row(consent, first, one.id, recorded, unconfirmed=not counts))
            if counts:
                ledgers[first].append(consent.given)
        before, states[first] = states[first], fold(ledgers[first])
        about = About(incident.id, first, incident.exercise)
        events.extend(told(about, before, states[first], recorded.at))
    await consents.insert_given(session, rows)
    await consents.write_states(session, states)
    await outbox.emit(session, events)


async def _join_bars(
    session: Session, repeated: Sequence[tuple[RegistrationId, SealedPerson]], recorded: Recorded
) -> None:
    """Let a repeat's wish not to be contacted hold for the person."""
    for first, one in repeated:
        for reason in one.person.bars:
            person = await people.lock_person(session, first)
            if person is not None:
                await bar(session, person, reason, recorded, key_of=one.id, why=None)


def _results(
    arrivals: Sequence[Arrival], made: Mapping[bytes, Made], entered: set[UUID], doubted: set[UUID]
) -> list[Result]:
    """Tell each arrival what came of it; of several under one key the first was registered."""
    told: set[UUID] = set()
    results = []
    for arrival in arrivals:
        what = made.get(arrival.key)
        if what is None:
            results.append(Result(Outcome.CLOSED))
        elif what.body != arrival.body:
            results.append(Result(Outcome.OTHER_BODY))
        else:
            result = _result(what, is_new=what.id in entered and what.id not in told)
            doubt = RegistrationId(what.id) if what.id in doubted - told else None
            results.append(replace(result, doubted=doubt))
            told.add(what.id)
    return results


def _result(what: Made, *, is_new: bool) -> Result:
    same_person = what.repeat_of is not None
    outcome = Outcome.SAME_PERSON if same_person else Outcome.REGISTERED
    first = what.repeat_of or RegistrationId(what.id)
    return Result(outcome if is_new else Outcome.REPEATED, first, same_person)
