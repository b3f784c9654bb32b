"""Digital Post about a child goes on to the next custody holder before the next channel."""

import itertools

import pytest

from contracts.events.notify import ContactDelivered, ContactFailed, ContactFellBack, ContactHandedOver
from contracts.events.personal import Recipient
from contracts.events.vocabulary import Channel
from contracts.wire.event import Event
from services.notify.domain.outcome import Accepted, Fault, Outcome, ProviderUnavailable, Rejected
from services.notify.domain.receipt import ReceiptStatus
from tests.integration.notify.notify_service import NotifyService, kinds, receipt
from tests.unit.notify.cases import Scripted, Story

FIRST, SECOND = "0201609995", "0201609996"
PARENTS = Recipient((FIRST, SECOND), "custody_holder")
POST_AND_SMS = (Channel.DIGITAL_POST, Channel.SMS)


def child(channels: tuple[Channel, ...] = POST_AND_SMS, recipient: Recipient = PARENTS) -> Story:
    return Story(channels=channels, recipient=recipient)


async def start(notify: NotifyService, story: Story, *answers: Outcome) -> tuple[Scripted, Scripted]:
    post, sms = Scripted(Channel.DIGITAL_POST, answers=list(answers)), Scripted()
    notify.use(post, sms)
    await notify.plan(story)
    return post, sms


async def run(notify: NotifyService, story: Story, rounds: int = 4) -> None:
    for _ in range(rounds):
        await notify.sender.round()
        await notify.make_due(story)


async def refuse(notify: NotifyService, provider: Scripted, code: str) -> None:
    key = provider.sent[-1].idempotency_key
    await notify.intake.take([receipt(key, ReceiptStatus.FAILED, code=code)])


def written_to(provider: Scripted) -> list[str | None]:
    return [message.addressee.cpr for message in provider.sent]


async def moves(notify: NotifyService, story: Story) -> list[tuple[str, str, str]]:
    found: list[Event] = await notify.emitted(story)
    return [(e.failed_channel, e.next_channel, e.code) for e in found if isinstance(e, ContactFellBack)]


async def test_after_a_rejection_the_second_custody_holder_is_written_to(notify: NotifyService) -> None:
    story = child()
    post, sms = await start(notify, story, Rejected("not-enrolled"))

    await run(notify, story)

    assert (written_to(post), sms.sent) == ([FIRST, SECOND], [])
    assert post.sent[0].idempotency_key != post.sent[1].idempotency_key
    assert await moves(notify, story) == [("digital_post", "digital_post", "not-enrolled")]
    assert [state for _, _, state in await notify.attempts(story)] == ["failed", "handed_over"]


async def test_after_a_negative_receipt_the_second_custody_holder_is_written_to(
    notify: NotifyService,
) -> None:
    story = child()
    post, sms = await start(notify, story)
    await run(notify, story)
    await refuse(notify, post, "not-enrolled")
    await run(notify, story)

    await notify.intake.take([receipt(post.sent[1].idempotency_key, ReceiptStatus.DELIVERED)])

    assert (written_to(post), sms.sent) == ([FIRST, SECOND], [])
    assert kinds(await notify.emitted(story)) == [
        ContactHandedOver,
        ContactFellBack,
        ContactHandedOver,
        ContactDelivered,
    ]
    assert await notify.buckets(story) == {"total": 1, "delivered": 1}


async def test_a_repeated_call_reaches_the_same_custody_holder(notify: NotifyService) -> None:
    story = child()
    away = ProviderUnavailable(Fault.NO_CONNECTION)
    post, _ = await start(notify, story, Rejected("not-enrolled"), away)

    await run(notify, story)

    assert written_to(post) == [FIRST, SECOND, SECOND]
    assert post.sent[1].idempotency_key == post.sent[2].idempotency_key


@pytest.mark.parametrize("by_receipt", [False, True])
async def test_after_both_custody_holders_the_next_channel_is_used(
    notify: NotifyService, *, by_receipt: bool
) -> None:
    story = child()
    answers = () if by_receipt else (Rejected("one"), Rejected("two"))
    post, sms = await start(notify, story, *answers)
    await run(notify, story)
    if by_receipt:
        for code in ("one", "two"):
            await refuse(notify, post, code)
            await run(notify, story)

    assert (written_to(post), len(sms.sent)) == ([FIRST, SECOND], 1)
    assert await moves(notify, story) == [
        ("digital_post", "digital_post", "one"),
        ("digital_post", "sms", "two"),
    ]


async def test_after_both_custody_holders_the_message_fails_without_another_channel(
    notify: NotifyService,
) -> None:
    story = child((Channel.DIGITAL_POST,))
    post, _ = await start(notify, story, Rejected("one"), Rejected("two"))

    await run(notify, story)

    assert written_to(post) == [FIRST, SECOND]
    [failed] = [e for e in await notify.emitted(story) if isinstance(e, ContactFailed)]
    assert (failed.channel, failed.code) == (Channel.DIGITAL_POST, "two")
    assert await notify.buckets(story) == {"total": 1, "failed": 1}


async def test_a_repeated_or_late_receipt_of_the_first_does_not_move_the_message(
    notify: NotifyService,
) -> None:
    story = child()
    post, sms = await start(notify, story)
    await run(notify, story)
    first = post.sent[0].idempotency_key
    negative = receipt(first, ReceiptStatus.FAILED, code="not-enrolled")
    await notify.intake.take([negative, negative])
    await run(notify, story)

    await notify.intake.take([negative, receipt(first, ReceiptStatus.RETURNED, after=9, code="late")])
    await run(notify, story)

    assert (written_to(post), sms.sent) == ([FIRST, SECOND], [])
    assert await moves(notify, story) == [("digital_post", "digital_post", "not-enrolled")]
    assert await notify.state(story) == "handed_over"


@pytest.mark.parametrize("recipient", [Recipient((FIRST,), "custody_holder"), Recipient((FIRST,))])
async def test_a_single_recipient_falls_back_to_the_next_channel(
    notify: NotifyService, recipient: Recipient
) -> None:
    story = child(recipient=recipient)
    post, sms = await start(notify, story, Rejected("not-enrolled"))

    await run(notify, story)

    assert (written_to(post), len(sms.sent)) == ([FIRST], 1)
    assert await moves(notify, story) == [("digital_post", "sms", "not-enrolled")]


async def test_without_a_recipient_each_custody_holder_is_passed_over_once(notify: NotifyService) -> None:
    """A correction of the identity can invalidate the recipient between two attempts."""
    story = child()
    post, sms = await start(notify, story, ProviderUnavailable(Fault.NO_CONNECTION))
    await run(notify, story, 1)
    async with notify.database.transaction() as session:
        await session.execute(
            "update person set identity_corrected_at = now() + interval '1 day' where registration_id = $1",
            story.registration_id,
        )

    await run(notify, story)

    assert (written_to(post), len(sms.sent)) == ([FIRST], 1)
    assert await notify.state(story) == "handed_over"


async def test_whatever_the_answers_a_message_is_in_one_state_and_nobody_gets_it_twice(
    notify: NotifyService,
) -> None:
    answers: tuple[Outcome, ...] = (Accepted("id"), Rejected("no"), ProviderUnavailable(Fault.NO_CONNECTION))
    for script in itertools.product(answers, repeat=3):
        story = child()
        post, sms = await start(notify, story, *script)

        await run(notify, story, 6)

        assert await notify.buckets(story) == {"total": 1, "handed_over": 1}, script
        states = [state for _, _, state in await notify.attempts(story)]
        assert states == ["failed"] * (len(states) - 1) + ["handed_over"], script
        assert len({m.idempotency_key for m in post.sent + sms.sent}) == len(states), script
