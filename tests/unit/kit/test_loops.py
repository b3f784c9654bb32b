"""A loop can be woken, survives failed rounds, and stops on request."""

import asyncio

from kit.runtime.loops import Loop
from kit.runtime.metrics import REGISTRY


async def test_a_round_that_fails_is_counted_and_tried_again() -> None:
    rounds: list[int] = []
    second = asyncio.Event()

    async def work() -> bool:
        rounds.append(1)
        if len(rounds) == 1:
            raise ConnectionError
        second.set()
        return False

    loop = Loop("test", work, every=60)
    running = asyncio.create_task(loop.run())
    await asyncio.wait_for(second.wait(), 10)
    loop.stop()
    await asyncio.wait_for(running, 10)

    assert len(rounds) == 2
    assert REGISTRY.get_sample_value("folgeskab_loop_failures_total", {"loop": "test"}) == 1


async def test_a_woken_loop_or_one_with_more_work_does_not_wait_for_its_interval() -> None:
    left = [True, True, False]
    drained = asyncio.Event()

    async def work() -> bool:
        if left:
            return left.pop(0)
        drained.set()
        return False

    loop = Loop("test", work, every=3600)
    running = asyncio.create_task(loop.run())
    async with asyncio.timeout(10):
        while left:
            await asyncio.wait({running}, timeout=0.001)
        loop.wake()
        await drained.wait()
    loop.stop()
    await asyncio.wait_for(running, 10)
