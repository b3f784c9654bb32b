"""Store of people and incidents: the columns that decide about contact, and those of routing.v1."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from contracts.events.ids import AuthorityId
from contracts.events.routing import HomeAuthorityResolved, HomeAuthorityUnresolved
from contracts.events.vocabulary import AgeBand, BarReason, Channel, Contactability
from contracts.rules.consent import Consent, Consents, ConsentState
from contracts.wire.sealed import Sealed
from kit.database.database import Session
from kit.runtime.clock import Clock
from services.outreach.domain.eligibility import ProjectedPerson
from services.outreach.domain.snapshot import Scope

SKEW = "interval '2 seconds'"  # between the clocks of registration and routing


@dataclass(frozen=True, slots=True)
class StatedConsents:
    """The consents that registration has stated, and a withdrawal on a call."""

    registration_expires_at: datetime | None
    registration_withdrawn_at: datetime | None
    registration_authorities: list[str]
    contact_given_at: datetime | None
    contact_expires_at: datetime | None
    contact_withdrawn_at: datetime | None
    contact_authorities: list[str]
    contact_channels: list[str]
    withdrawn_on_call_at: datetime | None


STATED = ", ".join(column.name for column in fields(StatedConsents)[:-1])


@dataclass(frozen=True, slots=True)
class DecidingPerson(StatedConsents):
    """The columns of a person that decide about contact."""

    registration_id: UUID
    possible: list[str]
    age_band: str
    municipality: AuthorityId | None
    contactability: str
    digital_post: bool | None
    letter_allowed: bool
    recipient_known: bool
    forgotten: bool
    merged: bool
    barred: str | None
    preferred: str | None
    acting: AuthorityId | None
    covered_by: list[AuthorityId]
    decided: bool
    rerouting: bool
    closed: bool
    held_by: AuthorityId | None


_COMPUTED = {
    "recipient_known": "recipient is not null as recipient_known",
    "forgotten": "forgotten_at is not null as forgotten",
    "decided": "decided_at is not null as decided",
    "rerouting": f"coalesce(rerouted_from > decided_at + {SKEW}, false) as rerouting",
}


def _select_list(row: type[DecidingPerson]) -> str:
    return ", ".join(_COMPUTED.get(column.name, column.name) for column in fields(row))


@dataclass(frozen=True, slots=True)
class SelectedPerson(DecidingPerson):
    language: str
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class LockedPerson(DecidingPerson):
    incident_id: UUID
    exercise: bool
    language: str
    contact: Sealed | None = field(repr=False)
    recipient: Sealed | None = field(repr=False)


_SELECTED, _LOCKED = _select_list(SelectedPerson), _select_list(LockedPerson)


@lru_cache(maxsize=1024)
def _channels(names: tuple[str, ...]) -> tuple[Channel, ...]:
    return tuple(Channel(name) for name in names)


@lru_cache(maxsize=1024)
def _authorities(codes: tuple[str, ...]) -> tuple[AuthorityId, ...]:
    return tuple(AuthorityId(code) for code in codes)


def read_consents(row: StatedConsents) -> Consents:
    """Read the consent states. A withdrawal on a call ends the contact consent."""
    registration = contact = None
    if row.registration_expires_at is not None:
        covered = _authorities(tuple(row.registration_authorities))
        registration = Consent((), row.registration_expires_at, covered)
    if row.contact_expires_at is not None:
        covered = _authorities(tuple(row.contact_authorities))
        contact = Consent(_channels(tuple(row.contact_channels)), row.contact_expires_at, covered)
    of_contact = ConsentState(contact, row.contact_withdrawn_at)
    given_at, withdrawn_at = row.contact_given_at, row.withdrawn_on_call_at
    if withdrawn_at is not None and (given_at is None or given_at <= withdrawn_at):
        of_contact = ConsentState(None, withdrawn_at)
    return ConsentState(registration, row.registration_withdrawn_at), of_contact


def read_person(row: DecidingPerson) -> ProjectedPerson:
    registration, contact = read_consents(row)
    return ProjectedPerson(
        registration=registration,
        contact=contact,
        possible=_channels(tuple(row.possible)),
        age_band=AgeBand(row.age_band),
        municipality=row.municipality,
        contactability=Contactability(row.contactability),
        digital_post=row.digital_post,
        letter_allowed=row.letter_allowed,
        recipient_known=row.recipient_known,
        forgotten=row.forgotten,
        merged=row.merged,
        barred=BarReason(row.barred) if row.barred else None,
        preferred=Channel(row.preferred) if row.preferred else None,
        acting=row.acting or None,
        covered_by=_authorities(tuple(row.covered_by)),
        decided=row.decided,
        rerouting=row.rerouting,
        closed=row.closed,
        held_by=row.held_by or None,
    )


async def write_decisions(
    session: Session, decisions: Sequence[HomeAuthorityResolved | HomeAuthorityUnresolved]
) -> None:
    """Write one routing decision per person. An older decision never replaces a newer one."""
    await session.execute(
        """
        insert into person as p (registration_id, incident_id, exercise, municipality, contactability,
            digital_post, letter_allowed, recipient, decided_at, acting, covered_by,
            closed, held_by)
        select r, i, e, m, c, d, l, x, at, a, string_to_array(cb, ','), cl, h
        from unnest($1::uuid[], $2::uuid[],
            $3::boolean[], $4::text[], $5::text[], $6::boolean[], $7::boolean[], $8::bytea[],
            $9::timestamptz[], $10::text[], $11::text[], $12::boolean[], $13::text[])
            as u(r, i, e, m, c, d, l, x, at, a, cb, cl, h)
        order by r
        on conflict (registration_id) do update set municipality = excluded.municipality,
            contactability = excluded.contactability, digital_post = excluded.digital_post,
            letter_allowed = excluded.letter_allowed, decided_at = excluded.decided_at,
            acting = excluded.acting, covered_by = excluded.covered_by, closed = excluded.closed,
            held_by = excluded.held_by,
            recipient = case when p.forgotten_at is null then excluded.recipient end
        where p.decided_at is null or p.decided_at <= excluded.decided_at
        """,
        *columns([_routed(decision) for decision in decisions]),
    )


def _routed(event: HomeAuthorityResolved | HomeAuthorityUnresolved) -> tuple[object, ...]:
    who = event.registration_id, event.incident_id, event.exercise
    if isinstance(event, HomeAuthorityUnresolved):
        nobody = None, event.contactability, None, False, None, event.decided_at, None
        held_by = event.held_by if event.contactability is Contactability.OPEN else None
        return (*who, *nobody, ",".join(event.covered_by), event.closed is not None, held_by)
    return (
        *who,
        event.municipality,
        event.contactability,
        event.digital_post,
        event.letter_allowed,
        event.recipient,
        event.decided_at,
        event.acting,
        ",".join(event.covered_by),
        False,
        None,
    )


async def find_closed(session: Session, ids: Sequence[UUID]) -> list[UUID]:
    """Return the people whose case is closed with no new decision pending."""
    return await session.fetchcolumn(
        f"""
        select registration_id from person where registration_id = any($1::uuid[]) and closed
            and not coalesce(rerouted_from > decided_at + {SKEW}, false)
        """,  # noqa: S608 - our own names
        ids,
    )


async def insert_authorities(session: Session, authorities: Iterable[AuthorityId]) -> None:
    await session.execute(
        "insert into authority select unnest($1::text[]) on conflict do nothing", sorted(set(authorities))
    )


async def authority_exists(session: Session, authority: str) -> bool:
    """Return whether routing has named this authority for anybody."""
    return bool(
        await session.fetchval("select exists(select from authority where authority = $1)", authority)
    )


async def select_people(
    session: Session,
    incident_id: UUID,
    scope: Scope,
    after: UUID | None,
    limit: int,
) -> list[tuple[UUID, ProjectedPerson, str, datetime | None]]:
    """Return the next people of a selection in the order of ids. Empty lists select everybody.

    Each with the language and the time of the last routing decision.
    """
    rows = await session.fetch(
        SelectedPerson,
        f"""
        select {_SELECTED} from person
        where incident_id = $1 and registered and ($2::uuid is null or registration_id > $2)
            and (cardinality($3::text[]) = 0 or role = any($3))
            and (cardinality($4::text[]) = 0 or municipality = any($4) or acting = any($4))
            and (cardinality($5::uuid[]) = 0 or registration_id = any($5))
        order by registration_id limit $6
        """,  # noqa: S608 - our own column names
        incident_id,
        after,
        scope.roles,
        scope.municipalities,
        scope.registrations,
        limit,
    )
    return [(row.registration_id, read_person(row), row.language, row.decided_at) for row in rows]


async def find_registered(session: Session, incident_id: UUID, ids: Sequence[UUID]) -> set[UUID]:
    """Return those of the ids that are registered at the incident."""
    found = await session.fetchcolumn(
        "select registration_id from person "
        "where incident_id = $1 and registered and registration_id = any($2::uuid[])",
        incident_id,
        ids,
    )
    return set(found)


async def count_undecided(session: Session, incident_id: UUID, asked_again: datetime) -> int:
    """Count the people without a routing decision since `asked_again`.

    A closed case is decided again only after a correction.
    """
    count = await session.fetchval(
        f"""
        select count(*) from person where incident_id = $1 and registered and forgotten_at is null
            and not merged and (coalesce(decided_at < $2, true) and not closed
                or rerouted_from > decided_at + {SKEW})
        """,  # noqa: S608 - our own names
        incident_id,
        asked_again,
    )
    return int(count)


async def load(session: Session, ids: Iterable[UUID]) -> dict[UUID, LockedPerson]:
    """Return people without locking them."""
    rows = await session.fetch(
        LockedPerson,
        f"select {_LOCKED} from person where registration_id = any($1::uuid[])",  # noqa: S608 - our own column names
        list(set(ids)),
    )
    return {row.registration_id: row for row in rows}


async def lock(session: Session, ids: Iterable[UUID]) -> dict[UUID, LockedPerson]:
    """Lock people in the order of ids. Every writer of an event about a person locks that person's row."""
    rows = await session.fetch(
        LockedPerson,
        f"select {_LOCKED} from person "  # noqa: S608 - our own column names
        "where registration_id = any($1::uuid[]) order by registration_id for no key update",
        list(set(ids)),
    )
    return {row.registration_id: row for row in rows}


async def record_time(session: Session, ids: Iterable[UUID], clock: Clock) -> datetime:
    """Return the time to record for a change of locked people: now, or just after their last change."""
    at = await session.read_time(clock)
    recorded: datetime | None = await session.fetchval(
        """
        with last as (select max(recorded_at) as at from person where registration_id = any($1::uuid[]))
        update person p set recorded_at = greatest($2, last.at + interval '1 microsecond')
        from last where p.registration_id = any($1::uuid[]) returning p.recorded_at
        """,
        list(set(ids)),
        at,
    )
    return recorded or at


def columns(rows: Sequence[Sequence[object]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]
