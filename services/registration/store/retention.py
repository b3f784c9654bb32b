"""Retention dates of incidents, and the people whose date has passed."""

from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import select

from contracts.events.ids import ImportId, IncidentId, RegistrationId
from kit.database.database import Session
from kit.database.rows import columns_of
from services.registration.store.tables import retention


@dataclass(frozen=True, slots=True)
class RetentionRow:
    """A decision on the last day of an incident's people, and the progress of their erasure."""

    keep_until: date
    why: bytes = field(repr=False)  # sealed with the incident's key
    set_by: str
    set_at: datetime
    began_at: datetime | None
    ended_at: datetime | None
    forgotten: int  # people


@dataclass(frozen=True, slots=True)
class DueRetention:
    """A retention whose last day has passed. `reaches_until`: None before its erasure began."""

    seq: int
    incident_id: IncidentId
    set_by: str
    reaches_until: datetime | None


@dataclass(frozen=True, slots=True)
class KeptPeople:
    """`left`: people who are not erased; `restricted`: how many of them are restricted."""

    left: int
    restricted: int


@dataclass(frozen=True, slots=True)
class ErasedPerson:
    id: RegistrationId
    incident_id: IncidentId
    exercise: bool


_STANDS = "r.repeat_of is null and r.forgotten_at is null"
# A date applies to people registered before its erasure began. Later ones need another date.
# The time of registration is taken from the id. So reaches_until uses the real clock, as ids do.
_BEFORE = "coalesce(uuid_extract_timestamp(r.id) <= {until}, true)"
_RESTRICTED = """
exists (select from contact_bar b where b.registration_id = r.id and b.reason = 'restricted'
    and b.lifted_at is null)
"""
_DUE = """
t.ended_at is null and t.keep_until < $1 and i.closed_at is not null
    and t.seq = (select max(n.seq) from retention n where n.incident_id = t.incident_id)
"""
_OF_IT = f"""
select from registration r
where r.incident_id = t.incident_id and {_STANDS} and {_BEFORE.format(until="t.reaches_until")}
"""
_LOCK_DUE = f"""
select t.seq, t.incident_id, t.set_by, t.reaches_until
from retention t join incident i on i.id = t.incident_id
where {_DUE} and (t.began_at is null or exists ({_OF_IT} and not {_RESTRICTED}) or not exists ({_OF_IT}))
order by t.began_at nulls first, t.seq limit 1
for update of t skip locked for share of i skip locked
"""  # noqa: S608 - our own conditions
_FILES = f"""
select f.id from import_job f join incident i on i.id = f.incident_id join retention t on t.incident_id = i.id
where {_DUE} and f.cells_deleted_at is null and f.state <> 'running'
"""  # noqa: S608 - the same
_REACHED = f"r.incident_id = $1 and {_STANDS} and {_BEFORE.format(until='$2')}"
_LOCK_REACHED = f"""
select r.id, r.incident_id, i.exercise from registration r join incident i on i.id = r.incident_id
where {_REACHED} and not {_RESTRICTED} order by r.id limit $3 for update of r
"""  # noqa: S608 - the same
_COUNT_REACHED = f"select count(*) from registration r where {_REACHED}"  # noqa: S608 - the same
_COUNT_KEPT = f"""
select count(*) as left, count(*) filter (where {_RESTRICTED}) as restricted
from registration r where r.incident_id = $1 and {_STANDS}
"""  # noqa: S608 - the same


async def insert_retention(
    session: Session, incident_id: IncidentId, keep_until: date, why: bytes, by: str, at: datetime
) -> None:
    await session.execute(
        "insert into retention (incident_id, keep_until, why, set_by, set_at) values ($1, $2, $3, $4, $5)",
        incident_id, keep_until, why, by, at,
    )  # fmt: skip


async def retentions(session: Session, incident_id: IncidentId) -> list[RetentionRow]:
    """Return the decisions of an incident, newest first. The first is in force."""
    return await session.fetch(
        RetentionRow,
        select(*columns_of(RetentionRow, retention))
        .where(retention.c.incident_id == incident_id)
        .order_by(retention.c.seq.desc()),
    )


async def lock_due(session: Session, today: date) -> DueRetention | None:
    """Lock one retention whose last day has passed and that has people to erase or an end to record.

    Skip reopened incidents. The incident stays closed until the transaction ends.
    """
    return await session.fetchrow(DueRetention, _LOCK_DUE, today)


async def files_of_due(session: Session, today: date) -> list[ImportId]:
    """Return the finished imports whose rejected rows outlive the retention date of the people."""
    return await session.fetchcolumn(_FILES, today)


async def begin(session: Session, seq: int, at: datetime) -> datetime:
    """Record the start. Return the time before which people must have been registered to be erased."""
    await session.execute(
        "update retention set began_at = $2, reaches_until = $3 where seq = $1", seq, at, session.now
    )
    return session.now


async def lock_reached(
    session: Session, incident_id: IncidentId, reaches_until: datetime, limit: int
) -> list[ErasedPerson]:
    """Lock people whose date has passed. Restricted people stay: they may need their data (GDPR art. 18)."""
    return await session.fetch(ErasedPerson, _LOCK_REACHED, incident_id, reaches_until, limit)


async def still_reached(session: Session, incident_id: IncidentId, reaches_until: datetime) -> int:
    return int(await session.fetchval(_COUNT_REACHED, incident_id, reaches_until))


async def kept(session: Session, incident_id: IncidentId) -> KeptPeople:
    (counted,) = await session.fetch(KeptPeople, _COUNT_KEPT, incident_id)
    return counted


async def progress(session: Session, seq: int, forgotten: int, ended_at: datetime | None) -> None:
    await session.execute(
        "update retention set forgotten = forgotten + $2, ended_at = $3 where seq = $1",
        seq, forgotten, ended_at,
    )  # fmt: skip
