"""Services killed at random moments, the database stopped, the broker lost, while a wave runs."""

import asyncio
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from deploy.local.driving import Driver
from deploy.local.stack import SERVICES, Stack
from tests.faults.wave import PEOPLE, SHORT_LEASES, Wave, dice, revived
from tests.stacks import on_kafka, stack_in, until

pytestmark = pytest.mark.timeout(600)

WITHDRAWALS = max(10, PEOPLE // 50)
SLOWLY = {"FOLGESKAB_CALLS_PER_SECOND": str(max(10, PEOPLE // 15))}  # so that the wave outlasts the faults


@pytest.fixture(scope="module")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    home = tmp_path_factory.mktemp("faults")
    async with stack_in(home, settings=SHORT_LEASES | SLOWLY) as running:
        yield running


@pytest.fixture
async def wave(stack: Stack, request: pytest.FixtureRequest) -> AsyncIterator[Wave]:
    """A wave that runs; some of its people withdraw meanwhile."""
    async with Driver(stack) as driver:
        made = Wave(stack, driver, PEOPLE, dice(request.node.name))
        await made.open()
        async with revived(made):
            await made.bring_in()
            await made.launch()
            made.withdrawing = asyncio.create_task(made.withdraw(WITHDRAWALS))
            yield made


async def under_way(wave: Wave) -> None:
    """Wait until some have been written to, and a moment of the seed's choice longer."""
    await until(lambda: sent(wave), within=60, what="the first messages are sent")
    await asyncio.sleep(wave.chance.uniform(0, 1))


async def sent(wave: Wave) -> bool:
    return await wave.sent() > wave.sent_before


async def test_services_killed_at_random_moments_lose_nobody_and_tell_nobody_twice(wave: Wave) -> None:
    for service in wave.chance.sample(SERVICES, len(SERVICES)):
        await under_way(wave)
        wave.stack[service].kill()
        await until(lambda s=service: running(wave.stack, s), within=20, what=f"{service} runs again")

    assert await wave.violations() == []
    assert len(wave.deaths) == len(SERVICES)


async def running(stack: Stack, service: str) -> bool:
    return stack[service].running


async def test_a_database_that_crashes_loses_nobody_and_tells_nobody_twice(wave: Wave) -> None:
    await under_way(wave)
    wave.deaths.append(datetime.now(UTC))

    await wave.stack.postgres.restart("immediate")

    assert await wave.violations() == []


@pytest.mark.skipif(not on_kafka(), reason="the embedded broker keeps nothing: it is wiped instead")
async def test_a_broker_that_is_killed_and_comes_back_loses_nobody(wave: Wave) -> None:
    await under_way(wave)

    wave.stack.broker.kill()
    await wave.stack.broker.start()

    assert await wave.violations() == []


@pytest.mark.skipif(on_kafka(), reason="Apache Kafka keeps its data: it is killed instead")
async def test_a_broker_that_lost_everything_is_filled_again_from_the_outboxes(wave: Wave) -> None:
    await under_way(wave)

    wave.stack.broker.kill()
    for service in wave.stack.services.values():  # this broker makes what is asked for, of too few partitions
        service.pause()
    await wave.stack.broker.start()
    await wave.stack.provision()
    for service in wave.stack.services.values():
        service.resume()
    await folgeskab(wave.stack, "republish")

    assert await wave.violations() == []


async def folgeskab(stack: Stack, *arguments: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cli.main", *arguments, cwd=stack.source, env=stack.env_for("cli")
    )
    assert await process.wait() == 0
