"""Register people: one batch is one transaction.

Their keys are issued before it, in the keyring's own database. A key without a registration is harmless.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum, auto
from uuid import UUID

from contracts.events.ids import IncidentId, RegistrationId
from contracts.events.personal import CONTACT, ContactDetails
from contracts.events.vocabulary import RegistrationPlace
from kit.database.database import Session
from kit.privacy.sealing import DataKey
from kit.runtime.ids import new_id
from services.registration.domain.audit_stamp import AuditStamp
from services.registration.domain.identity_match import (
    IdentityClaims,
    IdentityMatches,
    PersonNames,
    linked_to,
    match_candidates,
    names_compatible,
    without_numbers,
)
from services.registration.domain.incident import Incident
from services.registration.domain.person import NewPerson, admits
from services.registration.domain.similarity import Reason
from services.registration.domain.timestamps import first_revision
from services.registration.events import person_registered
from services.registration.resources import Resources
from services.registration.store import (
    consents,
    contact_restrictions,
    duplicates,
    idempotency,
    incidents,
    people,
)
from services.registration.store.blind_index import BlindIndex
from services.registration.store.duplicates import Proposal
from services.registration.store.idempotency import KeyResult
from services.registration.store.rows import given_rows, registration_row, restriction_rows, seal
from services.registration.use_cases.add_repeat import copy_restrictions, merge_consents, publish_guardians
from services.registration.use_cases.emit_events import emit_person_events

SUBMISSION = "registration"  # the kind of an Idempotency-Key, or of the id that a device made


@dataclass(frozen=True, slots=True)
class Submission:
    """A person to be registered. `key` and `body`: digests by BlindIndex.idempotency_digest.

    Two submissions with the same key and body are the same.
    """

    person: NewPerson
    key: bytes
    body: bytes | None = None


class RegistrationOutcome(Enum):
    REGISTERED = auto()
    REPEATED = auto()  # the same submission was handled before; nothing changed
    SAME_PERSON = auto()  # an identity value is registered already; new consents were added
    CLOSED = auto()  # the incident accepts no more registrations from this place
    OTHER_BODY = auto()  # the key was used with another body


@dataclass(frozen=True, slots=True)
class RegistrationResult:
    outcome: RegistrationOutcome
    registration_id: RegistrationId | None = None
    same_person: bool = False  # as at the first submission
    forgotten: bool = False  # the person of the same key was erased
    doubted: RegistrationId | None = None  # the holder of the same ID number under another name


Within = Callable[[Session, Sequence[RegistrationResult]], Awaitable[None]]


class UnknownIncident(LookupError):  # noqa: N818 - a state of the world, not a fault of the program
    pass


@dataclass(frozen=True, slots=True)
class Candidate:
    id: RegistrationId
    submission: Submission


@dataclass(frozen=True, slots=True)
class _Batch:
    """A batch and the data read before its transaction.

    `others`: keys of the people with the same ID numbers. None: that key is deleted.
    """

    submissions: Sequence[Submission]
    candidates: list[Candidate]
    made: dict[bytes, KeyResult]
    keys: Mapping[UUID, DataKey]
    stamp: AuditStamp
    others: dict[UUID, DataKey | None] = field(default_factory=dict)


class UnreadNames(Exception):  # noqa: N818 - a step of the work, not a fault
    """The names of people with the same ID numbers are needed, but their keys are not read yet."""

    def __init__(self, owners: Sequence[RegistrationId]) -> None:
        super().__init__()
        self.owners = owners


async def register_many(
    resources: Resources,
    incident_id: IncidentId,
    submissions: Sequence[Submission],
    *,
    by: str,
    now: datetime,
    within: Within | None = None,
) -> list[RegistrationResult]:
    """Register a batch and emit its events in one transaction. Raise UnknownIncident.

    `within` records the results in that transaction.
    """
    async with resources.database.transaction() as session:
        made = await idempotency.results_by_key(session, [submission.key for submission in submissions])
    fresh: dict[bytes, Submission] = {}
    for submission in submissions:
        if submission.key not in made:
            fresh.setdefault(submission.key, submission)
    candidates = [Candidate(RegistrationId(new_id()), submission) for submission in fresh.values()]
    keys = await resources.keyring.issue([one.id for one in candidates]) if candidates else {}
    batch = _Batch(submissions, candidates, made, keys, AuditStamp(now, by))
    while True:
        try:
            return await _enter(resources, incident_id, batch, within)
        except UnreadNames as unread:  # read the keys while no transaction is open, then try again
            batch.others.update(dict.fromkeys(unread.owners))
            batch.others.update(await resources.keyring.read(unread.owners))


async def _enter(
    resources: Resources, incident_id: IncidentId, batch: _Batch, within: Within | None
) -> list[RegistrationResult]:
    candidates, made = batch.candidates, batch.made
    async with resources.database.transaction() as session:
        incident = await incidents.lock_shared_incident(session, incident_id)
        if incident is None:
            raise UnknownIncident
        admitted = [e for e in candidates if _admitted(e.submission, incident)]
        admitted = await _claim(session, admitted)
        admitted, found = await _match(session, resources.blind_index, incident, admitted, batch.others)
        await _write(session, resources, incident, admitted, found, batch)
        await _propose(session, incident, found.apart, batch.stamp.at)
        made |= await idempotency.results_by_key(session, [one.submission.key for one in candidates])
        results = _results(batch.submissions, made, entered={one.id for one in admitted}, apart=found.apart)
        if within is not None:
            await within(session, results)
    return results


def _admitted(submission: Submission, incident: Incident) -> bool:
    person = submission.person
    in_time = admits(person.place, person.registered_at, incident.closed_at)
    return in_time or person.device_at is not None  # with a wrong clock the true time is unknown


async def _claim(session: Session, candidates: list[Candidate]) -> list[Candidate]:
    """Remove candidates whose key another transaction has claimed since."""
    if not candidates:
        return []
    won = await idempotency.claim_keys(
        session, [(e.submission.key, e.submission.body, e.id) for e in candidates]
    )
    return candidates if len(won) == len(candidates) else [e for e in candidates if e.submission.key in won]


async def _match(
    session: Session,
    blind: BlindIndex,
    incident: Incident,
    candidates: list[Candidate],
    others: Mapping[UUID, DataKey | None],
) -> tuple[list[Candidate], IdentityMatches]:
    """Match candidates with registered people and lock those. Raise UnreadNames.

    A candidate with the same number but another name is registered without that number.
    """
    claims = [IdentityClaims(e.id, blind.claims(e.submission.person.identity)) for e in candidates]
    open_claims = [(value, one.id) for one in claims for value in one.values]
    owners: dict[bytes, RegistrationId] = {}
    holders: dict[bytes, RegistrationId] = {}
    while open_claims:  # once, unless a person is erased at the same time
        owners |= await people.claim_identities(session, incident.id, open_claims)
        taken = {value for value, _ in open_claims if value not in owners}
        if taken:
            held = await people.lock_owners(session, incident.id, taken)
            holders |= {one.digest: one.registration_id for one in held}
            owners |= {one.digest: one.person for one in held}
        open_claims = [(value, one) for value, one in open_claims if value not in owners]
    named = await names_of(session, candidates, set(owners.values()), others)
    found = match_candidates(
        claims, owners, lambda one, other: names_compatible(named[one], named.get(other))
    )
    found.linked_to.update(linked_to(claims, {**owners, **holders}, owners, found.same))
    own = [
        _without_others_numbers(blind, one, owners) if one.id in found.apart else one for one in candidates
    ]
    return own, found


async def names_of(
    session: Session,
    candidates: Sequence[Candidate],
    owners: set[RegistrationId],
    keys: Mapping[UUID, DataKey | None],
) -> dict[RegistrationId, PersonNames]:
    """Return the names of candidates and of the registered people that they match.

    Raise UnreadNames if `keys` lacks a key. A key of None is deleted.
    """
    named = {
        e.id: PersonNames(e.submission.person.contact.name, e.submission.person.place) for e in candidates
    }
    before = owners - named.keys()
    rows = await people.contacts(session, before) if before else ()
    if unread := sorted({row.id for row in rows} - keys.keys()):
        raise UnreadNames(unread)
    for row in rows:  # first registrations come before their repeats
        if key := keys[row.id]:
            name = key.open(CONTACT, row.contact, ContactDetails).name
            first = named.get(row.person)
            stands = PersonNames(name, RegistrationPlace(row.place))
            named[row.person] = replace(first, also=(*first.also, name)) if first else stands
    return named


def _without_others_numbers(
    blind: BlindIndex, one: Candidate, owners: Mapping[bytes, RegistrationId]
) -> Candidate:
    person = one.submission.person
    numbers = person.identity.identifiers if person.identity else ()
    mistaken = frozenset(n for n in numbers if owners.get(blind.identifier(n), one.id) != one.id)
    return replace(one, submission=replace(one.submission, person=without_numbers(person, mistaken)))


async def _propose(
    session: Session, incident: Incident, apart: Mapping[RegistrationId, RegistrationId], at: datetime
) -> None:
    """Propose pairs with the same number but different names as duplicates."""
    reasons = (Reason.SAME_IDENTITY, Reason.OTHER_NAME)
    pairs = [Proposal(new_id(), incident.id, one, other, 1.0, reasons) for one, other in apart.items()]
    if pairs:
        await duplicates.propose(session, pairs, at)


async def _write(
    session: Session,
    resources: Resources,
    incident: Incident,
    candidates: list[Candidate],
    found: IdentityMatches,
    batch: _Batch,
) -> None:
    same = found.same
    blind, stamp = resources.blind_index, batch.stamp
    sealed = [seal(one.id, one.submission.person, batch.keys[one.id]) for one in candidates]
    firsts = [one for one in sealed if one.id not in same]
    await people.insert_registrations(
        session,
        [registration_row(incident.id, one, same.get(one.id), found.linked_to.get(one.id)) for one in sealed],
    )
    await people.insert_blind_index(
        session,
        [(digest, one.id) for one in sealed for digest in set(blind.entries(incident.id, one.person))],
    )
    await consents.insert_given(session, [row for one in firsts for row in given_rows(one, one.id, stamp)])
    if barred := [row for one in sealed for row in restriction_rows(one, stamp)]:
        await contact_restrictions.insert_restrictions(session, barred)
    revision = first_revision(session.now)  # the default of the column
    await emit_person_events(
        session, [person_registered(incident, one, stamp.at, revision) for one in firsts]
    )
    if same:
        repeated = [(same[one.id], one) for one in sealed if one.id in same]
        await merge_consents(session, incident, repeated, stamp)
        await copy_restrictions(session, repeated, stamp)
        await publish_guardians(session, resources, repeated, {**batch.others, **batch.keys}, stamp)


def _results(
    submissions: Sequence[Submission],
    made: Mapping[bytes, KeyResult],
    entered: set[UUID],
    apart: Mapping[RegistrationId, RegistrationId],
) -> list[RegistrationResult]:
    """Return the result of each submission. Of several with one key the first was registered."""
    told: set[UUID] = set()
    results = []
    for submission in submissions:
        what = made.get(submission.key)
        if what is None:
            results.append(RegistrationResult(RegistrationOutcome.CLOSED))
        elif what.body != submission.body:
            results.append(RegistrationResult(RegistrationOutcome.OTHER_BODY, forgotten=what.forgotten))
        else:
            result = _result(what, is_new=what.id in entered and what.id not in told)
            doubt = None if what.id in told else apart.get(RegistrationId(what.id))
            results.append(replace(result, doubted=doubt))
            told.add(what.id)
    return results


def _result(what: KeyResult, *, is_new: bool) -> RegistrationResult:
    same_person = what.repeat_of is not None
    outcome = RegistrationOutcome.SAME_PERSON if same_person else RegistrationOutcome.REGISTERED
    first = what.repeat_of or RegistrationId(what.id)
    return RegistrationResult(outcome if is_new else RegistrationOutcome.REPEATED, first, same_person)
