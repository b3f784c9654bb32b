"""Plan and import a new table of authorities: its differences and the affected cases."""

from dataclasses import dataclass
from datetime import date, datetime

from kit.database.database import Database, Session
from kit.runtime.ids import new_id
from services.routing.authorities.directory import AuthorityDirectory, Edition
from services.routing.domain.authority import Table
from services.routing.domain.authority_table import UnusableAuthorities, authorities_of, missing_authorities
from services.routing.domain.table_difference import Difference, affected_homes, table_differences
from services.routing.store import authorities, redecisions
from services.routing.store.redecisions import RedecisionRequest


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """The differences between a table and the current one."""

    before: Edition
    table: Table
    differences: tuple[Difference, ...]
    affected: tuple[str, ...]  # homes with a different answer today
    later: tuple[tuple[date, tuple[str, ...]], ...]  # homes with a different answer from a future date


class AuthoritiesChanged(Exception):  # noqa: N818 - an expected refusal
    """Another import happened after the plan was made."""


async def plan_import(directory: AuthorityDirectory, table: Table, on: date) -> ImportPlan:
    """Compare the table with the current one; raise UnusableAuthorities with every problem."""
    before = await directory.reread()
    after = authorities_of(directory.named(table))
    if missing := tuple(missing_authorities(before.authorities.table, table)):
        raise UnusableAuthorities(missing)
    found = table_differences(before.authorities, after)
    ahead = sorted({one.on for one in found if one.on is not None and one.on > on})
    later = ((day, affected_homes(before.authorities, after, day)) for day in ahead)
    return ImportPlan(
        before,
        table,
        found,
        affected_homes(before.authorities, after, on),
        tuple((day, homes) for day, homes in later if homes),
    )


async def count_cases(database: Database, homes: tuple[str, ...]) -> int:
    """Count the current cases of these homes."""
    if not homes:
        return 0
    async with database.transaction() as session:
        return await redecisions.count_cases(session, date.max, None, homes)


async def import_table(
    database: Database, found: ImportPlan, on: date, said: tuple[datetime, str, str]
) -> int:
    """Import the table and return its version. `said`: when, by whom, why. Raises AuthoritiesChanged."""
    async with database.transaction() as session:
        if await authorities.lock_version(session) != found.before.version:
            raise AuthoritiesChanged
        version = found.before.version + 1
        await authorities.add_version(session, version, found.table, said)
        if found.affected:
            await _decide_again(session, found, on, said)
    return version


async def _decide_again(
    session: Session, found: ImportPlan, on: date, said: tuple[datetime, str, str]
) -> None:
    at, by, why = said
    await redecisions.add_request(session, RedecisionRequest(new_id(), at, by, why, on, None, found.affected))
