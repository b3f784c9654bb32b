"""Current and lifted contact restrictions."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from contracts.events.ids import RegistrationId
from contracts.events.vocabulary import BarReason
from kit.database.database import Session
from services.registration.store import columns

_RESTRICTION = columns.of("b", columns.CONTACT_RESTRICTION)


_COLUMNS = ("id", "registration_id", "reason", "key_of", "barred_at", "barred_by", "barred_why")


async def insert_restrictions(session: Session, rows: Iterable[Sequence[object]]) -> None:
    """Insert rows of _COLUMNS for people registered in this transaction."""
    await session.copy("contact_bar", _COLUMNS, rows)


async def add(
    session: Session,
    restriction_id: UUID,
    registration_id: RegistrationId,
    reason: BarReason,
    *,
    key_of: RegistrationId,
    at: datetime,
    by: str,
    why: bytes | None,
) -> bool:
    """Add a restriction. Return whether it is new. The caller has locked the person's row."""
    return bool(
        await session.execute(
            "insert into contact_bar (id, registration_id, reason, key_of, barred_at, barred_by, barred_why)"
            " values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing",
            restriction_id, registration_id, reason, key_of, at, by, why,
        )
    )  # fmt: skip


async def lift(
    session: Session, registration_id: RegistrationId, reason: BarReason, at: datetime, by: str, why: bytes
) -> bool:
    """Lift a restriction. Return whether there was one. The caller has locked the person's row."""
    return bool(
        await session.execute(
            "update contact_bar set lifted_at = $3, lifted_by = $4, lifted_why = $5"
            " where registration_id = $1 and reason = $2 and lifted_at is null",
            registration_id, reason, at, by, why,
        )
    )  # fmt: skip


async def restrictions_of(
    session: Session, registration_ids: Collection[RegistrationId]
) -> list[asyncpg.Record]:
    """Return current and lifted restrictions, oldest first."""
    return await session.fetch(
        f"select {_RESTRICTION} from contact_bar b "  # noqa: S608 - our own column names
        "where registration_id = any($1::uuid[]) order by barred_at, id",
        list(registration_ids),
    )


async def blank_others_reasons(session: Session, gone: Sequence[RegistrationId]) -> None:
    """Blank reasons of erased people that are sealed with the key of someone who is not erased."""
    await session.execute(
        "update contact_bar set barred_why = null"
        " where registration_id = any($1::uuid[]) and key_of <> all($1::uuid[])",
        gone,
    )


async def standing(session: Session, registration_id: RegistrationId) -> list[asyncpg.Record]:
    return await session.fetch(
        f"select {_RESTRICTION} from contact_bar b "  # noqa: S608 - our own column names
        "where registration_id = $1 and lifted_at is null order by reason",
        registration_id,
    )
