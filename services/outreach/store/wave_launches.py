"""The launch of a wave: its contacts, written chunk by chunk."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from kit.database.database import Session
from services.outreach.store.waves import COLUMNS, Wave, read_wave


async def lock_launching(session: Session) -> Wave | None:
    """Lock one wave whose contacts are being written, unless another worker has locked it."""
    row = await session.fetchrow(
        f"select {COLUMNS} from wave where launched_at is not null and written_at is null "  # noqa: S608 - our own column names
        "and state in ('launching', 'cancelled') "
        "order by launched_at limit 1 for no key update skip locked"
    )
    return read_wave(row) if row else None


async def lock_launches(session: Session, incident_id: UUID) -> None:
    """Lock the incident, so that no other wave of it writes contacts in this transaction."""
    await session.execute("select from incident where incident_id = $1 for no key update", incident_id)


async def is_first_launch(session: Session, wave: Wave) -> bool:
    """Return whether no other wave of the incident was ever launched. Then there are no earlier contacts."""
    return not await session.fetchval(
        "select exists(select from wave where incident_id = $1 and wave_id <> $2 "
        "and launched_at is not null)",
        wave.incident_id,
        wave.wave_id,
    )


async def launch_members(
    session: Session,
    wave: Wave,
    steps: Sequence[tuple[str, str, datetime, datetime]],
    limit: int,
) -> list[UUID]:
    """Insert the contacts of the next members, advance `launched_upto`, and return those members.

    `steps`: kind, template, due_at, not_after of each step of the plan, in order.
    """
    kinds, templates, due, ends = (list(column) for column in zip(*steps, strict=True))
    written = await session.fetchcolumn(
        """
        with members as materialized (
            select registration_id, municipality, excluded, channels from wave_member
            where wave_id = $1 and preview = $2 and ($3::uuid is null or registration_id > $3)
            order by registration_id limit $4
        ), planned as (
            insert into contact (wave_id, incident_id, registration_id, step, kind, template, municipality,
                channels, due_at, not_after)
            select $1, $5, m.registration_id, s.step - 1, s.kind, s.template, m.municipality,
                string_to_array(m.channels[s.step], ','), s.due_at, s.not_after
            from members m cross join unnest($6::text[], $7::text[], $8::timestamptz[], $9::timestamptz[])
                with ordinality as s(kind, template, due_at, not_after, step)
            where m.excluded is null and m.channels[s.step] <> ''
            on conflict do nothing
        )
        select registration_id from members order by registration_id
        """,
        wave.wave_id,
        wave.preview,
        wave.launched_upto,
        limit,
        wave.incident_id,
        kinds,
        templates,
        due,
        ends,
    )
    if written:
        await session.execute(
            "update wave set launched_upto = $2 where wave_id = $1", wave.wave_id, written[-1]
        )
    return written


async def end_launch(session: Session, wave_id: UUID) -> None:
    """Mark all contacts as written. The wave runs unless it was cancelled meanwhile."""
    await session.execute(
        "update wave set written_at = clock_timestamp(), "
        "state = case state when 'launching' then 'running' else state end where wave_id = $1",
        wave_id,
    )
