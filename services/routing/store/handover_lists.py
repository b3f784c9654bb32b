"""Handovers for display: lists, counts, single rows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from contracts.wire.sealed import FieldSet
from kit.database.database import Session
from services.routing.store.handover_replies import OF_HANDOVER, HandoverRow
from services.routing.store.person_state import FACTS, FactsRow

_DO_NOT_CONTACT: Final = """
    (s.do_not_contact_at is not null
        and (s.do_not_contact_lifted_at is null or s.do_not_contact_at >= s.do_not_contact_lifted_at))
"""
_LIST = f"""
select {OF_HANDOVER}, {_DO_NOT_CONTACT} as do_not_contact, s.relative_died_at
from handover h join standing s on s.registration_id = h.registration_id
where h.incident_id = $1 and ($2::text is null or h.state = $2)
    and ($3::text is null or h.authority = $3 or h.municipality = $3)
    and ($5::text[] is null or h.municipality = any($5))
order by case h.state when 'offered' then h.answer_by when 'accepted' then h.contact_by end nulls last,
    h.offered_at, h.handover_id limit $4
"""  # noqa: S608 - our own column names
_NOT_OFFERED = f"""
select s.registration_id, {FACTS}, s.exercise, s.home, s.municipality, s.status, s.status_since
from standing s where s.incident_id = $1 and s.status in ('not_passed_on', 'restricted')
    and ($2::text is null or s.status = $2) and ($3::text is null or s.home = $3 or s.municipality = $3)
    and ($5::text[] is null or s.municipality = any($5))
order by s.status_since, s.registration_id limit $4
"""  # noqa: S608 - our own column names
_ONE = f"""
select {OF_HANDOVER}, {_DO_NOT_CONTACT} as do_not_contact, s.relative_died_at
from handover h join standing s on s.registration_id = h.registration_id where h.handover_id = $1
"""  # noqa: S608 - our own column names
_RECORD = f"""
select {OF_HANDOVER}, {_DO_NOT_CONTACT} as do_not_contact, s.role, s.place, s.registered_at, s.language,
    s.preferred_channel, s.circumstances, s.consent_expires_at,
    c.identity, c.contact, c.recipient, c.age_band,
    i.name as incident_name, i.place as incident_place, i.started_at, i.event_authority
from handover h join standing s on s.registration_id = h.registration_id
join home_case c on c.registration_id = h.registration_id
left join incident i on i.incident_id = h.incident_id where h.handover_id = $1 for share of c
"""  # noqa: S608 - our own column names
_OF_PERSON = f"""
select {OF_HANDOVER}, {_DO_NOT_CONTACT} as do_not_contact, s.relative_died_at
from handover h join standing s on s.registration_id = h.registration_id
where h.registration_id = $1 order by h.offered_at, h.handover_id
"""  # noqa: S608 - our own column names
_WHERE = """
select s.registration_id, s.status, s.status_since, s.merged_into, c.state, c.queue, c.since,
    s.incident_id, h.handover_id as held_id, h.authority as held_by, h.state as held_state, h.accepted_at
from standing s join home_case c on c.registration_id = s.registration_id
left join handover h on h.handover_id = s.held_id where s.registration_id = $1
"""


@dataclass(frozen=True, slots=True)
class ListedHandover(HandoverRow):
    do_not_contact: bool
    relative_died_at: datetime | None


@dataclass(frozen=True, slots=True)
class PersonNotOffered(FactsRow):
    exercise: bool
    home: str | None
    municipality: str | None
    status: str
    status_since: datetime


@dataclass(frozen=True, slots=True)
class DisclosedHandover(HandoverRow):
    """A handover with the sealed data that is disclosed with it."""

    do_not_contact: bool
    role: str | None
    place: str | None
    registered_at: datetime | None
    language: str | None
    preferred_channel: str | None
    circumstances: bytes | None = field(repr=False)
    consent_expires_at: datetime | None
    identity: bytes | None = field(repr=False)
    contact: bytes | None = field(repr=False)
    recipient: bytes | None = field(repr=False)
    age_band: str | None
    incident_name: str | None
    incident_place: str | None
    started_at: datetime | None
    event_authority: str | None


@dataclass(frozen=True, slots=True)
class DisclosedFields:
    """One disclosure: what was passed on, on which consent, by whom and when."""

    authority: str
    field_sets: list[FieldSet]
    consent_id: UUID
    consent_given_at: datetime
    consent_expires_at: datetime
    actor: str
    passed_on_at: datetime


@dataclass(frozen=True, slots=True)
class ResponsibilityRow:
    """The facts that determine who is responsible for a registration."""

    registration_id: UUID
    status: str
    status_since: datetime
    merged_into: UUID | None
    state: str
    queue: str | None
    since: datetime | None
    incident_id: UUID
    held_id: UUID | None
    held_by: str | None
    held_state: str | None
    accepted_at: datetime | None


@dataclass(frozen=True, slots=True)
class HandoverSelection:
    """A filter of handovers. None: not filtered."""

    state: str | None = None
    authority: str | None = None
    municipalities: Sequence[str] | None = None


async def list_handovers(
    session: Session, incident_id: UUID, wanted: HandoverSelection, limit: int
) -> list[ListedHandover]:
    """List handovers, those with the earliest deadline first."""
    return await session.fetch(
        ListedHandover, _LIST, incident_id, wanted.state, wanted.authority, limit, wanted.municipalities
    )


async def list_not_offered(
    session: Session, incident_id: UUID, wanted: HandoverSelection, limit: int
) -> list[PersonNotOffered]:
    """List people whose case is not disclosed, the longest wait first."""
    return await session.fetch(
        PersonNotOffered,
        _NOT_OFFERED,
        incident_id,
        wanted.state,
        wanted.authority,
        limit,
        wanted.municipalities,
    )


async def count_by_status(session: Session, incident_id: UUID) -> dict[str, int]:
    """Count each registration of an incident once, by status."""
    return await session.fetchpairs(
        "select status, count(*) as people from standing where incident_id = $1 group by 1", incident_id
    )


async def count_offered(session: Session, incident_id: UUID, authority: str) -> int:
    found: int = await session.fetchval(
        "select count(*) from handover where incident_id = $1 and authority = $2 and state = 'offered'",
        incident_id,
        authority,
    )
    return found


async def list_of_person(session: Session, registration_id: UUID) -> list[ListedHandover]:
    """List the offers of a person, oldest first."""
    return await session.fetch(ListedHandover, _OF_PERSON, registration_id)


async def find_listed(session: Session, handover_id: UUID) -> ListedHandover | None:
    return await session.fetchrow(ListedHandover, _ONE, handover_id)


async def lock_shared_record(session: Session, handover_id: UUID) -> DisclosedHandover | None:
    """Return a handover with its disclosed data, and lock the case in share mode."""
    return await session.fetchrow(DisclosedHandover, _RECORD, handover_id)


async def list_disclosures(session: Session, handover_id: UUID) -> list[DisclosedFields]:
    return await session.fetch(
        DisclosedFields,
        "select authority, field_sets, consent_id, consent_given_at, consent_expires_at, actor, passed_on_at "
        "from passing_on where handover_id = $1 order by seq",
        handover_id,
    )


async def find_responsibility(session: Session, registration_id: UUID) -> ResponsibilityRow | None:
    return await session.fetchrow(ResponsibilityRow, _WHERE, registration_id)
