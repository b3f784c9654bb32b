"""From ContactRequested to ContactDelivered against a real database, with providers in this process."""

import asyncio
import time
from dataclasses import replace
from uuid import UUID

from contracts.events.notify import (
    ContactDelivered,
    ContactFailed,
    ContactFellBack,
    ContactHandedOver,
)
from contracts.events.personal import ContactDetails, Recipient
from contracts.events.vocabulary import Channel
from contracts.rules.phone import PhoneNumber
from services.notify import metrics
from services.notify.domain.outcome import (
    Accepted,
    Fault,
    ProviderUnavailable,
    Rejected,
)
from services.notify.domain.receipt import ReceiptStatus
from tests.integration.notify.notify_service import NotifyService, kinds, receipt
from tests.unit.notify.cases import Scripted, Story


async def test_a_message_is_handed_over_and_its_receipt_delivers_it(notify: NotifyService) -> None:
    story, provider = Story(), Scripted()
    notify.use(provider)
    await notify.plan(story)

    assert await notify.sender.round()
    key = provider.sent[0].idempotency_key
    await notify.intake.take([receipt(key, ReceiptStatus.DELIVERED)])

    assert provider.sent[0].addressee.phone == PhoneNumber("+4520111101")
    assert kinds(await notify.emitted(story)) == [ContactHandedOver, ContactDelivered]
    assert await notify.buckets(story) == {"total": 1, "delivered": 1}
    assert not await notify.sender.round()


async def test_an_invalid_email_address_falls_back_before_any_call(notify: NotifyService) -> None:
    story, mail, sms = Story(channels=(Channel.EMAIL, Channel.SMS)), Scripted(Channel.EMAIL), Scripted()
    notify.use(mail, sms)
    key = await notify.key(story)
    held = ContactDetails("Anna Øst", "+45 20 11 11 01", "søren@example.dk")
    await notify.consume(story.opened(), story.registered(key, held), story.requested(key))

    await notify.sender.round()
    await notify.make_due(story)
    await notify.sender.round()

    assert not mail.sent
    assert [message.addressee.phone for message in sms.sent] == [PhoneNumber("+4520111101")]
    assert kinds(await notify.emitted(story)) == [ContactFellBack, ContactHandedOver]


async def test_a_receipt_before_the_answer_counts_and_the_late_answer_changes_nothing(
    notify: NotifyService,
) -> None:
    story = Story()
    await notify.plan(story)
    claims = await notify.sender.claim()
    await notify.intake.take([receipt(claims[0].idempotency_key, ReceiptStatus.DELIVERED)])
    fenced = metrics.FENCED._value.get()

    await notify.sender.send(claims, time.monotonic() + 10)

    assert metrics.FENCED._value.get() == fenced + 1
    assert kinds(await notify.emitted(story)) == [ContactHandedOver, ContactDelivered]


async def test_repeated_and_reordered_events_send_one_message(notify: NotifyService) -> None:
    story, provider = Story(), Scripted()
    notify.use(provider)
    key = await notify.key(story)
    await notify.consume(story.requested(key))
    assert await notify.sender.claim() == []
    assert await notify.state(story) == "waiting"

    await notify.consume(story.registered(key), story.opened(), story.requested(key))
    await notify.consume(story.registered(key), story.requested(key))
    await notify.sender.round()
    await notify.sender.round()

    assert len(provider.sent) == 1
    assert await notify.buckets(story) == {"total": 1, "handed_over": 1}


async def test_the_next_consented_channel_is_used_when_one_is_not_consented_to(notify: NotifyService) -> None:
    story = Story(channels=(Channel.DIGITAL_POST, Channel.SMS), consented=(Channel.SMS,))
    post, sms = Scripted(Channel.DIGITAL_POST), Scripted()
    notify.use(post, sms)
    await notify.plan(story)

    await notify.sender.round()

    assert (len(post.sent), len(sms.sent)) == (0, 1)


async def test_a_final_failure_tries_the_next_channel_and_the_last_one_fails(notify: NotifyService) -> None:
    story = Story(channels=(Channel.DIGITAL_POST, Channel.SMS))
    post = Scripted(Channel.DIGITAL_POST)
    sms = Scripted(answers=[Rejected("invalid_number")])
    notify.use(post, sms)
    await notify.plan(story)
    await notify.sender.round()

    await notify.intake.take([receipt(post.sent[0].idempotency_key, ReceiptStatus.FAILED, code="no.mailbox")])
    await notify.sender.round()

    events = await notify.emitted(story)
    assert kinds(events) == [ContactHandedOver, ContactFellBack, ContactFailed]
    assert isinstance(events[1], ContactFellBack)
    assert (events[1].next_channel, events[1].code) == (Channel.SMS, "no.mailbox")
    assert isinstance(events[2], ContactFailed)
    assert events[2].code == "invalid_number"
    assert post.sent[0].idempotency_key != sms.sent[0].idempotency_key


async def test_no_exercise_message_reaches_a_real_provider(notify: NotifyService) -> None:
    exercise, real = Story(exercise=True), Story(exercise=False)
    provider = Scripted(real=True)
    notify.use(provider)
    await notify.plan(exercise)
    await notify.plan(real)

    await notify.sender.round()

    assert [message.incident_id for message in provider.sent] == [real.incident_id]
    [failed] = await notify.emitted(exercise)
    assert isinstance(failed, ContactFailed)
    assert failed.code == "exercise-guard"


async def test_an_email_that_the_server_accepted_is_delivered(notify: NotifyService) -> None:
    story = Story(channels=(Channel.EMAIL,))
    notify.use(Scripted(Channel.EMAIL, answers=[Accepted("smtp-250")]))
    await notify.plan(story)

    await notify.sender.round()

    assert kinds(await notify.emitted(story)) == [ContactHandedOver, ContactDelivered]


async def test_digital_post_about_a_child_goes_to_the_first_custody_holder_at_every_attempt(
    notify: NotifyService,
) -> None:
    parents = Recipient(("0201609995", "0201609996"), "custody_holder")
    story = Story(channels=(Channel.DIGITAL_POST,), recipient=parents)
    provider = Scripted(Channel.DIGITAL_POST, answers=[ProviderUnavailable(Fault.NO_CONNECTION)])
    notify.use(provider)
    await notify.plan(story)

    for _ in range(2):
        await notify.sender.round()
        await notify.make_due(story)

    assert [message.addressee.cpr for message in provider.sent] == ["0201609995"] * 2


async def test_a_receipt_that_arrives_before_its_attempt_is_matched_later(notify: NotifyService) -> None:
    story, provider = Story(), Scripted()
    notify.use(provider)
    await notify.plan(story)
    await notify.sender.round()
    [(attempt_id, key, _)] = await notify.attempts(story)
    stranger = UUID("11111111-1111-4111-8111-111111111111")
    await notify.intake.take([receipt(stranger, ReceiptStatus.DELIVERED)])
    async with notify.database.transaction() as session:
        await session.execute(
            "update attempt set idempotency_key = $1 where attempt_id = $2", stranger, attempt_id
        )

    await notify.intake.match_late()

    assert key != stranger
    assert await notify.state(story) == "delivered"


async def test_one_round_takes_a_share_of_each_incident(notify: NotifyService) -> None:
    large, provider = Story(), Scripted()
    notify.use(provider)
    await notify.plan(large)
    for number in range(5):
        await notify.plan(replace(large.another(), phone=f"+452012350{number}"))
    small = Story()
    await notify.plan(small)
    notify.sender._batch = 2

    await notify.sender.round()

    assert len(provider.sent) == 2
    assert {message.incident_id for message in provider.sent} == {large.incident_id, small.incident_id}


async def test_two_workers_send_each_message_once(notify: NotifyService) -> None:
    stories, provider = [Story() for _ in range(40)], Scripted()
    notify.use(provider)
    for story in stories:
        await notify.plan(story)

    await asyncio.gather(*(notify.sender.round() for _ in range(4)))

    assert len(provider.sent) == 40
    assert len({message.idempotency_key for message in provider.sent}) == 40


async def test_a_name_with_line_ends_and_control_characters_breaks_no_message(notify: NotifyService) -> None:
    story, provider = Story(channels=(Channel.EMAIL,)), Scripted(Channel.EMAIL)
    notify.use(provider)
    key = await notify.key(story)
    named = ContactDetails("Anna\r\nBcc: x@example.dk\x00 \u202eØst", "+4520000001", "anna@example.dk")
    await notify.consume(story.opened(), story.registered(key, named), story.requested(key))

    await notify.sender.round()

    assert provider.sent[0].body.splitlines()[0] == "Kære Anna Bcc: x@example.dk Øst"
