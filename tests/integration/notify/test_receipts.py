"""Receipts with a real database: bad ones are refused alone, too many of one sender are dropped."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from kit.runtime.clock import SystemClock
from services.notify.domain.receipt import Receipt, ReceiptStatus
from services.notify.use_cases.accept_receipts import BadReceiptError, ReceiptIntake
from tests.integration.notify.notify_service import NotifyService, receipt
from tests.unit.notify.cases import Scripted, Story


async def sent(notify: NotifyService, story: Story) -> UUID:
    provider = Scripted()
    notify.use(provider)
    await notify.plan(story)
    await notify.sender.round()
    return provider.sent[0].idempotency_key


async def test_a_bad_receipt_is_refused_and_the_rest_of_its_batch_is_stored(notify: NotifyService) -> None:
    story, other = Story(), Story()
    keys = [await sent(notify, story), await sent(notify, other)]
    told = [
        receipt(keys[0], ReceiptStatus.DELIVERED),
        receipt(keys[0], ReceiptStatus.FAILED, code="no\x00mailbox"),
        receipt(keys[1], ReceiptStatus.DELIVERED),
    ]

    answers = await asyncio.gather(*(notify.intake.take([one]) for one in told), return_exceptions=True)

    assert [type(answer) for answer in answers] == [type(None), BadReceiptError, type(None)]
    assert [await notify.state(one) for one in (story, other)] == ["delivered", "delivered"]


async def test_unmatchable_receipts_of_one_message_do_not_stop_others(notify: NotifyService) -> None:
    story, other = Story(), Story()
    keys = [await sent(notify, story), await sent(notify, other)]
    async with notify.database.transaction() as session:
        await (
            session.execute(  # as after a hand in the table: no channel of the message is that of the attempt
                "update attempt set channel = 'letter' where idempotency_key = $1", keys[0]
            )
        )

    await asyncio.gather(*(notify.intake.take([receipt(key, ReceiptStatus.DELIVERED)]) for key in keys))
    await notify.intake.match_late()

    assert [await notify.state(one) for one in (story, other)] == ["handed_over", "delivered"]
    assert await unmatched(notify) == {"": 1}


async def test_a_receipt_that_contradicts_the_final_state_changes_nothing(notify: NotifyService) -> None:
    story = Story()
    key = await sent(notify, story)
    await notify.intake.take([receipt(key, ReceiptStatus.FAILED, code="no.mailbox")])

    for status in (ReceiptStatus.DELIVERED, ReceiptStatus.RETURNED):
        await notify.intake.take([receipt(key, status, after=5, code="other.code")])

    async with notify.database.transaction() as session:
        attempt = await session.fetchrow("select state, code from attempt where idempotency_key = $1", key)
        contradicting = await session.fetchval("select count(*) from receipt where contradicts")
    assert attempt is not None
    assert (attempt["state"], attempt["code"]) == ("failed", "no.mailbox")
    assert contradicting == 2


async def test_a_delivery_of_an_earlier_attempt_does_not_change_a_failed_message(
    notify: NotifyService,
) -> None:
    story = Story()
    key = await sent(notify, story)
    async with notify.database.transaction() as session:
        await session.execute("update attempt set state = 'in_doubt' where idempotency_key = $1", key)
        await session.execute(
            "update message set state = 'failed', reason = 'x', attempt_id = null where contact_id = $1",
            story.contact_id,
        )

    await notify.intake.take([receipt(key, ReceiptStatus.DELIVERED, code="c")])

    async with notify.database.transaction() as session:
        attempt = await session.fetchrow("select state, code from attempt where idempotency_key = $1", key)
    assert attempt is not None
    assert (attempt["state"], attempt["code"]) == ("in_doubt", None)


async def test_the_newest_unmatched_receipts_of_each_sender_are_kept(notify: NotifyService) -> None:
    intake = ReceiptIntake(notify.database, SystemClock(), most_unmatched=3)
    for sender, number in (("sms", 2), ("digital_post", 8)):
        for step in range(number):
            one = receipt(uuid4(), ReceiptStatus.DELIVERED)
            await intake.take(
                [Receipt(one.key, one.status, one.handling, one.at + timedelta(seconds=step), None, sender)]
            )

    await intake.match_late()

    assert await unmatched(notify) == {"sms": 2, "digital_post": 3}


async def unmatched(notify: NotifyService) -> dict[str, int]:
    async with notify.database.transaction() as session:
        rows = await session.fetch("select sender, count(*) from receipt where not matched group by sender")
    return dict(rows)


@pytest.mark.parametrize("status", list(ReceiptStatus))
async def test_a_receipt_of_a_delivered_message_does_not_change_its_code(
    notify: NotifyService, status: ReceiptStatus
) -> None:
    story = Story()
    key = await sent(notify, story)
    await notify.intake.take([receipt(key, ReceiptStatus.DELIVERED)])

    await notify.intake.take([receipt(key, status, after=9, code="late.code")])

    async with notify.database.transaction() as session:
        code = await session.fetchval("select code from attempt where idempotency_key = $1", key)
    assert code is None
