"""Services die at named points while a wave runs: nobody is lost or contacted twice."""

from pathlib import Path

import pytest

from deploy.local.driving import Driver
from deploy.local.stack import SERVICES
from tests.faults import points
from tests.faults.wave import PEOPLE, SEED, SHORT_LEASES, Wave, dice, revived
from tests.stacks import stack_in

pytestmark = pytest.mark.timeout(600)

WITHDRAWALS = max(10, PEOPLE // 50)
SMALL_BATCHES = {  # so that there is a wave left to run after each death
    f"FOLGESKAB_{name}": str(max(10, PEOPLE // 20))
    for name in ("BATCH_SIZE", "SEND_BATCH", "DUE_BATCH", "IMPORT_BATCH")
}


async def test_a_service_that_dies_at_any_named_point_loses_nobody_and_tells_nobody_twice(
    tmp_path: Path,
) -> None:
    chance = dice("named points")
    home = tmp_path / "points"
    tree = points.copy_with_points(points.DEATHS, tmp_path / "tree")
    settings = SHORT_LEASES | SMALL_BATCHES | points.settings(home, SEED)
    async with stack_in(tmp_path / "stack", source=tree, settings=settings) as stack, Driver(stack) as driver:
        wave = Wave(stack, driver, PEOPLE, chance)
        await wave.open()
        points.arm(home, list(stack.services.values()))
        async with revived(wave):
            await wave.bring_in()
            await wave.launch()
            await wave.withdraw(WITHDRAWALS)
            found = await wave.violations()

        assert found == []
        assert points.used(home) == {(service, one) for service in SERVICES for one in points.POINTS[service]}
