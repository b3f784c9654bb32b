"""Answers that never came, a worker that took one with it, and people who withdraw while messages wait."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deploy.local.driving import Driver
from deploy.local.stack import Stack
from tests.faults import checker, points
from tests.faults.copies import Change
from tests.faults.wave import SEED, SHORT_LEASES, Wave, dice, revived
from tests.stacks import connected, stack_in, until

PEOPLE = 60
LOST = 5  # answers of each provider: too few in a row to open its circuit
SLOWLY = {"FOLGESKAB_CALLS_PER_SECOND": "8", "FOLGESKAB_CALLS_AT_ONCE": "8"}
SHORT_LEASE = (  # of a minute, to wait for less; still longer than the last call may take
    Change(
        "services/notify/workers/send_messages.py",
        "LEASE: Final = timedelta(seconds=60)",
        "LEASE: Final = timedelta(seconds=18)",
    ),
    Change(
        "services/notify/workers/send_messages.py",
        "_START_WITHIN: Final = 30.0",
        "_START_WITHIN: Final = 4.0",
    ),
)


@pytest.fixture(scope="module")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    home = tmp_path_factory.mktemp("answers")
    tree = points.copy_with_points((points.AFTER_THE_ANSWER, *SHORT_LEASE), home / "tree")
    settings = SHORT_LEASES | SLOWLY | points.settings(points_of(home), SEED)
    async with stack_in(home / "stack", source=tree, settings=settings) as running:
        yield running


def points_of(home: Path) -> Path:
    return home / "points"


@pytest.fixture
async def wave(stack: Stack, request: pytest.FixtureRequest) -> AsyncIterator[Wave]:
    async with Driver(stack) as driver:
        made = Wave(stack, driver, PEOPLE, dice(request.node.name))
        await made.open()
        await made.bring_in()
        yield made


async def test_a_worker_killed_with_an_answer_leaves_a_doubt_and_no_second_message(
    wave: Wave,
) -> None:
    home = points_of(wave.stack.home.parent)
    points.arm(home, [wave.stack["notify"]])
    async with revived(wave):
        await wave.launch()
        found = await wave.violations()

    assert found == []
    assert points.used(home) == {("notify", points.PROVIDER[1])}


async def test_a_lost_answer_is_not_asked_for_by_sending_again(wave: Wave) -> None:
    """A receipt would end the doubt before anybody sends again, so that none comes for a lost answer.

    But for text messages: of those the gateway is asked, and a receipt must follow.
    """
    lost = [{"do": "accept_then_timeout", "times": 3}, {"do": "accept_then_drop", "times": LOST}]
    silent = [*lost, {"do": "never", "times": LOST}]
    for simulator, rules in {"digital_post": silent, "smtp": silent, "sms": lost}.items():
        await wave.driver.call("control", "PUT", f"/faults/{simulator}", json={"seed": SEED, "rules": rules})
    try:
        await wave.launch()
        found = await wave.violations()
    finally:
        for simulator in ("digital_post", "sms", "smtp"):
            await wave.driver.call("control", "PUT", f"/faults/{simulator}", json={})

    evidence = await checker.gather(wave.stack, wave.incident, wave.people, wave.opened_at)
    assert found == []
    assert len([effect for effect in evidence.effects if effect.answer in checker.LOST]) >= LOST
    assert [message for message in evidence.messages if message.notify == "in_doubt"]


async def test_nobody_is_written_to_two_seconds_after_a_withdrawal(wave: Wave) -> None:
    await wave.launch()
    await until(lambda: asked_for(wave), within=60, what="notify has all of the messages")
    await wave.withdraw(PEOPLE // 2)

    found = await wave.violations()

    evidence = await checker.gather(wave.stack, wave.incident, wave.people, wave.opened_at)
    assert found == []
    assert evidence.withdrawals.keys() & {
        m.registration_id for m in evidence.messages if m.notify == "withheld"
    }


async def asked_for(wave: Wave) -> bool:
    async with connected(wave.stack) as connection:
        return bool(
            await connection.fetchval(
                "select count(*) > 0 and count(*) = (select count(*) from outreach.contact "
                "where kind = 'message' and incident_id = $1::text::uuid) "
                "from notify.message where incident_id = $1::text::uuid",
                wave.incident,
            )
        )
