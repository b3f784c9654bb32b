"""Store of messages and their attempts, updated under an epoch. Claims are in message_claims.py.

The lock order is the same everywhere: messages in the order of ids, then people, then attempts. A transaction
that locks people first (the withdrawals in handlers.py) skips locked messages.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from operator import attrgetter
from uuid import UUID

from contracts.events.outreach import ContactRequested
from kit.database.database import Session
from services.notify.domain.receipt import AttemptState
from services.notify.domain.transition import MessageState
from services.notify.store.message_claims import Claim
from services.notify.store.people import columns


@dataclass(frozen=True, slots=True)
class Message:
    """A message as its transitions need it. `position`: of the current channel, from 1."""

    contact_id: UUID
    registration_id: UUID
    incident_id: UUID
    exercise: bool
    wave_id: UUID
    municipality: str
    authority: str | None
    channels: list[str]
    position: int
    attempt_id: UUID | None
    epoch: int
    tries: int
    requested_at: datetime


_MESSAGE = ", ".join(f"m.{column.name}" for column in fields(Message))
MessageRow = Message | Claim


@dataclass(frozen=True, slots=True)
class LockedMessage(Message):
    state: str


@dataclass(frozen=True, slots=True)
class LostMessage(Message):
    """`called`: whether the provider may have been called; None: claimed by an older version."""

    called: bool | None


@dataclass(frozen=True, slots=True)
class MessageInDoubt(Message):
    channel: str
    idempotency_key: UUID


@dataclass(frozen=True, slots=True)
class AttemptInDoubt:
    attempt_id: UUID
    contact_id: UUID
    registration_id: UUID
    channel: str
    since: datetime


@dataclass(frozen=True, slots=True)
class AttemptOwner:
    contact_id: UUID
    registration_id: UUID


@dataclass(frozen=True, slots=True)
class OpenMessages:
    """The messages without a final state. `oldest`: age in seconds."""

    state: str
    channel: str
    exercise: bool
    messages: int
    oldest: float


@dataclass(frozen=True, slots=True)
class MessageUpdate:
    """The new state of a message and its attempt, written if the epoch is current."""

    contact_id: UUID
    epoch: int
    state: MessageState
    position: int
    attempt_id: UUID | None
    attempt_state: AttemptState | None = None
    keep_attempt: bool = True  # False: the next call is a new attempt with a new key
    wait: timedelta | None = None  # until the next try or enquiry
    reason: str | None = None  # why it failed or was withheld
    code: str | None = None  # of the attempt
    provider_id: str | None = None
    answered: bool = False  # the provider's answer to the call, even if written late


_UPDATED = attrgetter(
    "contact_id", "epoch", "state", "position", "attempt_id", "attempt_state", "keep_attempt", "wait",
    "reason", "code", "provider_id", "answered",
)  # fmt: skip
_UPDATE = """
with new as (
    select * from unnest($1::uuid[], $2::int[], $3::text[], $4::smallint[], $5::uuid[], $6::text[],
        $7::boolean[], $8::interval[], $9::text[], $10::text[], $11::text[], $12::boolean[])
        as u(contact_id, epoch, state, position, attempt_id, attempt_state, keep, wait, reason, code,
            pid, answered)
), moved as (
    update message m set state = t.state, position = t.position, epoch = m.epoch + 1,
        attempt_id = case when t.keep then m.attempt_id end, lease_until = null, called = null,
        reason = t.reason,
        tries = case when t.keep then m.tries else 0 end,
        next_try_at = clock_timestamp() + coalesce(t.wait, '0')
    from new t
    where m.contact_id = t.contact_id and (m.epoch = t.epoch or t.answered and m.state = 'in_doubt'
        and m.attempt_id = t.attempt_id and exists (select from attempt a
            where a.attempt_id = t.attempt_id and a.epoch = t.epoch and a.state = 'in_doubt'))
    returning m.contact_id, t.attempt_id, t.attempt_state, t.code, t.pid
), tried as (
    update attempt a set state = m.attempt_state, code = coalesce(m.code, a.code),
        provider_id = coalesce(m.pid, a.provider_id)
    from moved m where a.attempt_id = m.attempt_id and m.attempt_state is not null
)
select contact_id from moved
"""
_MAKE_DUE = """
update message set next_try_at = clock_timestamp() where contact_id = any(array(
    select contact_id from message where {} = any($1::uuid[]) and state = 'waiting'
    for no key update skip locked))
"""


async def insert_requests(session: Session, requests: Sequence[ContactRequested]) -> None:
    await session.execute(
        """
        insert into message (contact_id, registration_id, incident_id, exercise, wave_id, municipality,
            template, channels, language, recipient, requested_at, not_after, authority, covered_by)
        select c, r, i, e, w, m, t, string_to_array(ch, ','), l, x, at, na, a, string_to_array(cb, ',')
        from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::boolean[], $5::uuid[], $6::text[], $7::text[],
            $8::text[], $9::text[], $10::bytea[], $11::timestamptz[], $12::timestamptz[], $13::text[],
            $14::text[])
            as u(c, r, i, e, w, m, t, ch, l, x, at, na, a, cb)
        on conflict do nothing
        """,
        *columns(
            [
                (
                    e.contact_id,
                    e.registration_id,
                    e.incident_id,
                    e.exercise,
                    e.wave_id,
                    e.municipality,
                    e.template,
                    ",".join(e.channels),
                    e.language,
                    e.recipient,
                    e.requested_at,
                    e.not_after,
                    e.authority,
                    ",".join(e.covered_by) or None,
                )
                for e in requests
            ]
        ),
    )


async def lock_without_reading(session: Session, contact_ids: Sequence[UUID]) -> None:
    """Lock messages without reading them."""
    await session.execute(
        "select from message where contact_id = any($1::uuid[]) order by contact_id for no key update",
        contact_ids,
    )


async def lock(session: Session, contact_ids: Sequence[UUID]) -> dict[UUID, LockedMessage]:
    rows = await session.fetch(
        LockedMessage,
        f"select {_MESSAGE}, m.state from message m where contact_id = any($1::uuid[]) "  # noqa: S608 - our own
        "order by contact_id for no key update",
        list(contact_ids),
    )
    return {row.contact_id: row for row in rows}


async def update(session: Session, updates: Sequence[MessageUpdate]) -> set[UUID]:
    """Update the messages whose epoch is current; return them. The caller has locked them.

    An answer also resolves its own attempt if that was marked in doubt after the lease ended.
    """
    if not updates:
        return set()
    return set(await session.fetchcolumn(_UPDATE, *columns([_UPDATED(one) for one in updates])))


async def withhold(session: Session, refused: Sequence[tuple[UUID, str]]) -> None:
    """Withhold messages that the caller has locked. `refused`: message and reason."""
    await session.execute(
        "update message m set state = 'withheld', reason = u.reason, epoch = epoch + 1 "
        "from unnest($1::uuid[], $2::text[]) as u(contact_id, reason) where m.contact_id = u.contact_id",
        *columns(refused),
    )


async def postpone(session: Session, waits: Sequence[tuple[UUID, timedelta]]) -> None:
    """Postpone messages that the caller has locked. `waits`: message and pause."""
    await session.execute(
        "update message m set next_try_at = clock_timestamp() + u.wait "
        "from unnest($1::uuid[], $2::interval[]) as u(contact_id, wait) where m.contact_id = u.contact_id",
        *columns(waits),
    )


async def make_due(session: Session, registration_ids: Sequence[UUID]) -> None:
    """Make the waiting messages of people due now, except those that a worker is checking already."""
    await session.execute(_MAKE_DUE.format("registration_id"), registration_ids)


async def make_waves_due(session: Session, wave_ids: Sequence[UUID]) -> None:
    await session.execute(_MAKE_DUE.format("wave_id"), wave_ids)


async def lock_lost(session: Session, limit: int) -> list[LostMessage]:
    """Lock the messages whose lease expired between the attempt and its result."""
    return await session.fetch(
        LostMessage,
        f"""
        select {_MESSAGE}, m.called from message m
        where m.state = 'sending' and m.lease_until < clock_timestamp()
        order by m.contact_id limit $1 for no key update skip locked
        """,  # noqa: S608 - our own column names
        limit,
    )


async def claim_in_doubt(
    session: Session, channels: Sequence[str], limit: int, lease: timedelta
) -> list[MessageInDoubt]:
    """Claim the messages in doubt of these channels that are due for an enquiry."""
    return await session.fetch(
        MessageInDoubt,
        f"""
        with due as materialized (
            select contact_id from message where state = 'in_doubt' and next_try_at <= clock_timestamp()
                and channels[position] = any($1::text[])
            order by next_try_at limit $2 for no key update skip locked
        ), asked as (
            update message m set epoch = epoch + 1, tries = tries + 1, next_try_at = clock_timestamp() + $3
            where m.contact_id = any(array(select contact_id from due))
            returning {_MESSAGE}
        )
        select asked.*, a.channel, a.idempotency_key from asked join attempt a using (attempt_id)
        """,  # noqa: S608 - our own column names
        channels,
        limit,
        lease,
    )


async def postpone_enquiries(session: Session, unknown: Sequence[tuple[UUID, int, timedelta]]) -> None:
    """Postpone the next enquiry. `unknown`: message, epoch and pause."""
    await session.execute(
        "update message m set next_try_at = clock_timestamp() + u.wait "
        "from unnest($1::uuid[], $2::int[], $3::interval[]) as u(contact_id, epoch, wait) "
        "where m.contact_id = u.contact_id and m.epoch = u.epoch and m.state = 'in_doubt'",
        *(columns(unknown) or ([], [], [])),
    )


async def count_by_state(session: Session, incident_id: UUID) -> dict[str, int]:
    """Count the messages of an incident by state, and all as "total"."""
    return await session.fetchpairs(
        "select coalesce(state, 'total') as state, count(*) as messages from message where incident_id = $1 "
        "group by grouping sets ((), (state))",
        incident_id,
    )


async def measure_open(session: Session) -> list[OpenMessages]:
    """Count the messages without a final state by state, channel and exercise, with the oldest age.

    Ages are in seconds. That of a due message counts from its request, that of a doubt from its attempt. A
    message of a paused wave is not due, nor one that waits for the receipt of a text to a shared telephone.
    """
    return await session.fetch(
        OpenMessages,
        """
        with open as (
            select contact_id, wave_id, attempt_id, state, channels[position] as channel, exercise,
                requested_at, registration_id, template
            from message where state in ('waiting', 'sending')
            union all
            select contact_id, wave_id, attempt_id, state, channels[position], exercise, requested_at,
                registration_id, template
            from message where state = 'in_doubt'
        )
        select o.state, o.channel, o.exercise, count(*) as messages,
            coalesce(extract(epoch from clock_timestamp() - min(
                case when o.state = 'in_doubt' then a.started_at
                    when w.state is distinct from 'paused' and not exists (select from person p
                        join shared_text t on t.wave_id = o.wave_id and t.template = o.template
                            and t.phone_key = p.phone_key
                        join attempt b on b.text_id = t.text_id and o.registration_id = any(b.people)
                            and b.contact_id <> o.contact_id and b.state in ('handed_over', 'in_doubt')
                        where p.registration_id = o.registration_id)
                    then o.requested_at end)), 0)::float8 as oldest
        from open o
        left join wave w on w.wave_id = o.wave_id
        left join attempt a on a.attempt_id = o.attempt_id and o.state = 'in_doubt'
        group by 1, 2, 3
        """,
    )


async def list_in_doubt(session: Session, incident_id: UUID) -> list[AttemptInDoubt]:
    return await session.fetch(
        AttemptInDoubt,
        "select a.attempt_id, m.contact_id, m.registration_id, a.channel, a.started_at as since "
        "from message m join attempt a using (attempt_id) "
        "where m.incident_id = $1 and m.state = 'in_doubt' order by a.started_at",
        incident_id,
    )


async def find_attempt(session: Session, attempt_id: UUID) -> AttemptOwner | None:
    return await session.fetchrow(
        AttemptOwner,
        "select a.contact_id, m.registration_id from attempt a join message m using (contact_id) "
        "where a.attempt_id = $1",
        attempt_id,
    )


async def record_resend(session: Session, attempt_id: UUID, actor: str, why: bytes) -> None:
    await session.execute(
        "update attempt set resent_by = $2, resent_why = $3 where attempt_id = $1", attempt_id, actor, why
    )
