"""kit alone, from outbox to inbox, killed where it hurts: every event is handled once, in its key's order."""

import asyncio
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from contracts.events.ids import IncidentId, RegistrationId
from contracts.events.registration import ConsentWithdrawn
from contracts.events.vocabulary import Purpose
from deploy.local.process import Process, http_ok
from deploy.local.stack import Stack
from kit.database.database import Database
from kit.database.outbox import emit
from kit.runtime.ids import new_id
from tests.faults.noting_process import DIE
from tests.faults.wave import SHORT_LEASES, dice
from tests.stacks import connected, stack_in, until

WRITERS, PEOPLE_EACH = 12, 10
WITHIN = 45  # seconds
FIRST = datetime(2026, 11, 25, tzinfo=UTC)


@pytest.fixture(scope="module")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    home = tmp_path_factory.mktemp("kit")
    async with stack_in(home, services=(), settings=SHORT_LEASES) as running:
        async with connected(running) as connection:
            await connection.execute(
                "create table outreach.noted (seen bigint generated always as identity, "
                "registration_id uuid, at timestamptz); grant all on outreach.noted to outreach"
            )
        yield running


def process(stack: Stack, where: str, marks: Path) -> Process:
    env = stack.env_for("outreach")
    return Process(
        "noting",
        [sys.executable, "-m", "tests.faults.noting_process", where, str(marks)],
        log=stack.home / "logs" / "noting.log",
        env=env,
        cwd=stack.source,
        ready=http_ok(int(env["FOLGESKAB_HTTP_PORT"])),
        ready_within=60,
    )


async def write(database: Database, people: list[RegistrationId], rounds: range, chance: Random) -> None:
    """Write one event of each person in each round; some transactions stay open while others commit."""
    for number in rounds:
        async with database.transaction() as session:
            at = FIRST + timedelta(days=number)
            await emit(session, [withdrawn(person, at) for person in people])
            await asyncio.sleep(chance.choice((0, 0, 0.02, 0.2)))


def withdrawn(person: RegistrationId, at: datetime) -> ConsentWithdrawn:
    return ConsentWithdrawn(
        incident_id=IncidentId(person), registration_id=person, exercise=True, purpose=Purpose.CONTACT,
        withdrawn_at=at,
    )  # fmt: skip


@pytest.mark.parametrize("where", DIE)
async def test_killed_anywhere_each_event_is_handled_once_in_the_order_of_its_key(
    stack: Stack, tmp_path: Path, where: str
) -> None:
    chance = dice(where)
    people = [[RegistrationId(new_id()) for _ in range(PEOPLE_EACH)] for _ in range(WRITERS)]
    database = Database(
        stack.env_for("outreach")["FOLGESKAB_DATABASE_URL"], name="writers", pool_size=WRITERS
    )
    running = process(stack, where, tmp_path)
    await running.start()
    try:
        await asyncio.gather(*(write(database, some, range(10), chance) for some in people))
        assert await running.wait_end(WITHIN), f"it did not die {where}"
        await running.start()
        await asyncio.gather(*(write(database, some, range(10, 15), chance) for some in people))

        async def all_noted() -> bool:
            return len(set(await noted(stack, people))) == WRITERS * PEOPLE_EACH * 15

        await until(all_noted, within=WITHIN, what="every event is noted")
        seen = await noted(stack, people)
    finally:
        await running.stop()
        await database.close()

    assert len(seen) == len(set(seen))
    by_person = sorted(seen, key=lambda pair: pair[0])
    assert all(a[1] < b[1] for a, b in pairwise(by_person) if a[0] == b[0])


async def noted(stack: Stack, people: list[list[RegistrationId]]) -> list[tuple[RegistrationId, datetime]]:
    """Return who was noted, in the order in which it happened."""
    async with connected(stack) as connection:
        rows = await connection.fetch(
            "select registration_id, at from outreach.noted where registration_id = any($1::uuid[]) "
            "order by seen",
            [person for some in people for person in some],
        )
    return [(row[0], row[1]) for row in rows]
