"""Cases. Workers claim them on a lease and write them under an epoch.

Every lock is taken in the order of the ids.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, timedelta
from uuid import UUID

from contracts.events.ids import AuthorityId, HandoverId
from contracts.events.registration import PersonForgotten, PersonRegistered
from contracts.wire.event import PersonEvent
from contracts.wire.sealed import Sealed
from kit.database.database import Session
from services.routing.domain.handover import CaseRef, Handover, HandoverState
from services.routing.domain.triage import Queue, Triage
from services.routing.store import decisions


@dataclass(frozen=True, slots=True)
class DueCase(CaseRef):
    """A claimed case. `refused`: it is queued because its home authority refused it."""

    age_band: str
    identity: bytes | None = field(repr=False)
    contact: bytes = field(repr=False)
    epoch: int
    tries: int
    ruled: AuthorityId | None
    ruled_event: bool
    decided_on: date | None
    facts_changed: bool
    recipient: bytes | None = field(repr=False)
    refused: bool


@dataclass(frozen=True, slots=True)
class CaseState(CaseRef):
    state: str
    age_band: str | None
    identity: bytes | None = field(repr=False)
    recipient: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class LockedCase(CaseRef):
    state: str
    age_band: str | None
    reason: str | None
    contactability: str | None
    digital_post: bool | None
    letter_allowed: bool
    recipient: Sealed | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class OpenCases:
    """`oldest`: seconds since the oldest was due."""

    bucket: str
    exercise: bool
    cases: int
    oldest: float


_DUE_COLUMNS = ", ".join(column.name for column in fields(DueCase)[:-1]) + (
    ", coalesce(queue = 'handover', false) as refused"
)

# Each round takes the same share of every incident with due cases, so that no incident waits for another.
# The lateral part forces the index home_case_due, even with missing statistics for a new incident.
_DUE = """
    c.state = 'waiting' and c.due_at <= clock_timestamp()
        and (c.lease_until is null or c.lease_until < clock_timestamp())
"""
_CLAIM = f"""
with at_work as materialized (
    select i.incident_id from incident i where exists (
        select from home_case c where c.incident_id = i.incident_id and {_DUE})
), due as materialized (
    select d.registration_id from at_work a cross join lateral (
        select registration_id from home_case c
        where c.incident_id = a.incident_id and {_DUE}
        order by c.due_at limit (select greatest(1, $1::bigint / count(*)) from at_work)
        for no key update skip locked
    ) d
)
update home_case set epoch = epoch + 1, lease_until = clock_timestamp() + $2
where registration_id = any(array(select registration_id from due))
returning {_DUE_COLUMNS}
"""  # noqa: S608 - our own condition
_HOLD = """
select from home_case where registration_id = any($1::uuid[]) order by registration_id for no key update
"""
# A queued case stays in its queue, with its deadline, while the register is unavailable. The coalesce on the
# state prevents the index home_case_due: on a new table that plan scanned every waiting case for each row.
_SETTLE = """
update home_case c set state = u.state,
    queue = case when u.kept then c.queue else u.queue end,
    reason = case when u.kept then c.reason else u.reason end,
    since = case when u.kept or u.queue = c.queue then c.since when u.queue is not null then now() end,
    facts_changed = c.facts_changed and c.ruled is not null,
    municipality = case when u.state = 'waiting' then c.municipality else u.municipality end,
    region = case when u.state = 'waiting' then c.region else u.region end,
    candidates = case when u.kept then c.candidates
        else coalesce(string_to_array(nullif(u.candidates, ''), ','), '{}') end,
    contactability = case when u.state = 'waiting' then c.contactability else u.contactability end,
    digital_post = case when u.state = 'waiting' then c.digital_post else u.digital_post end,
    letter_allowed = case when u.state = 'waiting' then c.letter_allowed else u.letter_allowed end,
    recipient = case when u.state = 'waiting' then c.recipient else u.recipient end,
    decided_on = coalesce(u.decided_on, c.decided_on),
    due_at = coalesce(clock_timestamp() + u.pause, c.due_at), tries = u.tries,
    settled_at = now(), lease_until = null, identity = case when u.state <> 'forgotten' then c.identity end,
    contact = case when u.state <> 'forgotten' then c.contact end
from (select *, state = 'waiting' and queue is null as kept
    from unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
        $8::boolean[], $9::boolean[], $10::bytea[], $11::interval[], $12::int[], $13::date[],
        $14::text[], $15::text[])
        as rows(id, epoch, state, queue, reason, candidates, contactability, digital_post, letter_allowed,
            recipient, pause, tries, decided_on, municipality, region)) u
where c.registration_id = u.id and c.epoch = u.epoch and coalesce(c.state, '') = 'waiting'
returning c.registration_id
"""
_GIVE_BACK = """
update home_case c set lease_until = null from unnest($1::uuid[], $2::int[]) as u(id, epoch)
where c.registration_id = u.id and c.epoch = u.epoch and coalesce(c.state, '') = 'waiting'
"""


_UNRESOLVED = """
select c.registration_id, c.incident_id, c.exercise, c.queue, c.reason, c.candidates,
    coalesce(c.contactability, 'suppressed') as contactability, h.handover_id, h.authority, h.state,
    h.covered_by
from home_case c join standing s using (registration_id) left join handover h on h.handover_id = s.held_id
where c.registration_id = any($1::uuid[]) and c.state in ('waiting', 'resolved', 'triage')
    and (c.queue = 'handover' or c.queue is not null and c.municipality is null)
"""


@dataclass(frozen=True, slots=True)
class UnresolvedCase(CaseRef):
    """A case without a home authority, and the handover of the authority responsible meanwhile."""

    queue: str
    reason: str
    candidates: list[AuthorityId]
    contactability: str
    handover_id: HandoverId | None
    authority: AuthorityId | None
    state: str | None
    covered_by: list[AuthorityId] | None

    def triage(self) -> Triage:
        return Triage(Queue(self.queue), self.reason, tuple(self.candidates))

    def held(self) -> Handover | None:
        if self.handover_id is None or self.authority is None or self.state is None:
            return None
        state = HandoverState(self.state)
        return Handover(self.handover_id, self.authority, state, tuple(self.covered_by or ()))


@dataclass(frozen=True, slots=True)
class CaseUpdate:
    """The update of a claimed case. It is written only while the claim is current."""

    registration_id: UUID
    epoch: int
    state: str
    triage: Triage | None = None
    contactability: str | None = None
    digital_post: bool | None = None
    letter_allowed: bool = False
    recipient: bytes | None = None
    pause: timedelta | None = None  # until the next try
    tries: int = 0
    on: date | None = None  # date of the decision
    home: tuple[str, str | None] | None = None  # municipality and region of a resolved case


async def insert_cases(session: Session, events: Sequence[PersonRegistered]) -> None:
    """Insert a case per person. A person erased before this event stays erased."""
    rows = sorted(events, key=lambda event: event.registration_id)
    await insert_incidents(session, rows)
    await session.execute(
        "insert into home_case (registration_id, incident_id, exercise, age_band, identity, contact) "
        "select * from unnest($1::uuid[], $2::uuid[], $3::boolean[], $4::text[], $5::bytea[], $6::bytea[]) "
        "on conflict (registration_id) do update set age_band = excluded.age_band, "
        "identity = excluded.identity, contact = excluded.contact, due_at = now() "
        "where home_case.contact is null and home_case.state <> 'forgotten'",
        [event.registration_id for event in rows],
        [event.incident_id for event in rows],
        [event.exercise for event in rows],
        [event.age_band for event in rows],
        [event.identity for event in rows],
        [event.contact for event in rows],
    )


async def erase_people(session: Session, events: Sequence[PersonForgotten]) -> None:
    """Delete the sealed data and stop the case, also for people not known yet."""
    rows = sorted(events, key=lambda event: event.registration_id)
    await insert_incidents(session, rows)
    await session.execute(
        "insert into home_case as c (registration_id, incident_id, exercise, state) "
        "select r, i, e, 'forgotten' from unnest($1::uuid[], $2::uuid[], $3::boolean[]) as u(r, i, e) "
        "on conflict (registration_id) do update set state = 'forgotten', identity = null, contact = null, "
        "recipient = null, queue = null, candidates = '{}', epoch = c.epoch + 1, lease_until = null",
        [event.registration_id for event in rows],
        [event.incident_id for event in rows],
        [event.exercise for event in rows],
    )
    await decisions.drop_notes(session, [event.registration_id for event in rows])


async def insert_incidents(session: Session, events: Sequence[PersonEvent]) -> None:
    await session.execute(
        "insert into incident (incident_id) select unnest($1::uuid[]) on conflict do nothing",
        sorted({event.incident_id for event in events}),
    )


async def claim_due(session: Session, limit: int, lease: timedelta) -> list[DueCase]:
    return await session.fetch(DueCase, _CLAIM, limit, lease)


async def lock_cases(session: Session, ids: Sequence[UUID]) -> None:
    """Lock the existing cases. The lock is required for publishing events about the person."""
    if ids:
        await session.execute(_HOLD, ids)


async def write_updates(session: Session, updates: Sequence[CaseUpdate]) -> set[UUID]:
    """Write the updates whose epoch is the current one; return their registrations. The caller holds them."""
    written = await session.fetchcolumn(
        _SETTLE,
        [v.registration_id for v in updates],
        [v.epoch for v in updates],
        [v.state for v in updates],
        [v.triage and v.triage.queue for v in updates],
        [v.triage and v.triage.reason for v in updates],
        [",".join(v.triage.candidates) if v.triage else "" for v in updates],
        [v.contactability for v in updates],
        [v.digital_post for v in updates],
        [v.letter_allowed for v in updates],
        [v.recipient for v in updates],
        [v.pause for v in updates],
        [v.tries for v in updates],
        [v.on for v in updates],
        [v.home and v.home[0] for v in updates],
        [v.home and v.home[1] for v in updates],
    )
    return set(written)


async def release_claims(session: Session, claims: Sequence[tuple[UUID, int]]) -> int:
    """End the leases early, so that other workers can claim the cases."""
    await session.execute(_HOLD, [registration_id for registration_id, _ in claims])
    return await session.execute(
        _GIVE_BACK,
        [registration_id for registration_id, _ in claims],
        [epoch for _, epoch in claims],
    )


async def load_unresolved(session: Session, ids: Collection[UUID]) -> list[UnresolvedCase]:
    """Return those of the cases that have no home authority."""
    return await session.fetch(UnresolvedCase, _UNRESOLVED, list(ids))


async def find_case(session: Session, registration_id: UUID) -> CaseState | None:
    return await session.fetchrow(
        CaseState,
        "select registration_id, incident_id, exercise, state, age_band, identity, recipient from home_case "
        "where registration_id = $1",
        registration_id,
    )


async def lock_case(session: Session, registration_id: UUID) -> LockedCase | None:
    return await session.fetchrow(
        LockedCase,
        "select registration_id, incident_id, exercise, state, age_band, reason, contactability, "
        "digital_post, letter_allowed, recipient from home_case where registration_id = $1 for no key update",
        registration_id,
    )


async def reopen_decided_before(session: Session, decided_before: date, limit: int) -> int:
    """Reopen cases whose last decision is for a day before `decided_before`."""
    return await session.execute(
        "update home_case set state = 'waiting', due_at = now(), epoch = epoch + 1, lease_until = null, "
        "tries = 0 where registration_id = any(array("
        "select registration_id from home_case where state in ('resolved', 'triage') and decided_on < $1 "
        "limit $2 for no key update skip locked))",
        decided_before,
        limit,
    )


_BUCKET = "case when state = 'waiting' and tries > 0 then 'register_away' else state end"


async def count_buckets(session: Session, incident_id: UUID) -> dict[str, int]:
    """Count each case of an incident once. A claimed case counts as waiting."""
    return await session.fetchpairs(
        f"select {_BUCKET} as bucket, count(*) as cases from home_case "  # noqa: S608 - our own expression
        "where incident_id = $1 group by 1",
        incident_id,
    )


async def count_open_cases(session: Session) -> list[OpenCases]:
    """Count waiting and queued cases."""
    return await session.fetch(
        OpenCases,
        f"""
        select {_BUCKET} as bucket, exercise, count(*) as cases,
            coalesce(extract(epoch from clock_timestamp() - min(due_at)), 0)::float8 as oldest
        from home_case where state = 'waiting' group by 1, 2
        union all
        select 'triage', exercise, count(*), 0 from home_case where queue is not null group by exercise
        """,  # noqa: S608 - our own expression
    )
