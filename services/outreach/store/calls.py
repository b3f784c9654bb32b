"""The call lists: calls that are due, each in the hands of one person at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from contracts.ids import AuthorityId, ContactId, IncidentId, RegistrationId, WaveId
from kit.database import Session


@dataclass(frozen=True, slots=True)
class ListedCall:
    contact_id: ContactId
    wave_id: WaveId
    incident_id: IncidentId
    registration_id: RegistrationId
    exercise: bool
    step: int
    municipality: AuthorityId
    state: str
    epoch: int
    claimed_by: str | None
    attempts: int  # calls made
    not_after: datetime


_CALL = """
select contact_id, c.wave_id, c.incident_id, registration_id, w.exercise, step, municipality, c.state, epoch,
    claimed_by, attempts, not_after
from contact c join wave w using (wave_id) where contact_id = $1 and kind = 'call'
"""


async def of_municipality(
    session: Session, municipality: str, incident_id: UUID | None, limit: int
) -> list[asyncpg.Record]:
    """Give the calls on a list, the one due first on top. A claim that has run out is none."""
    return await session.fetch(
        """
        select contact_id, registration_id, c.incident_id, c.wave_id, w.exercise, w.state as wave_state,
            case when lease_until > now() then claimed_by end as claimed_by,
            case when lease_until > now() then lease_until end as lease_until,
            attempts, due_at, not_after, language, p.role
        from contact c join wave w using (wave_id) join person p using (registration_id)
        where c.municipality = $1 and c.state = 'listed' and ($2::uuid is null or c.incident_id = $2)
        order by due_at, contact_id limit $3
        """,
        municipality,
        incident_id,
        limit,
    )


async def find(session: Session, contact_id: UUID) -> ListedCall | None:
    row = await session.fetchrow(_CALL, contact_id)
    return ListedCall(**row) if row else None


async def lock(session: Session, contact_id: UUID) -> ListedCall | None:
    """Lock a call whose person the caller holds."""
    row = await session.fetchrow(_CALL + "for no key update of c", contact_id)
    return ListedCall(**row) if row else None


async def claim(session: Session, contact_id: UUID, by: str, lease: timedelta) -> asyncpg.Record | None:
    """Give epoch and lease_until; None while somebody else has it. Whoever has it may claim again."""
    return await session.fetchrow(
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
        await session.run(
            "update contact set claimed_by = null, lease_until = null, epoch = epoch + 1 "
            "where contact_id = $1 and epoch = $2 and state = 'listed' and claimed_by = $3",
            contact_id,
            epoch,
            by,
        )
    )


async def note_attempt(session: Session, values: Sequence[object]) -> None:
    """`values`: contact_id, epoch, actor, outcome, note (sealed), call_back_at."""
    await session.run(
        "insert into call_attempt (contact_id, epoch, actor, outcome, note, call_back_at) "
        "values ($1, $2, $3, $4, $5, $6)",
        *values,
    )


async def conclude(session: Session, contact_id: UUID, epoch: int, outcome: str) -> bool:
    """Tell whether the claim still held."""
    return bool(
        await session.run(
            "update contact set state = 'concluded', outcome = $3, attempts = attempts + 1, "
            "lease_until = null where contact_id = $1 and epoch = $2 and state = 'listed'",
            contact_id,
            epoch,
            outcome,
        )
    )


async def call_again(session: Session, contact_id: UUID, epoch: int, due_at: datetime) -> bool:
    """Put a call back on the list. Tell whether the claim still held."""
    return bool(
        await session.run(
            "update contact set due_at = $3, attempts = attempts + 1, claimed_by = null, lease_until = null, "
            "epoch = epoch + 1 where contact_id = $1 and epoch = $2 and state = 'listed'",
            contact_id,
            epoch,
            due_at,
        )
    )
