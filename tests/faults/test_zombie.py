"""Workers that freeze for half a minute and continue: the epoch refuses their late writes."""

import asyncio
import re
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psutil
import pytest

from deploy.local.driving import Driver
from deploy.local.process import Process
from tests.faults import points
from tests.faults.wave import SEED, SHORT_LEASES, Wave, dice
from tests.stacks import stack_in, until

pytestmark = pytest.mark.timeout(600)

PEOPLE = 300
STANDS_STILL = 30  # seconds
SMALL_CLAIMS = {"FOLGESKAB_SEND_BATCH": "20", "FOLGESKAB_DUE_BATCH": "2", "FOLGESKAB_CALLS_PER_SECOND": "40"}


async def test_a_worker_that_stood_still_for_half_a_minute_is_refused_by_epoch(tmp_path: Path) -> None:
    home = tmp_path / "points"
    tree = points.copy_with_points(points.STANDSTILLS, tmp_path / "tree")
    settings = SHORT_LEASES | SMALL_CLAIMS | points.settings(home, SEED)
    async with stack_in(tmp_path / "stack", source=tree, settings=settings) as stack, Driver(stack) as driver:
        zombies = [await stack.add(service, f"{service}-2") for service in ("outreach", "notify")]
        wave = Wave(stack, driver, PEOPLE, dice("standing still"))
        await wave.open()
        points.arm(home, zombies, "SIGSTOP")
        await wave.bring_in()
        await wave.launch()

        await asyncio.gather(*(stood_still(zombie, wave) for zombie in zombies))
        refused = {zombie.name: await fenced(zombie) for zombie in zombies}  # a fault shows here first
        found = await wave.violations()

        assert found == []
        assert all(refused.values()), refused
        assert points.used(home) == {("outreach", points.CLAIMED), ("notify", points.PROVIDER[1])}


async def stood_still(zombie: Process, wave: Wave) -> None:
    """Wait until the worker stands still with its work in hand; let it go on half a minute later.

    The calls that were under way have then passed their time limit: to it, their answers are lost.
    """

    async def stopped() -> bool:
        return psutil.Process(zombie.pid).status() == psutil.STATUS_STOPPED

    await until(stopped, within=60, what=f"{zombie.name} stands still")
    wave.deaths.append(datetime.now(UTC))
    await asyncio.sleep(STANDS_STILL)
    zombie.resume()


async def fenced(zombie: Process) -> float:
    """Wait for the late write; return how many rows it was refused. Raise TimeoutError if it never was."""

    async def told() -> float:
        async with httpx.AsyncClient() as client:
            text = (await client.get(f"http://127.0.0.1:{zombie.env['FOLGESKAB_HTTP_PORT']}/metrics")).text
        return float(re.findall(r"^folgeskab_\w+_fenced_total (\S+)$", text, re.MULTILINE)[0])

    return await until(told, within=20, what=f"{zombie.name} is refused its late write")
