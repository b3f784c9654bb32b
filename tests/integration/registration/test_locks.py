"""Whoever waits for a person who is merged, or parted, meanwhile follows them, and holds nobody else."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from contracts.events.ids import IncidentId, RegistrationId
from kit.database.database import Session
from services.registration.store import people, person_links
from services.registration.use_cases.relate_people import lock_people, tell_relations
from tests.conftest import Databases
from tests.integration.registration.api_client import CPR, RegistrationOffice, opened

_LINK = "update registration set repeat_of = $2 where id = $1"
_WAITING = """
select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')
"""


@pytest.fixture(scope="module")
async def office(databases: Databases) -> AsyncIterator[RegistrationOffice]:
    async with opened(databases, checked=False) as made:  # some tests write rows themselves
        yield made


async def two(office: RegistrationOffice) -> tuple[IncidentId, RegistrationId, RegistrationId]:
    incident = await office.open_incident()
    ids = [
        RegistrationId(UUID((await office.register(incident, identifiers=one)).json()["registration_id"]))
        for one in ([], [{"value": CPR}])
    ]
    return IncidentId(UUID(incident)), ids[0], ids[1]


async def meanwhile(
    office: RegistrationOffice,
    done: Callable[[Session], Awaitable[Any]],
    waiting: Callable[[Session], Awaitable[Any]],
    free: RegistrationId,
) -> Any:
    """Do something to two people while another waits for one; give what they get, and hold `free` not."""

    async def wait() -> Any:
        async with office.resources.database.transaction() as session:
            got = await waiting(session)
            async with office.resources.database.transaction() as third:
                await third.fetch("select from registration where id = $1 for update nowait", free)
            return got

    async with office.resources.database.transaction() as session:
        await done(session)
        waits = asyncio.create_task(wait())
        async with office.resources.database.transaction() as looking:
            while not await looking.fetchval(_WAITING):
                await looking.execute("select pg_stat_clear_snapshot()")
    return await waits


async def test_who_waits_for_a_person_merged_meanwhile_holds_the_one_that_stays_alone(
    office: RegistrationOffice,
) -> None:
    _, into, away = await two(office)

    async def merge(session: Session) -> None:
        await people.lock_registrations(session, [into, away])
        await session.execute(_LINK, away, into)

    row = await meanwhile(office, merge, lambda session: people.lock_person(session, away), away)

    assert row.id == into


async def test_whose_relations_are_emitted_is_locked_also_if_merged_meanwhile(
    office: RegistrationOffice,
) -> None:
    _, into, away = await two(office)

    async def merge(session: Session) -> None:
        await people.lock_registrations(session, [into, away])
        await session.execute(_LINK, away, into)

    async def relate(session: Session) -> list[Any]:
        locked = await lock_people(session, [away])
        await tell_relations(session, locked, datetime.now(UTC))
        async with office.resources.database.transaction() as third:
            return await third.fetchcolumn(
                "select id from registration where id = $1 for update skip locked", into
            )

    assert await meanwhile(office, merge, relate, away) == []


async def test_waiting_for_a_person_split_meanwhile_locks_that_person(office: RegistrationOffice) -> None:
    _, into, away = await two(office)
    async with office.resources.database.transaction() as session:
        await session.execute(_LINK, away, into)

    async def part(session: Session) -> None:
        await people.lock_registrations(session, [into, away])
        await person_links.unlink(session, away, [away], datetime.now(UTC))

    row = await meanwhile(office, part, lambda session: people.lock_person(session, away), into)

    assert row.id == away


async def test_who_recognises_a_person_merged_meanwhile_looks_again_and_holds_nobody(
    office: RegistrationOffice,
) -> None:
    incident, into, away = await two(office)
    async with office.resources.database.transaction() as session:
        (value,) = await session.fetch("select digest from identity_claim where registration_id = $1", away)

    async def merge(session: Session) -> None:
        await people.lock_registrations(session, [into, away])
        await session.execute(_LINK, away, into)

    found = await meanwhile(
        office, merge, lambda session: people.lock_owners(session, incident, {value["digest"]}), away
    )

    assert found == []
