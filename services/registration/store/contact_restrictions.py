"""Current and lifted contact restrictions."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from contracts.events.ids import RegistrationId
from contracts.events.vocabulary import BarReason
from kit.database.database import Session
from kit.database.rows import columns_of
from services.registration.store.tables import contact_bar


@dataclass(frozen=True, slots=True)
class ContactRestriction:
    registration_id: RegistrationId
    reason: str
    key_of: RegistrationId
    barred_at: datetime
    barred_by: str
    barred_why: bytes | None = field(repr=False)  # sealed with the key of `key_of`
    lifted_at: datetime | None
    lifted_by: str | None
    lifted_why: bytes | None = field(repr=False)  # sealed with the person's key


_RESTRICTIONS = select(*columns_of(ContactRestriction, contact_bar))
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
    session: Session, registrations: Collection[RegistrationId]
) -> list[ContactRestriction]:
    """Return current and lifted restrictions, oldest first."""
    return await session.fetch(
        ContactRestriction,
        _RESTRICTIONS.where(contact_bar.c.registration_id.in_(registrations)).order_by(
            contact_bar.c.barred_at, contact_bar.c.id
        ),
    )


async def blank_others_reasons(session: Session, gone: Sequence[RegistrationId]) -> None:
    """Blank reasons of erased people that are sealed with the key of someone who is not erased."""
    await session.execute(
        "update contact_bar set barred_why = null"
        " where registration_id = any($1::uuid[]) and key_of <> all($1::uuid[])",
        gone,
    )


async def standing(session: Session, registration_id: RegistrationId) -> list[ContactRestriction]:
    return await session.fetch(
        ContactRestriction,
        _RESTRICTIONS.where(
            contact_bar.c.registration_id == registration_id, contact_bar.c.lifted_at.is_(None)
        ).order_by(contact_bar.c.reason),
    )
