"""The lag of a group comes from the broker: correct while its consumer is blocked, and never an old zero."""

import math

import pytest

from contracts.events.registration import TOPIC
from deploy.local.broker import Broker
from kit.kafka.group_lag import GroupLag
from kit.runtime.collector import Source
from kit.runtime.metrics import REGISTRY
from tests.broker.test_kit_delivery import Taker, broker, produce, taker, withdrawals
from tests.stacks import until

__all__ = ["broker", "taker"]


def gauge(name: str) -> float:
    value = REGISTRY.get_sample_value(f"folgeskab_{name}")
    assert value is not None
    return value


async def one_by_one(broker: Broker, count: int) -> None:
    """Produce each message alone: the embedded broker counts a batch of several as one."""
    for record in withdrawals(count):
        await produce(broker, [record])


@pytest.fixture
def source(broker: Broker) -> Source:
    return GroupLag(broker.bootstrap, "outreach", [TOPIC]).source()


async def test_the_lag_of_a_blocked_consumer_is_counted_and_its_age_grows(
    broker: Broker, taker: Taker, source: Source
) -> None:  # fmt: skip
    taker.go_on.clear()
    async with taker.taking(broker):
        await one_by_one(broker, 3)
        await taker.held.wait()
        await one_by_one(broker, 5)

        await source.refresh()
        first = gauge("behind_seconds")
        await source.refresh()

        assert gauge("lag_messages") == 8
        assert gauge("behind_seconds") > first
        taker.go_on.set()
        await taker.until_committed(broker, 8)

        await source.refresh()

        assert gauge("lag_messages") == 0
        assert gauge("behind_seconds") == 0


async def test_a_broker_that_is_away_leaves_no_zero_behind(broker: Broker, source: Source) -> None:
    async def told() -> bool:  # a new broker has no coordinator for the group yet
        await source.refresh()
        return gauge("lag_messages") == 0

    await until(told, within=60, what="the broker tells the lag")
    broker.kill()

    await source.refresh()

    assert math.isnan(gauge("lag_messages"))
    assert gauge("behind_seconds") > 0
