"""Receipts by AMQP: acknowledged when stored, requeued when they cannot be stored."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID, uuid4

import pytest
from aio_pika import IncomingMessage
from aiormq.abc import AbstractChannel, DeliveredMessage
from pamqp.commands import Basic
from pamqp.header import ContentHeader

from deploy.local.ports import free_port
from kit.database.database import Database
from kit.runtime.clock import SystemClock
from services.notify.use_cases.accept_receipts import ReceiptIntake
from services.notify.workers.receipt_queue import ReceiptQueue
from tests.conftest import Databases
from tests.unit.notify.test_receipts import envelope


@dataclass
class Wire:
    """An AMQP channel that records what happened to the delivery."""

    is_closed = False

    answers: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    async def basic_ack(self, **told: Any) -> None:
        self.answers.append(("ack", told))

    async def basic_reject(self, **told: Any) -> None:
        self.answers.append(("reject", told))

    def delivered(self, body: bytes) -> IncomingMessage:
        header = ContentHeader(properties=Basic.Properties())
        channel = cast("AbstractChannel", self)
        return IncomingMessage(DeliveredMessage(Basic.Deliver(delivery_tag=7), header, body, channel))


@pytest.fixture(scope="module")
async def database(databases: Databases) -> AsyncIterator[Database]:
    made = Database(await databases.migrate("notify"), name="notify-test")
    yield made
    await made.close()


async def kept(database: Database, key: UUID) -> int:
    async with database.transaction() as session:
        return int(await session.fetchval("select count(*) from receipt where idempotency_key = $1", key))


async def test_a_receipt_is_acknowledged_when_it_is_stored(database: Database) -> None:
    wire, key = Wire(), uuid4()

    await _queue(database).take(wire.delivered(envelope(key=str(key))))

    assert [word for word, _ in wire.answers] == ["ack"]
    assert await kept(database, key) == 1


async def test_a_receipt_of_another_system_is_acknowledged_and_dropped(database: Database) -> None:
    wire, key = Wire(), uuid4()

    await _queue(database).take(wire.delivered(envelope(kind=str(uuid4()), key=str(key))))

    assert [word for word, _ in wire.answers] == ["ack"]
    assert await kept(database, key) == 0


async def test_an_unreadable_receipt_is_not_requeued(database: Database) -> None:
    wire = Wire()

    await _queue(database).take(wire.delivered(b"<x/>"))

    assert wire.answers == [("reject", {"delivery_tag": 7, "requeue": False})]


async def test_a_receipt_that_cannot_be_stored_is_requeued() -> None:
    wire = Wire()
    away = Database(f"postgresql://x:y@127.0.0.1:{free_port()}/x", name="away")

    with pytest.raises(OSError, match="Connect"):
        await _queue(away).take(wire.delivered(envelope()))

    assert wire.answers == [("reject", {"delivery_tag": 7, "requeue": True})]
    await away.close()


def _queue(database: Database) -> ReceiptQueue:
    return ReceiptQueue("amqp://nobody", ReceiptIntake(database, SystemClock()), pause=0)
