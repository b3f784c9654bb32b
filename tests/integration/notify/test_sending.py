"""From ContactRequested to ContactDelivered against a real database, with providers in this process."""

import asyncio
import time
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

import pytest

from contracts.events.notify import (
    ContactDelivered,
    ContactFailed,
    ContactFellBack,
    ContactHandedOver,
    MessageWithheld,
)
from contracts.events.personal import ContactDetails, Recipient
from contracts.events.vocabulary import Channel, WithheldReason
from contracts.rules.phone import PhoneNumber
from deploy.local.ports import free_port
from kit.database.database import Database
from kit.privacy.keyring import Keyring
from services.notify import metrics
from services.notify.domain.message import Composed, OutgoingMessage
from services.notify.domain.outcome import (
    Accepted,
    Fault,
    Outcome,
    ProviderUnavailable,
    Rejected,
)
from services.notify.domain.receipt import ReceiptStatus
from services.notify.templates import files
from services.notify.use_cases.compose_message import Composer
from tests.integration.notify.notify_service import Office, kinds, receipt
from tests.unit.notify.cases import Scripted, Story


async def test_a_message_is_handed_over_and_its_receipt_delivers_it(office: Office) -> None:
    story, provider = Story(), Scripted()
    office.use(provider)
    await office.plan(story)

    assert await office.sending.round()
    key = provider.sent[0].idempotency_key
    await office.intake.take([receipt(key, ReceiptStatus.DELIVERED)])

    assert provider.sent[0].addressee.phone == PhoneNumber("+4520111101")
    assert kinds(await office.told(story)) == [ContactHandedOver, ContactDelivered]
    assert await office.buckets(story) == {"total": 1, "delivered": 1}
    assert not await office.sending.round()


async def test_an_invalid_email_address_falls_back_before_any_call(office: Office) -> None:
    story, mail, sms = Story(channels=(Channel.EMAIL, Channel.SMS)), Scripted(Channel.EMAIL), Scripted()
    office.use(mail, sms)
    key = await office.key(story)
    held = ContactDetails("Anna Øst", "+45 20 11 11 01", "søren@example.dk")
    await office.tell(story.opened(), story.registered(key, held), story.requested(key))

    await office.sending.round()
    await office.make_due(story)
    await office.sending.round()

    assert not mail.sent
    assert [message.addressee.phone for message in sms.sent] == [PhoneNumber("+4520111101")]
    assert kinds(await office.told(story)) == [ContactFellBack, ContactHandedOver]


async def test_a_receipt_before_the_answer_counts_and_the_late_answer_changes_nothing(
    office: Office,
) -> None:
    story = Story()
    await office.plan(story)
    claims = await office.sending.claim()
    await office.intake.take([receipt(claims[0]["idempotency_key"], ReceiptStatus.DELIVERED)])
    fenced = metrics.FENCED._value.get()

    await office.sending.send(claims, time.monotonic() + 10)

    assert metrics.FENCED._value.get() == fenced + 1
    assert kinds(await office.told(story)) == [ContactHandedOver, ContactDelivered]


async def test_repeated_and_reordered_events_send_one_message(office: Office) -> None:
    story, provider = Story(), Scripted()
    office.use(provider)
    key = await office.key(story)
    await office.tell(story.requested(key))
    assert await office.sending.claim() == []
    assert await office.state(story) == "waiting"

    await office.tell(story.registered(key), story.opened(), story.requested(key))
    await office.tell(story.registered(key), story.requested(key))
    await office.sending.round()
    await office.sending.round()

    assert len(provider.sent) == 1
    assert await office.buckets(story) == {"total": 1, "handed_over": 1}


async def test_messages_wait_while_the_keyring_is_away_and_are_not_in_doubt(
    office: Office,
) -> None:
    story, provider = Story(), Scripted()
    office.use(provider)
    await office.plan(story)
    claims = await office.sending.claim()
    away = Keyring(Database(f"postgresql://x:y@127.0.0.1:{free_port()}/x", name="away"), office.master)
    office.sending._composer = Composer(away, files.load(), "Region Test")

    with pytest.raises(OSError, match="Connect"):
        await office.sending.send(claims, time.monotonic() + 10)

    assert await office.state(story) == "waiting"
    assert await office.told(story) == []


@dataclass
class Cutting(Scripted):
    """Cut every database connection during the call."""

    database: Database | None = None

    async def send(self, composed: Composed) -> Outcome:
        assert self.database is not None
        connection = await self.database.connect()
        await connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where usename = current_user and pid <> pg_backend_pid()"
        )
        await connection.close()
        return await super().send(composed)


async def test_a_result_is_written_when_a_lost_database_is_back(office: Office) -> None:
    story, provider = Story(), Cutting(database=office.database)
    office.use(provider)
    await office.plan(story)

    await office.sending.round()

    assert len(provider.sent) == 1
    assert kinds(await office.told(story)) == [ContactHandedOver]


async def test_the_next_consented_channel_is_used_when_one_is_not_consented_to(office: Office) -> None:
    story = Story(channels=(Channel.DIGITAL_POST, Channel.SMS), consented=(Channel.SMS,))
    post, sms = Scripted(Channel.DIGITAL_POST), Scripted()
    office.use(post, sms)
    await office.plan(story)

    await office.sending.round()

    assert (len(post.sent), len(sms.sent)) == (0, 1)


async def test_a_final_failure_tries_the_next_channel_and_the_last_one_fails(office: Office) -> None:
    story = Story(channels=(Channel.DIGITAL_POST, Channel.SMS))
    post = Scripted(Channel.DIGITAL_POST)
    sms = Scripted(answers=[Rejected("invalid_number")])
    office.use(post, sms)
    await office.plan(story)
    await office.sending.round()

    await office.intake.take([receipt(post.sent[0].idempotency_key, ReceiptStatus.FAILED, code="no.mailbox")])
    await office.sending.round()

    events = await office.told(story)
    assert kinds(events) == [ContactHandedOver, ContactFellBack, ContactFailed]
    assert isinstance(events[1], ContactFellBack)
    assert (events[1].next_channel, events[1].code) == (Channel.SMS, "no.mailbox")
    assert isinstance(events[2], ContactFailed)
    assert events[2].code == "invalid_number"
    assert post.sent[0].idempotency_key != sms.sent[0].idempotency_key


async def test_an_unavailable_provider_gets_the_same_key_again_until_the_window_closes(
    office: Office,
) -> None:
    story = Story()
    provider = Scripted(answers=[ProviderUnavailable(Fault.NO_CONNECTION)] * 2)
    office.use(provider)
    await office.plan(story)

    for _ in range(3):
        await office.sending.round()
        await office.make_due(story)

    assert len({message.idempotency_key for message in provider.sent}) == 1
    assert kinds(await office.told(story)) == [ContactHandedOver]
    late = Story()
    key = await office.key(late)
    await office.tell(late.opened(), late.registered(key), late.requested(key, not_after=timedelta()))
    await office.sending.round()
    [withheld] = await office.told(late)
    assert isinstance(withheld, MessageWithheld)
    assert withheld.reason is WithheldReason.WINDOW_CLOSED


async def test_no_exercise_message_reaches_a_real_provider(office: Office) -> None:
    exercise, real = Story(exercise=True), Story(exercise=False)
    provider = Scripted(real=True)
    office.use(provider)
    await office.plan(exercise)
    await office.plan(real)

    await office.sending.round()

    assert [message.incident_id for message in provider.sent] == [real.incident_id]
    [failed] = await office.told(exercise)
    assert isinstance(failed, ContactFailed)
    assert failed.code == "exercise-guard"


async def test_an_email_that_the_server_accepted_is_delivered(office: Office) -> None:
    story = Story(channels=(Channel.EMAIL,))
    office.use(Scripted(Channel.EMAIL, answers=[Accepted("smtp-250")]))
    await office.plan(story)

    await office.sending.round()

    assert kinds(await office.told(story)) == [ContactHandedOver, ContactDelivered]


async def test_digital_post_about_a_child_goes_to_the_first_custody_holder_at_every_attempt(
    office: Office,
) -> None:
    parents = Recipient(("0201609995", "0201609996"), "custody_holder")
    story = Story(channels=(Channel.DIGITAL_POST,), recipient=parents)
    provider = Scripted(Channel.DIGITAL_POST, answers=[ProviderUnavailable(Fault.NO_CONNECTION)])
    office.use(provider)
    await office.plan(story)

    for _ in range(2):
        await office.sending.round()
        await office.make_due(story)

    assert [message.addressee.cpr for message in provider.sent] == ["0201609995"] * 2


async def test_a_receipt_that_arrives_before_its_attempt_is_matched_later(office: Office) -> None:
    story, provider = Story(), Scripted()
    office.use(provider)
    await office.plan(story)
    await office.sending.round()
    [(attempt_id, key, _)] = await office.attempts(story)
    stranger = UUID("11111111-1111-4111-8111-111111111111")
    await office.intake.take([receipt(stranger, ReceiptStatus.DELIVERED)])
    async with office.database.transaction() as session:
        await session.execute(
            "update attempt set idempotency_key = $1 where attempt_id = $2", stranger, attempt_id
        )

    await office.intake.match_late()

    assert key != stranger
    assert await office.state(story) == "delivered"


async def test_one_round_takes_a_share_of_each_incident(office: Office) -> None:
    large, provider = Story(), Scripted()
    office.use(provider)
    await office.plan(large)
    for number in range(5):
        await office.plan(replace(large.another(), phone=f"+452012350{number}"))
    small = Story()
    await office.plan(small)
    office.sending._batch = 2

    await office.sending.round()

    assert len(provider.sent) == 2
    assert {message.incident_id for message in provider.sent} == {large.incident_id, small.incident_id}


async def test_two_workers_send_each_message_once(office: Office) -> None:
    stories, provider = [Story() for _ in range(40)], Scripted()
    office.use(provider)
    for story in stories:
        await office.plan(story)

    await asyncio.gather(*(office.sending.round() for _ in range(4)))

    assert len(provider.sent) == 40
    assert len({message.idempotency_key for message in provider.sent}) == 40


@dataclass
class Failing(Scripted):
    """Raise for one message of a batch, and answer another with text that cannot be stored."""

    async def send(self, composed: Composed) -> Outcome:
        await super().send(composed)
        if len(self.sent) == 1:
            raise RuntimeError("our own fault")
        return Rejected("no\x00mailbox") if len(self.sent) == 2 else Accepted("id")


async def test_an_answer_is_written_even_if_others_of_the_batch_fail(office: Office) -> None:
    stories, provider = [Story() for _ in range(5)], Failing()
    office.use(provider)
    for story in stories:
        await office.plan(story)

    await office.sending.round()

    assert len(provider.sent) == 5
    states = sorted([await office.state(story) for story in stories])
    assert states[:3] == ["handed_over"] * 3
    assert "in_doubt" in states  # it may have been called: nobody knows, and that is said at once


@dataclass
class Uncomposable(Scripted):
    """Fail to build the bytes of the second message."""

    composed: int = 0

    def compose(self, message: OutgoingMessage) -> Composed | Rejected:
        self.composed += 1
        if self.composed == 2:
            raise ValueError("All strings must be XML compatible")
        return super().compose(message)


async def test_a_message_that_cannot_be_composed_falls_back_and_does_not_stop_others(
    office: Office,
) -> None:
    stories = [Story(channels=(Channel.DIGITAL_POST, Channel.SMS)) for _ in range(3)]
    post, sms = Uncomposable(Channel.DIGITAL_POST), Scripted()
    office.use(post, sms)
    for story in stories:
        await office.plan(story)

    while await office.sending.round():
        pass

    assert (len(post.sent), len(sms.sent)) == (2, 1)
    told = [event for story in stories for event in await office.told(story)]
    assert [event.code for event in told if isinstance(event, ContactFellBack)] == ["not-composed"]
    assert [await office.state(story) for story in stories] == ["handed_over"] * 3


async def test_a_name_with_line_ends_and_control_characters_breaks_no_message(office: Office) -> None:
    story, provider = Story(channels=(Channel.EMAIL,)), Scripted(Channel.EMAIL)
    office.use(provider)
    key = await office.key(story)
    named = ContactDetails("Anna\r\nBcc: x@example.dk\x00 \u202eØst", "+4520000001", "anna@example.dk")
    await office.tell(story.opened(), story.registered(key, named), story.requested(key))

    await office.sending.round()

    assert provider.sent[0].body.splitlines()[0] == "Kære Anna Bcc: x@example.dk Øst"
