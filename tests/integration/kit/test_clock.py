"""A process with a wrong clock notices at each transaction; its deciding loops rest and it is not ready."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from fastapi import Response

from kit.database.database import Database
from kit.runtime import exercise_clock
from kit.runtime.clock import GuardedClock
from kit.runtime.loops import Loop
from kit.runtime.service import Service
from kit.runtime.settings import ServiceSettings
from tests.conftest import Databases


@pytest.mark.parametrize("wrong", [timedelta(days=31), timedelta(minutes=-2)])
async def test_every_transaction_compares_the_clocks(databases: Databases, wrong: timedelta) -> None:
    clock = GuardedClock(wall=lambda: datetime.now(UTC) + wrong)
    database = Database(databases.url("outreach"), name="test", clock=clock)

    async with database.transaction() as session:
        recorded = await session.read_time(clock)
    await database.close()

    assert not clock.agrees
    assert abs(clock.drift - wrong) < timedelta(seconds=1)
    assert abs(recorded - datetime.now(UTC)) < timedelta(seconds=10)


async def test_a_deciding_loop_rests_until_the_clocks_agree(databases: Databases) -> None:
    ahead = timedelta(days=31)
    clock = GuardedClock(wall=lambda: datetime.now(UTC) + ahead)
    database = Database(databases.url("outreach"), name="test", clock=clock)
    asked, ran = asyncio.Event(), asyncio.Event()

    async def agree() -> bool:
        answer = await database.clocks_agree()
        asked.set()
        return answer

    async def work() -> bool:
        ran.set()
        return False

    loop = Loop("ends something", work, every=0.01)
    loop.only_if = agree
    running = asyncio.create_task(loop.run())
    async with asyncio.timeout(10):
        await asked.wait()
    rested = not ran.is_set()
    ahead = timedelta()
    async with asyncio.timeout(10):
        await ran.wait()
    loop.stop()
    await running
    await database.close()

    assert rested


async def test_a_real_row_is_found_in_any_table_that_tells_exercises_apart(databases: Databases) -> None:
    database = Database(await databases.migrate("registration"), name="test")
    insert = (
        "insert into incident (id, name, kind, place, started_at, event_authority, exercise, long_running, "
        "opened_at, opened_by) values (gen_random_uuid(), 'n', 'other', 'p', now(), '0751', $1 = 'exercise', "
        "false, now(), 'a')"
    )
    async with database.transaction() as session:
        await session.execute(insert, "exercise")
        alone = await exercise_clock.table_with_real_rows(session.driver)
        await session.execute(insert, "real")
        beside = await exercise_clock.table_with_real_rows(session.driver)
    await database.close()

    assert alone is None
    assert beside == "incident"


async def test_the_clock_of_an_exercise_is_refused_where_something_is_real(databases: Databases) -> None:
    """At the start; and while it runs the deciding loops rest, and the service is not ready."""
    url = await databases.migrate("registration")
    database = Database(url, name="test")
    async with database.transaction() as session:
        await session.execute(
            "insert into incident (id, name, kind, place, started_at, event_authority, exercise, "
            "long_running, opened_at, opened_by) "
            "values (gen_random_uuid(), 'n', 'other', 'p', now(), '0751', false, false, now(), 'a')"
        )
    await database.close()
    settings = ServiceSettings(
        database_url=url,
        keyring_url=databases.keyring_url("registration"),
        master_key_file=databases.master_key_file,
        broker="127.0.0.1:1",
        http_port=1,
        clock_offset_seconds=3600,
    )
    service = Service("registration", settings)

    with pytest.raises(SystemExit, match="holds what is no exercise"):
        await service.maintenance.exit_on_moved_clock()
    await service.maintenance.round()
    agree = await service.database.clocks_agree()
    ready = await service._ready(response := Response())
    for part in (service.keyring, service.collector, service.database):
        await part.close()

    assert not agree
    assert response.status_code == 503
    assert "FOLGESKAB_CLOCK_OFFSET_SECONDS" in ready["clock"]


async def test_a_row_written_before_it_is_known_to_be_an_exercise_is_not_taken_for_real(
    databases: Databases,
) -> None:
    """routing inserts a placeholder for an incident when a person's event arrives first."""
    database = Database(await databases.migrate("routing"), name="test")
    async with database.transaction() as session:
        await session.execute("insert into incident (incident_id) values (gen_random_uuid())")
        found = await exercise_clock.table_with_real_rows(session.driver)
    await database.close()

    assert found is None
