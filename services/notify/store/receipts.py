"""Store of receipts: each is stored once and matched with its attempt."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from kit.database.database import Session
from services.notify.domain.receipt import Receipt
from services.notify.store.people import columns


@dataclass(frozen=True, slots=True)
class UnmatchedReceipt:
    """A receipt with its attempt; `state` is the attempt's."""

    contact_id: UUID
    attempt_id: UUID
    channel: str
    state: str
    idempotency_key: UUID
    status: str
    handling: str
    at: datetime
    code: str | None


async def insert(session: Session, receipts: Sequence[Receipt]) -> int:
    """Insert new receipts; return their number."""
    return await session.execute(
        """
        insert into receipt (idempotency_key, status, handling, at, code, sender)
        select * from unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::text[])
        on conflict do nothing
        """,
        *columns([(r.key, r.status, r.handling, r.at, r.code, r.sender) for r in receipts]),
    )


async def find_unmatched_messages(session: Session, keys: Sequence[UUID] | None, limit: int) -> list[UUID]:
    """Return the messages with unmatched receipts, of these keys or of all."""
    return await session.fetchcolumn(
        "select distinct a.contact_id from receipt r join attempt a using (idempotency_key) "
        "where not r.matched and ($1::uuid[] is null or r.idempotency_key = any($1)) limit $2",
        keys,
        limit,
    )


async def load_unmatched(session: Session, contact_ids: Sequence[UUID]) -> list[UnmatchedReceipt]:
    """Load the unmatched receipts with their attempts, oldest first. The caller has locked the messages."""
    return await session.fetch(
        UnmatchedReceipt,
        "select a.contact_id, a.attempt_id, a.channel, a.state, r.idempotency_key, r.status, r.handling, "
        "r.at, r.code from receipt r join attempt a using (idempotency_key) "
        "where not r.matched and a.contact_id = any($1::uuid[]) order by r.at, r.received_at",
        contact_ids,
    )


async def mark_matched(session: Session, matched: Sequence[tuple[Receipt, bool]]) -> None:
    """Mark receipts as matched, each with whether it contradicts the recorded final state."""
    await session.execute(
        """
        update receipt r set matched = true, contradicts = u.contradicts
        from unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::boolean[])
            as u(key, handling, at, contradicts)
        where r.idempotency_key = u.key and r.handling = u.handling and r.at = u.at
        """,
        *columns([(r.key, r.handling, r.at, contradicts) for r, contradicts in matched]),
    )


async def update_attempts(session: Session, states: Sequence[tuple[UUID, str, str | None]]) -> None:
    """Write the states of attempts. `states`: attempt, state, code."""
    await session.execute(
        "update attempt a set state = u.state, code = coalesce(u.code, a.code) "
        "from unnest($1::uuid[], $2::text[], $3::text[]) as u(attempt_id, state, code) "
        "where a.attempt_id = u.attempt_id",
        *columns(states),
    )


async def delete_old_unmatched(session: Session, older_than: timedelta) -> int:
    return await session.execute(
        "delete from receipt where not matched and received_at < now() - $1::interval", older_than
    )


async def delete_excess(session: Session, most: int) -> int:
    """Keep the newest `most` unmatched receipts of each sender; return how many were deleted."""
    return await session.execute(
        """
        with recursive sender (name) as (
            (select sender from receipt where not matched order by sender limit 1)
            union all select (select r.sender from receipt r where not r.matched and r.sender > s.name
                order by r.sender limit 1) from sender s where s.name is not null
        ), oldest as (
            select s.name, (select r.received_at from receipt r where r.sender = s.name and not r.matched
                order by r.received_at desc offset $1 limit 1) as at from sender s
        )
        delete from receipt r using oldest o
        where not r.matched and r.sender = o.name and r.received_at <= o.at
        """,
        most,
    )


async def count_unmatched(session: Session) -> int:
    value = await session.fetchval("select count(*) from receipt where not matched")
    return int(value)
