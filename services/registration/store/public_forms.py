"""Public forms of incidents, counts of attempts, and numbers of printed forms."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from contracts.events.ids import IncidentId
from kit.database.database import Session
from kit.database.rows import columns_of
from services.registration.store.tables import public_form


@dataclass(frozen=True, slots=True)
class PublicForm:
    incident_id: IncidentId
    slug: str
    open: bool


_FORMS = select(*columns_of(PublicForm, public_form))


async def ensure_slug(
    session: Session, incident_id: IncidentId, slug: str, at: datetime, by: str
) -> PublicForm:
    """Return the incident's form. Create a closed one with this slug if there is none."""
    await session.execute(
        "insert into public_form (incident_id, slug, open, changed_at, changed_by)"
        " values ($1, $2, false, $3, $4) on conflict (incident_id) do nothing",
        incident_id, slug, at, by,
    )  # fmt: skip
    (form,) = await session.fetch(PublicForm, _FORMS.where(public_form.c.incident_id == incident_id))
    return form


async def turn(session: Session, incident_id: IncidentId, at: datetime, by: str, *, opened: bool) -> None:
    """Open or close the form. Do nothing if it has that state already."""
    await session.execute(
        "update public_form set open = $2, changed_at = $3, changed_by = $4"
        " where incident_id = $1 and open <> $2",
        incident_id, opened, at, by,
    )  # fmt: skip


async def find(session: Session, slug: str) -> PublicForm | None:
    return await session.fetchrow(PublicForm, _FORMS.where(public_form.c.slug == slug))


async def count_attempt(session: Session, digests: list[bytes], since: datetime) -> Mapping[bytes, int]:
    """Count one more attempt for each digest. Return the number of attempts since then."""
    return await session.fetchpairs(
        "insert into public_attempt (digest, since, attempts)"
        " select d, $2, 1 from unnest($1::bytea[]) as tried (d) order by d"
        " on conflict (digest, since) do update set attempts = public_attempt.attempts + 1"
        " returning digest, attempts",
        digests, since,
    )  # fmt: skip


async def drop_attempts(session: Session, before: datetime) -> None:
    await session.execute("delete from public_attempt where since < $1", before)


async def draw_numbers(session: Session, count: int) -> list[int]:
    """Draw unique numbers for printed forms."""
    return await session.fetchcolumn("select nextval('form_number') from generate_series(1, $1)", count)
