"""Receipts of the stand-ins: told in order, again until they are taken, and wrongly where told so."""

import json

from services.notify.channels.digital_post import post_status
from services.notify.domain.receipt import Receipt, ReceiptStatus
from tests.integration.simulators.stand_ins import RunningSimulators


async def test_a_well_behaved_platform_tells_received_then_delivered(simulators: RunningSimulators) -> None:
    await simulators.post()

    await simulators.sender.until(2)

    assert simulators.sender.statuses() == [ReceiptStatus.RECEIVED, ReceiptStatus.DELIVERED]


async def test_a_receipt_that_is_not_taken_is_sent_again(simulators: RunningSimulators) -> None:
    simulators.sender.refuse = 2

    await simulators.sms()
    told = await simulators.sender.until(2)

    assert [json.loads(body)["status"] for _, body in told] == ["sent", "delivered"]
    assert {path for path, _ in told} == {"/receipts/sms"}


async def test_told_so_receipts_come_twice_and_the_last_first(simulators: RunningSimulators) -> None:
    await simulators.tell("digital_post", {"do": "twice"}, {"do": "out_of_order", "seconds": 0})

    await simulators.post()
    await simulators.sender.until(4)

    assert simulators.sender.statuses() == [ReceiptStatus.DELIVERED] * 2 + [ReceiptStatus.RECEIVED] * 2


async def test_told_so_a_message_fails_for_good_with_its_code(simulators: RunningSimulators) -> None:
    await simulators.tell("digital_post", {"do": "fail", "code": "memo.invalid"})

    await simulators.post()
    told = await simulators.sender.until(2)

    last = post_status.read(told[-1][1])
    assert isinstance(last, Receipt)
    assert (last.status, last.code) == (ReceiptStatus.FAILED, "memo.invalid")


async def test_told_so_no_receipt_comes(simulators: RunningSimulators) -> None:
    await simulators.sms("of the silent one", **{"X-Simulate": "never"})
    await simulators.sms("of the other")
    told = await simulators.sender.until(2)

    assert {json.loads(body)["reference"] for _, body in told} == {"of the other"}


async def test_told_so_receipts_come_late(simulators: RunningSimulators) -> None:
    await simulators.sms("late", **{"X-Simulate": "late=2"})
    await simulators.sms("at once")
    told = await simulators.sender.until(4)

    assert [json.loads(body)["reference"] for _, body in told] == ["at once"] * 2 + ["late"] * 2


async def test_a_receipt_that_cannot_be_read_is_sent_once_and_the_journal_says_so(
    simulators: RunningSimulators,
) -> None:
    simulators.sender.refusal = 400
    simulators.sender.refuse = 1

    await simulators.sms("unreadable", **{"X-Simulate": "fail=absent"})
    await simulators.sender.until(1)
    await simulators.simulators.sms.journal.newer_than(2)

    receipts = [e for e in await simulators.journal("sms") if e["kind"] == "receipt"]
    assert [(e["status"], e["taken"]) for e in receipts] == [("sent", False), ("failed", True)]
