"""Current CPR numbers from routing that are not yet adopted."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

from contracts.events.ids import RegistrationId
from contracts.events.routing import CurrentNumberLearned
from kit.database.database import Session
from kit.database.rows import columns_of
from services.registration.store.tables import learned_number


@dataclass(frozen=True, slots=True)
class LearnedNumber:
    registration_id: RegistrationId
    number: bytes = field(repr=False)  # sealed
    learned_at: datetime


async def write(session: Session, learned: Sequence[CurrentNumberLearned]) -> None:
    """Store the latest number of each registration, in id order."""
    latest = {e.registration_id: e for e in sorted(learned, key=lambda e: e.learned_at)}
    rows = [(e.registration_id, e.number, e.learned_at) for _, e in sorted(latest.items())]
    await session.driver.executemany(
        """
        insert into learned_number as known (registration_id, number, learned_at) values ($1, $2, $3)
        on conflict (registration_id) do update
        set number = excluded.number, learned_at = excluded.learned_at
        where known.learned_at < excluded.learned_at
        """,
        rows,
    )


async def waiting(session: Session, limit: int) -> list[LearnedNumber]:
    return await session.fetch(
        LearnedNumber,
        select(*columns_of(LearnedNumber, learned_number)).order_by(learned_number.c.learned_at).limit(limit),
    )


async def done(session: Session, registration_id: RegistrationId, learned_at: datetime) -> None:
    """Delete an adopted number. A number that was learned later stays."""
    await session.execute(
        "delete from learned_number where registration_id = $1 and learned_at = $2",
        registration_id, learned_at,
    )  # fmt: skip


async def delete(session: Session, people: Sequence[RegistrationId]) -> None:
    await session.execute("delete from learned_number where registration_id = any($1::uuid[])", list(people))
