"""Proposed duplicates and the decisions about them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from contracts.events.ids import IncidentId, RegistrationId
from kit.database.database import Session
from kit.database.rows import columns_of, select_list
from services.registration.store.tables import duplicate as duplicate_table
from services.registration.store.tables import duplicate_step


@dataclass(frozen=True, slots=True)
class DuplicateRow:
    id: UUID
    incident_id: IncidentId
    one: RegistrationId
    other: RegistrationId
    score: float
    reasons: list[str]
    state: str
    found_at: datetime
    suggested_by: str | None


@dataclass(frozen=True, slots=True)
class LockedDuplicate(DuplicateRow):
    """A pair with the link that two people decided; None: the two are not linked."""

    away: RegistrationId | None
    into_id: RegistrationId | None
    merged_at: datetime | None


@dataclass(frozen=True, slots=True)
class StepRow:
    id: UUID
    step: str
    at: datetime
    by: str
    why: bytes | None = field(repr=False)  # sealed with the keys of both people


@dataclass(frozen=True, slots=True)
class ReviewState:
    state: str
    reasons: list[str]


_LINK = {"away": "m.away", "into_id": "m.into_id", "merged_at": "m.merged_at"}
_DUPLICATES = select(*columns_of(DuplicateRow, duplicate_table))


@dataclass(frozen=True, slots=True)
class Proposal:
    id: UUID
    incident_id: IncidentId
    one: RegistrationId
    other: RegistrationId
    score: float
    reasons: Sequence[str] = field(default=())


async def propose(session: Session, proposals: Iterable[Proposal], at: datetime) -> None:
    """Insert proposals in the order of the pairs. Update a pair that is still open.

    A shared identity value reopens a dismissed or undone pair, and outweighs any similarity.
    """
    pairs = {(min(p.one, p.other), max(p.one, p.other)): p for p in proposals if p.one != p.other}
    await session.execute(  # people before pairs: the lock order everywhere
        "select from registration where id = any($1::uuid[]) order by id for key share",
        [one for pair in pairs for one in pair],
    )
    await session.driver.executemany(
        """
        insert into duplicate (id, incident_id, one, other, score, reasons, found_at)
        values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (one, other) do update
        set score = excluded.score, reasons = excluded.reasons, state = 'open'
        where (duplicate.state = 'open' and not 'same_identity' = any(duplicate.reasons))
            or (duplicate.state in ('dismissed', 'undone') and 'same_identity' = any(excluded.reasons))
        """,
        [
            (p.id, p.incident_id, one, other, p.score, list(p.reasons), at)
            for (one, other), p in sorted(pairs.items())
        ],
    )


async def between(session: Session, one: RegistrationId, other: RegistrationId) -> UUID:
    """Return the id of the pair of two registrations. The pair must exist."""
    found: UUID = await session.fetchval(
        "select id from duplicate where one = $1 and other = $2", min(one, other), max(one, other)
    )
    return found


async def state_between(session: Session, one: RegistrationId, other: RegistrationId) -> ReviewState | None:
    return await session.fetchrow(
        ReviewState,
        "select state, reasons from duplicate where one = $1 and other = $2",
        min(one, other),
        max(one, other),
    )


async def duplicate(session: Session, duplicate_id: UUID) -> DuplicateRow | None:
    return await session.fetchrow(DuplicateRow, _DUPLICATES.where(duplicate_table.c.id == duplicate_id))


async def lock_duplicate(session: Session, duplicate_id: UUID) -> LockedDuplicate | None:
    return await session.fetchrow(
        LockedDuplicate,
        f"""
        select {select_list(LockedDuplicate, duplicate_table, "d", **_LINK)} from duplicate d
        left join merge m on m.duplicate_id = d.id and m.undone_at is null
        where d.id = $1 for update of d
        """,  # noqa: S608 - our own column names
        duplicate_id,
    )


async def duplicates(
    session: Session, incident_id: IncidentId, states: Sequence[str], after: int, limit: int
) -> list[DuplicateRow]:
    """Return pairs by score, highest first. Leave out undecided pairs that are merged or erased."""
    return await session.fetch(
        DuplicateRow,
        f"""
        select {select_list(DuplicateRow, duplicate_table, "d")}
        from duplicate d join registration a on a.id = d.one join registration b on b.id = d.other
        where d.incident_id = $1 and d.state = any($2::text[]) and (d.state not in ('open', 'suggested') or (
            a.forgotten_at is null and b.forgotten_at is null
            and coalesce(a.repeat_of, a.id) <> coalesce(b.repeat_of, b.id)))
        order by d.score desc, d.id offset $3 limit $4
        """,  # noqa: S608 - our own column names
        incident_id, list(states), after, limit,
    )  # fmt: skip


async def record_step(
    session: Session, step_id: UUID, duplicate_id: UUID, step: str, suggested_by: str | None, at: datetime,
    by: str, why: bytes | None,
) -> None:  # fmt: skip
    """Set the state that a step leads to, and keep the step."""
    await session.execute(
        """
        with decided as (update duplicate set state = $3, suggested_by = $4 where id = $2)
        insert into duplicate_step (id, duplicate_id, step, at, by, why) values ($1, $2, $3, $5, $6, $7)
        """,
        step_id, duplicate_id, step, suggested_by, at, by, why,
    )  # fmt: skip


async def steps(session: Session, duplicate_id: UUID) -> list[StepRow]:
    return await session.fetch(
        StepRow,
        select(*columns_of(StepRow, duplicate_step))
        .where(duplicate_step.c.duplicate_id == duplicate_id)
        .order_by(duplicate_step.c.at, duplicate_step.c.id),
    )
