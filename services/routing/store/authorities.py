"""Versions of the table of authorities. Rows are never changed or deleted."""

from dataclasses import dataclass
from datetime import date, datetime

from contracts.events.ids import AuthorityId
from kit.database.database import Session
from services.routing.domain.authority import Authority, AuthorityKind, Membership, Table
from services.routing.domain.period import Period

FIRST_VERSION = 1


@dataclass(frozen=True, slots=True)
class TableVersion:
    version: int
    made_at: datetime
    made_by: str
    why: str


@dataclass(frozen=True, slots=True)
class ContactPointsChange:
    set_at: datetime
    set_by: str
    why: str
    points: str  # JSON


@dataclass(frozen=True, slots=True)
class _AuthorityRow:
    id: AuthorityId
    kind: str
    name: str
    valid_from: date
    valid_to: date | None
    code: str | None
    cvr: str | None
    successor: AuthorityId | None
    delegates_to: AuthorityId | None
    crisis_team: bool | None
    languages: list[str]
    opening_hours: str | None
    capacity_a_day: int | None


async def current_version(session: Session) -> int | None:
    """Return the current version, or None if no table was imported yet."""
    found: int | None = await session.fetchval("select version from authority_now")
    return found


async def lock_shared_version(session: Session) -> int:
    """Lock the current version in share mode, so that decisions are written before it is replaced."""
    return int(await session.fetchval("select version from authority_now for share"))


async def lock_version(session: Session) -> int:
    """Lock the current version. Waits for decisions that are being written, and blocks others."""
    return int(await session.fetchval("select version from authority_now for no key update"))


async def add_version(session: Session, version: int, table: Table, said: tuple[datetime, str, str]) -> bool:
    """Insert a table and make it current. `said`: when, by whom, why. Return False if the version exists."""
    added = await session.execute(
        "insert into authority_version (version, made_at, made_by, why) values ($1, $2, $3, $4) "
        "on conflict do nothing",
        version,
        *said,
    )
    if not added:
        return False
    await _add_rows(session, version, table)
    await session.execute(
        "insert into authority_now (version) values ($1) on conflict (one) do update set version = $1",
        version,
    )
    return True


async def _add_rows(session: Session, version: int, table: Table) -> None:
    await session.copy(
        "authority_row",
        (
            "version", "id", "kind", "name", "valid_from", "valid_to", "code", "cvr", "successor",
            "delegates_to", "crisis_team", "languages", "opening_hours", "capacity_a_day",
        ),
        [
            (
                version, a.id, a.kind, a.name, a.valid.start, a.valid.end, a.code, a.cvr, a.successor,
                a.delegates_to, a.crisis_team, a.languages, a.opening_hours, a.capacity_a_day,
            )
            for a in table.authorities
        ],
    )  # fmt: skip
    await session.copy(
        "authority_membership",
        ("version", "member", "body", "valid_from", "valid_to"),
        [(version, m.member, m.body, m.valid.start, m.valid.end) for m in table.memberships],
    )
    await session.copy(
        "authority_postcode",
        ("version", "postcode", "municipalities"),
        [(version, postcode, codes) for postcode, codes in table.postcodes.items()],
    )


async def read_version(session: Session, version: int) -> Table:
    """Return the table of a version; empty for an unknown version."""
    authorities = await session.fetch(
        _AuthorityRow,
        "select id, kind, name, valid_from, valid_to, code, cvr, successor, delegates_to, crisis_team, "
        "languages, opening_hours, capacity_a_day from authority_row where version = $1 order by 1, 4",
        version,
    )
    memberships = await session.fetch(
        "select member, body, valid_from, valid_to from authority_membership "
        "where version = $1 order by 1, 2, 3",
        version,
    )
    postcodes = await session.fetchpairs(
        "select postcode, municipalities from authority_postcode where version = $1 order by 1", version
    )
    return Table(
        tuple(_authority(row) for row in authorities),
        tuple(
            Membership(AuthorityId(member), AuthorityId(body), Period(start, end))
            for member, body, start, end in memberships
        ),
        {postcode: tuple(AuthorityId(code) for code in codes) for postcode, codes in postcodes.items()},
    )


async def list_versions(session: Session) -> list[TableVersion]:
    """List every version, oldest first."""
    return await session.fetch(
        TableVersion, "select version, made_at, made_by, why from authority_version order by version"
    )


async def list_contact_points(session: Session, authority: str) -> list[ContactPointsChange]:
    """List every change of the contact points, oldest first."""
    return await session.fetch(
        ContactPointsChange,
        "select set_at, set_by, why, points::text from contact_points where authority = $1 order by seq",
        authority,
    )


async def lock_contact_points(session: Session, authority: str) -> int:
    """Lock the contact points until the transaction ends; return the number of changes."""
    await session.execute(
        "select pg_advisory_xact_lock(hashtextextended('contact_points ' || $1, 0))", authority
    )
    made: int = await session.fetchval("select count(*) from contact_points where authority = $1", authority)
    return made


async def add_contact_points(
    session: Session, authority: str, points: str, said: tuple[datetime, str, str]
) -> None:
    """Insert a change. `points`: JSON. `said`: when, by whom, why."""
    await session.execute(
        "insert into contact_points (authority, points, set_at, set_by, why) values ($1, $2, $3, $4, $5)",
        authority,
        points,
        *said,
    )


def _authority(row: _AuthorityRow) -> Authority:
    return Authority(
        id=row.id,
        kind=AuthorityKind(row.kind),
        name=row.name,
        valid=Period(row.valid_from, row.valid_to),
        code=row.code,
        cvr=row.cvr,
        crisis_team=row.crisis_team,
        languages=tuple(row.languages),
        opening_hours=row.opening_hours,
        capacity_a_day=row.capacity_a_day,
        successor=row.successor or None,
        delegates_to=row.delegates_to or None,
    )
