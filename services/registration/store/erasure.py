"""Erased people, and the keys still to delete."""

from collections.abc import Sequence
from datetime import datetime

from contracts.events.ids import RegistrationId
from kit.database.database import Session
from services.registration.store import contact_restrictions, learned_numbers, mentions, person_history


async def mark_forgotten(
    session: Session,
    people: Sequence[RegistrationId],
    at: datetime,
    by: str,
    why: Sequence[bytes | None],
) -> list[RegistrationId]:
    """Mark people and their repeats as erased, each with a reason. Return the owners of the keys to delete.

    The caller has locked the rows.
    """
    gone = await session.fetchcolumn(
        """
        update registration r set forgotten_at = $2, forgotten_by = $3, forgotten_why = f.why
        from (
            select m.id, p.why from unnest($1::uuid[], $4::bytea[]) as p (id, why)
                join registration m on m.id = p.id
            union all
            select m.id, p.why from unnest($1::uuid[], $4::bytea[]) as p (id, why)
                join registration m on m.repeat_of = p.id
        ) as f
        where r.id = f.id returning r.id
        """,
        list(people), at, by, list(why),
    )  # fmt: skip
    await _delete_indexes(session, gone)
    await learned_numbers.delete(session, gone)
    await mentions.delete_in(session, gone)
    await _blank_what_others_keep(session, gone)
    return gone


async def _delete_indexes(session: Session, gone: Sequence[RegistrationId]) -> None:
    await session.execute("delete from identity_claim where registration_id = any($1::uuid[])", gone)
    await session.execute("delete from blind_index where registration_id = any($1::uuid[])", gone)


async def _blank_what_others_keep(session: Session, gone: Sequence[RegistrationId]) -> None:
    """Blank data about two people that is sealed with the key of the one who is not erased."""
    await person_history.blank_while_merged(session, gone)
    await contact_restrictions.blank_others_reasons(session, gone)


async def keys_to_delete(session: Session, limit: int) -> list[RegistrationId]:
    return await session.fetchcolumn(
        "select id from registration where forgotten_at is not null and key_deleted_at is null"
        " order by id limit $1",
        limit,
    )


async def mark_keys_deleted(session: Session, registration_ids: Sequence[RegistrationId]) -> None:
    await session.execute(
        "update registration set key_deleted_at = now() where id = any($1::uuid[])", registration_ids
    )
