"""Store of calls: the call lists, claims and attempts. One person at a time claims a call."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from contracts.events.ids import AuthorityId, ContactId, IncidentId, RegistrationId, WaveId
from contracts.events.vocabulary import CallOutcome
from contracts.wire.sealed import Sealed
from kit.database.database import Session
from services.outreach.domain.contact import OtherContact, effect_of_other_call
from services.outreach.domain.live_call import LiveCall


@dataclass(frozen=True, slots=True)
class ListedCall:
    contact_id: ContactId
    wave_id: WaveId
    incident_id: IncidentId
    registration_id: RegistrationId
    exercise: bool
    step: int
    municipality: AuthorityId
    authority: AuthorityId  # the acting authority
    state: str
    epoch: int
    claimed_by: str | None
    attempts: int  # calls made
    not_after: datetime


@dataclass(frozen=True, slots=True)
class CallListEntry:
    """A line of a call list, without personal data."""

    contact_id: UUID
    registration_id: UUID
    incident_id: UUID
    wave_id: UUID
    exercise: bool
    wave_state: str
    claimed_by: str | None
    lease_until: datetime | None
    attempts: int
    due_at: datetime
    not_after: datetime
    language: str
    role: str | None


@dataclass(frozen=True, slots=True)
class SealedCallListEntry(CallListEntry):
    contact: Sealed | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class CallClaim:
    epoch: int
    lease_until: datetime


@dataclass(frozen=True, slots=True)
class CallAttempt:
    outcome: str | None
    note: Sealed | None = field(repr=False)
    call_back_at: datetime | None
    unchanged: str | None


_CALL = """
select contact_id, c.wave_id, c.incident_id, registration_id, w.exercise, step, municipality,
    coalesce(authority, municipality) as authority, c.state, epoch, claimed_by, attempts, not_after
from contact c join wave w using (wave_id) where contact_id = $1 and kind = 'call'
"""


async def load_call_list(
    session: Session, authority: str, incident_id: UUID | None, limit: int
) -> list[SealedCallListEntry]:
    """Return the calls on the list of an authority, earliest due first. An expired claim counts as none.

    A call is on no list while no authority is responsible for the person.
    """
    return await session.fetch(
        SealedCallListEntry,
        """
        select contact_id, registration_id, c.incident_id, c.wave_id, w.exercise, w.state as wave_state,
            case when lease_until > now() then claimed_by end as claimed_by,
            case when lease_until > now() then lease_until end as lease_until,
            attempts, due_at, not_after, language, p.role, p.contact
        from contact c join wave w using (wave_id) join person p using (registration_id)
        where coalesce(c.authority, c.municipality) = $1 and c.state = 'listed'
            and coalesce(p.municipality, p.held_by) is not null and ($2::uuid is null or c.incident_id = $2)
        order by due_at, contact_id limit $3
        """,
        authority,
        incident_id,
        limit,
    )


async def find(session: Session, contact_id: UUID) -> ListedCall | None:
    return await session.fetchrow(ListedCall, _CALL, contact_id)


async def lock(session: Session, contact_id: UUID) -> ListedCall | None:
    """Lock a call. The caller has locked its person."""
    return await session.fetchrow(ListedCall, _CALL + "for no key update of c", contact_id)


async def claim(session: Session, contact_id: UUID, by: str, lease: timedelta) -> CallClaim | None:
    """Claim a call. Return None if someone else holds it. The holder may renew."""
    return await session.fetchrow(
        CallClaim,
        """
        update contact set claimed_by = $2, lease_until = now() + $3, epoch = epoch + 1
        where contact_id = $1 and state = 'listed'
            and (lease_until is null or lease_until < now() or claimed_by = $2)
        returning epoch, lease_until
        """,
        contact_id,
        by,
        lease,
    )


async def release(session: Session, contact_id: UUID, epoch: int, by: str) -> bool:
    return bool(
        await session.execute(
            "update contact set claimed_by = null, lease_until = null, epoch = epoch + 1 "
            "where contact_id = $1 and epoch = $2 and state = 'listed' and claimed_by = $3",
            contact_id,
            epoch,
            by,
        )
    )


async def insert_attempt(session: Session, values: Sequence[object]) -> UUID:
    """Insert the report of a call; return the id of the attempt.

    `values`: contact_id, epoch, actor, outcome, note (sealed), call_back_at, registration_id, told_at,
    unchanged.
    """
    attempt_id: UUID = await session.fetchval(
        "insert into call_attempt (contact_id, epoch, actor, outcome, note, call_back_at, registration_id, "
        "told_at, unchanged) values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning attempt_id",
        *values,
    )
    return attempt_id


async def load_attempts(session: Session, contact_id: UUID, epoch: int, actor: str) -> list[CallAttempt]:
    """Return the reports of one person under one claim."""
    return await session.fetch(
        CallAttempt,
        "select outcome, note, call_back_at, unchanged from call_attempt "
        "where contact_id = $1 and epoch = $2 and actor = $3",
        contact_id,
        epoch,
        actor,
    )


async def conclude(session: Session, contact_id: UUID, epoch: int, outcome: str) -> bool:
    """Conclude a call. Return whether the claim still held."""
    return bool(
        await session.execute(
            "update contact set state = 'concluded', outcome = $3, attempts = attempts + 1, "
            "lease_until = null where contact_id = $1 and epoch = $2 and state = 'listed'",
            contact_id,
            epoch,
            outcome,
        )
    )


async def conclude_in_any_state(session: Session, contact_id: UUID, outcome: str) -> None:
    """Conclude a call in any state, after the person withdrew or refused contact."""
    await session.execute(
        "update contact set state = 'concluded', outcome = $2, reason = null, attempts = attempts + 1, "
        "lease_until = null, epoch = epoch + 1 where contact_id = $1",
        contact_id,
        outcome,
    )


async def reschedule(session: Session, contact_id: UUID, epoch: int, due_at: datetime) -> bool:
    """Put a call back on the list for a later time. Return whether the claim still held."""
    return bool(
        await session.execute(
            "update contact set due_at = $3, attempts = attempts + 1, claimed_by = null, lease_until = null, "
            "epoch = epoch + 1 where contact_id = $1 and epoch = $2 and state = 'listed'",
            contact_id,
            epoch,
            due_at,
        )
    )


async def lock_live_calls(session: Session, primaries: Mapping[UUID, UUID]) -> list[LiveCall]:
    """Lock and return the live calls of people. `primaries`: as linked_people.load_linked returns them."""
    rows = await session.fetch(
        """
        select contact_id, incident_id, registration_id, due_at,
            coalesce(lease_until > now(), false) as is_claimed
        from contact where registration_id = any($1::uuid[]) and kind = 'call'
            and state = 'listed' and state in ('waiting', 'claimed', 'listed')
        order by contact_id for no key update
        """,
        list(primaries),
    )
    return [LiveCall(**row, primary_id=primaries[row["registration_id"]]) for row in rows]


async def take_off_list(session: Session, contact_ids: Sequence[UUID]) -> None:
    """Take calls off the lists. They are decided again when due."""
    await session.execute(
        "update contact set state = 'waiting', claimed_by = null, lease_until = null, epoch = epoch + 1 "
        "where contact_id = any($1::uuid[]) and state = 'listed'",
        contact_ids,
    )


async def set_person(session: Session, calls: Sequence[tuple[UUID, UUID]]) -> None:
    """Write the primary registration of calls. `calls`: contact, primary registration."""
    await session.execute(
        "update contact c set person_id = u.primary_id "
        "from unnest($1::uuid[], $2::uuid[]) as u(id, primary_id) "
        "where c.contact_id = u.id and c.person_id is distinct from u.primary_id",
        [contact_id for contact_id, _ in calls],
        [primary_id for _, primary_id in calls],
    )


_OTHER_CALLS = """
with recursive away as (
    select id as primary_id, id as registration_id from unnest($3::uuid[]) as id
    union
    select a.primary_id, p.registration_id from away a join person p
        on p.merged_into = a.registration_id and p.merged
), due as (
    select contact_id, wave_id, registration_id
    from unnest($1::uuid[], $2::uuid[], $3::uuid[]) as u(contact_id, wave_id, registration_id)
)
select d.contact_id, null as outcome, false as next_step
from due d join away a on a.primary_id = d.registration_id
join contact mine on mine.contact_id = d.contact_id
join contact c on c.registration_id = a.registration_id and c.contact_id <> d.contact_id
    and c.incident_id = mine.incident_id and c.kind = 'call'
    and c.state = 'listed' and c.state in ('waiting', 'claimed', 'listed')
union
select d.contact_id, t.outcome, c.wave_id = d.wave_id and c.step <> mine.step
from due d join away a on a.primary_id = d.registration_id
join contact mine on mine.contact_id = d.contact_id
join wave w on w.wave_id = d.wave_id
join call_attempt t on t.registration_id = a.registration_id
    and (t.contact_id <> d.contact_id or t.unchanged is not null)
    and t.told_at > w.previewed_at and t.outcome is not null
join contact c on c.contact_id = t.contact_id and c.incident_id = mine.incident_id
"""


async def effects_of_other_calls(
    session: Session, due: Sequence[tuple[UUID, UUID, UUID]]
) -> dict[UUID, set[OtherContact]]:
    """Return what other calls to the same person mean for calls that are due.

    A report that came after its claim was lost counts as another call.
    `due`: contact, wave, registration.
    """
    found: dict[UUID, set[OtherContact]] = defaultdict(set)
    if due:
        arrays = [list(column) for column in zip(*due, strict=True)]
        for contact_id, outcome, next_step in await session.fetch(_OTHER_CALLS, *arrays):
            effect = effect_of_other_call(CallOutcome(outcome) if outcome else None, next_step=next_step)
            if effect is not None:
                found[contact_id].add(effect)
    return found
