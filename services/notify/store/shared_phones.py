"""Store of shared telephones: the digests of numbers, and the leading message of each text."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from kit.database.database import Session
from services.notify.store.message_claims import COVERED_BY
from services.notify.store.people import columns, may_be_contacted


@dataclass(frozen=True, slots=True)
class UndigestedPhone:
    registration_id: UUID
    incident_id: UUID
    contact: bytes = field(repr=False)  # sealed


@dataclass(frozen=True, slots=True)
class SharedText:
    """The text of a wave to a telephone, as one registration sees it. `contact_id`: the leading message.

    `delivered`, `sent`: a text that counts this registration has arrived, or may have. `coming`: the leader
    may still send one to the telephone.
    """

    contact_id: UUID
    delivered: bool
    sent: bool
    coming: bool


async def load_undigested(session: Session, limit: int) -> list[UndigestedPhone]:
    """Load people who may get a text message and whose number has no digest yet."""
    return await session.fetch(
        UndigestedPhone,
        "select registration_id, incident_id, contact from person where contact is not null "
        "and 'sms' = any(contact_channels) and phone_of is distinct from md5(contact)::uuid "
        "order by registration_id limit $1",
        limit,
    )


async def write_digests(session: Session, found: Sequence[tuple[UUID, bytes, bytes | None]]) -> None:
    """Write digests. `found`: registration, the sealed contact details, and the digest of their number.

    A locked person is skipped and processed again later.
    """
    await session.execute(
        """
        with free as materialized (
            select registration_id from person where registration_id = any($1::uuid[])
            order by registration_id for no key update skip locked
        )
        update person p set phone_key = u.phone_key, phone_of = md5(u.contact)::uuid
        from unnest($1::uuid[], $2::bytea[], $3::bytea[]) as u(registration_id, contact, phone_key)
            join free using (registration_id)
        where p.registration_id = u.registration_id and p.contact = u.contact
        """,
        *columns(found),
    )


async def lock_text(
    session: Session,
    wave_id: UUID,
    template: str,
    phone_key: bytes,
    contact_id: UUID,
    registration_id: UUID,
) -> SharedText | None:
    """Lock the text of a wave to a telephone. Return None if `contact_id` has just created it."""
    made = await session.fetchval(
        "insert into shared_text (wave_id, template, phone_key, contact_id, people) "
        "values ($1, $2, $3, $4, '{}') on conflict do nothing returning contact_id",
        wave_id,
        template,
        phone_key,
        contact_id,
    )
    if made is not None:
        return None
    return await session.fetchrow(
        SharedText,
        """
        with text as materialized (
            select text_id, contact_id from shared_text
            where wave_id = $1 and template = $2 and phone_key = $3 for update
        )
        select t.contact_id, coalesce(own.delivered, false) as delivered, coalesce(own.sent, false) as sent,
            m.state = 'sending' or m.state = 'waiting' and p.phone_key is not distinct from $3
                and 'sms' = any(p.contact_channels)
                and not exists (select from attempt a where a.contact_id = m.contact_id
                    and a.text_id = t.text_id and a.state in ('failed', 'returned', 'cancelled')) as coming
        from text t join message m using (contact_id) join person p using (registration_id)
        cross join lateral (
            select bool_or(a.state = 'delivered') as delivered,
                bool_or(a.state in ('handed_over', 'in_doubt')) as sent
            from attempt a
            where a.text_id = t.text_id and $5 = any(a.people) and a.contact_id <> $4) own
        """,
        wave_id,
        template,
        phone_key,
        contact_id,
        registration_id,
    )


async def set_leader(
    session: Session, at: datetime, wave_id: UUID, template: str, phone_key: bytes, contact_id: UUID
) -> None:
    """Make a message the leader of the text, for all people whose message would go to the telephone now.

    A person counted by an earlier text that may arrive is not counted again.
    """
    await session.execute(
        f"""
        update shared_text t set contact_id = $5, people = array(
            select m.registration_id from person p join message m using (registration_id)
            where p.phone_key = $4 and m.wave_id = $2 and m.template = $3 and m.state = 'waiting'
                and {may_be_contacted(COVERED_BY)}
                and 'sms' = (select c.channel from unnest(m.channels) with ordinality as c(channel, at)
                    where c.at >= m.position and c.channel = any(p.contact_channels) order by c.at limit 1)
                and not exists (select from attempt a where a.text_id = t.text_id
                    and m.registration_id = any(a.people) and a.contact_id <> m.contact_id
                    and a.state in ('handed_over', 'in_doubt', 'delivered')))
        where wave_id = $2 and template = $3 and phone_key = $4
        """,  # noqa: S608 - our own column names
        at,
        wave_id,
        template,
        phone_key,
        contact_id,
    )
