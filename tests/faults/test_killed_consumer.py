"""kit alone: killed at the two moments at which a message can be lost, or taken twice."""

import asyncio
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from contracts.catalogue import TOPICS
from deploy.local.broker import Broker
from deploy.local.process import Process
from kit.database import Database
from kit.topics import provision
from tests.brokers import chosen
from tests.conftest import ROOT, Databases
from tests.faults import taking
from tests.stacks import until
from tests.withdrawals import committed, keys, produce, withdrawals

MESSAGES = 200


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Broker]:
    made = chosen(tmp_path)
    await made.start()
    await asyncio.to_thread(
        provision, made.bootstrap, TOPICS, replication=made.replication, min_insync=made.min_insync
    )
    yield made
    made.kill()


async def taken_by_a_killed_one_and_the_next(
    broker: Broker, databases: Databases, database: Database, log: Path, point: str
) -> Counter[str]:
    def taker(name: str, *words: str) -> Process:
        told = (broker.bootstrap, databases.url("outreach"), str(databases.master_key_file))
        command = [sys.executable, "-m", "tests.faults.taking", *told, *words]
        return Process(name, command, log=log / name, cwd=ROOT)

    killed, following = taker("killed", point), taker("following")
    killed.spawn()
    assert await killed.wait_end(60)
    assert killed.exit_code == -signal.SIGKILL, killed.log_tail()
    following.spawn()
    try:

        async def all_acknowledged() -> bool:
            return await asyncio.to_thread(committed, broker) >= MESSAGES

        await until(all_acknowledged, within=60, what="every message acknowledged")
    finally:
        await following.stop()
    async with database.transaction() as session:
        rows = await session.fetch("select registration_id from noted")
    return Counter(str(row[0]) for row in rows)


async def test_killed_inside_its_transaction_the_batch_is_taken_by_the_next(
    broker: Broker, databases: Databases, empty_kit: Database, tmp_path: Path
) -> None:
    records = withdrawals(MESSAGES)
    await produce(broker, records)

    taken = await taken_by_a_killed_one_and_the_next(broker, databases, empty_kit, tmp_path, taking.INSIDE)

    assert taken == keys(records)


async def test_killed_between_the_commit_and_the_offset_nobody_is_taken_twice(
    broker: Broker, databases: Databases, empty_kit: Database, tmp_path: Path
) -> None:
    records = withdrawals(MESSAGES)
    await produce(broker, records)

    taken = await taken_by_a_killed_one_and_the_next(broker, databases, empty_kit, tmp_path, taking.COMMITTED)

    assert taken == keys(records)
