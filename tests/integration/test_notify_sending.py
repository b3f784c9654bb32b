"""From ContactRequested to ContactDelivered against a real database, with providers in this process."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from contracts.event import Event
from contracts.ids import ContactId, RegistrationId
from contracts.notify import (
    ContactDelivered,
    ContactFailed,
    ContactFellBack,
    ContactHandedOver,
    ContactInDoubt,
    MessageWithheld,
)
from contracts.outreach import WaveCancelled, WavePaused, WaveResumed
from contracts.personal import Recipient
from contracts.vocabulary import Channel, WithheldReason
from deploy.local.ports import free_port
from kit.database import Database
from kit.ids import new_id
from kit.keyring import Keyring
from services.notify import metrics
from services.notify.composing import Composer
from services.notify.domain.message import OutgoingMessage
from services.notify.domain.outcome import (
    Absent,
    Accepted,
    InDoubt,
    Outcome,
    Rejected,
    Trouble,
    Unavailable,
    Unknown,
)
from services.notify.domain.receipt import Receipt, ReceiptStatus
from services.notify.templates import files
from tests.integration.notify_running import Office
from tests.unit.notify.cases import Scripted, Story


def receipt(key: UUID, status: ReceiptStatus, *, after: int = 0, code: str | None = None) -> Receipt:
    return Receipt(key, status, status.value, datetime.now(UTC) + timedelta(seconds=after), code)


def kinds(events: Sequence[Event]) -> list[type[Event]]:
    return [type(event) for event in events]


async def test_a_message_is_handed_over_and_its_receipt_delivers_it(office: Office) -> None:
    story, provider = Story(), Scripted()
    office.use(provider)
    await office.plan(story)

    assert await office.sending.round()
    key = provider.sent[0].idempotency_key
    await office.intake.take([receipt(key, ReceiptStatus.DELIVERED)])

    assert provider.sent[0].addressee.phone == "+4520000001"
    assert kinds(await office.told(story)) == [ContactHandedOver, ContactDelivered]
    assert await office.buckets(story) == {"total": 1, "delivered": 1}
    assert not await office.sending.round()


async def test_a_receipt_that_overtakes_the_answer_counts_and_the_late_answer_touches_nothing(
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


async def test_what_is_told_twice_and_in_the_wrong_order_is_sent_once(office: Office) -> None:
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


async def test_nobody_is_written_to_after_the_withdrawal(office: Office) -> None:
    story, provider = Story(), Scripted()
    office.use(provider)
    await office.plan(story)
    await office.tell(story.withdrawn())

    await office.sending.round()

    [withheld] = await office.told(story)
    assert isinstance(withheld, MessageWithheld)
    assert withheld.reason is WithheldReason.CONSENT_WITHDRAWN
    assert provider.sent == []


async def test_a_claim_waits_for_a_withdrawal_that_is_under_way(office: Office) -> None:
    story = Story()
    await office.plan(story)
    async with office.database.transaction() as session:
        await session.run(
            "update person set contact_stands = false, contact_withdrawn_at = now() "
            "where registration_id = $1",
            story.registration_id,
        )
        claim = asyncio.create_task(office.sending.claim())
        await _until_blocked(office, claim)

    assert await claim == []
    assert await office.state(story) == "withheld"


async def _until_blocked(office: Office, claim: asyncio.Task[object]) -> None:
    while not claim.done():
        async with office.database.transaction() as session:
            if await session.fetchval("select count(*) from pg_locks where not granted"):
                return
    await claim


async def test_a_withdrawal_between_the_claim_and_the_call_is_seen_at_the_last_look(office: Office) -> None:
    story, provider = Story(), Scripted()
    office.use(provider)
    await office.plan(story)
    claims = await office.sending.claim()
    await office.tell(story.withdrawn())

    await office.sending.send(claims, time.monotonic() + 10)

    assert kinds(await office.told(story)) == [MessageWithheld]
    assert provider.sent == []


async def test_no_call_starts_when_the_last_look_or_the_lease_is_too_old(office: Office) -> None:
    story, provider = Story(), Scripted()
    office.use(provider)
    await office.plan(story)
    claims = await office.sending.claim()

    await office.sending.send(claims, time.monotonic() - 1)

    assert provider.sent == []
    assert await office.state(story) == "waiting"
    assert await office.sending.round()
    assert provider.sent[0].idempotency_key == claims[0]["idempotency_key"]


async def test_a_call_that_was_held_up_after_the_last_look_does_not_start(office: Office) -> None:
    story, provider = Story(), Scripted()
    office.use(provider)
    await office.plan(story)
    [claim] = await office.sending.claim()
    [made] = await office.composer.compose([claim])
    assert isinstance(made, OutgoingMessage)

    await office.sending._chunk(office.edges[Channel.SMS], [(claim, made)], time.monotonic() - 1)

    assert provider.sent == []
    assert await office.state(story) == "waiting"


async def test_what_could_not_be_opened_because_the_keyring_is_away_waits_and_is_not_in_doubt(
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
    """Cuts every connection to the database while it is called."""

    database: Database | None = None

    async def send(self, message: OutgoingMessage) -> Outcome:
        assert self.database is not None
        connection = await self.database.connect()
        await connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where usename = current_user and pid <> pg_backend_pid()"
        )
        await connection.close()
        return await super().send(message)


async def test_a_result_known_while_the_database_was_away_is_written_when_it_is_back(office: Office) -> None:
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


async def test_an_unknown_outcome_is_in_doubt_and_never_sent_again_by_itself(office: Office) -> None:
    story, provider = Story(), Scripted(answers=[InDoubt(Trouble.TIME_LIMIT)])
    office.use(provider)
    await office.plan(story)

    await office.sending.round()
    await office.make_due(story)
    for _ in range(3):
        await office.doubting.round()
        await office.sending.round()

    assert len(provider.sent) == 1
    assert kinds(await office.told(story)) == [ContactInDoubt]
    assert await office.buckets(story) == {"total": 1, "in_doubt": 1}


async def test_an_attempt_whose_worker_went_away_is_in_doubt_and_its_late_result_is_refused(
    office: Office,
) -> None:
    story, provider = Story(), Scripted()
    office.use(provider)
    await office.plan(story)
    claims = await office.sending.claim()
    await office.make_due(story)
    fenced = metrics.FENCED._value.get()

    await office.doubting.round()
    await office.sending.send(claims, time.monotonic() + 10)

    assert metrics.FENCED._value.get() == fenced + 1
    assert kinds(await office.told(story)) == [ContactInDoubt]
    assert await office.state(story) == "in_doubt"


async def test_a_provider_that_can_be_asked_ends_a_doubt(office: Office) -> None:
    there, absent = Story(), Story()
    provider = Scripted(
        answers=[InDoubt(Trouble.BROKEN), InDoubt(Trouble.BROKEN)],
        enquiries=[Unknown(Trouble.TIME_LIMIT), Accepted("known")],
        enquiry_after=timedelta(),
    )
    office.use(provider)
    await office.plan(there)
    await office.sending.round()

    await office.doubting.round()
    assert await office.state(there) == "in_doubt"
    await office.make_due(there)
    await office.doubting.round()

    assert kinds(await office.told(there)) == [ContactInDoubt, ContactHandedOver]
    provider.enquiries = [*provider.enquiries, Absent()]
    await office.plan(absent)
    await office.sending.round()
    await office.doubting.round()
    await office.sending.round()
    assert len(provider.sent) == 3
    assert provider.sent[1].idempotency_key == provider.sent[2].idempotency_key
    assert kinds(await office.told(absent)) == [ContactInDoubt, ContactHandedOver]


async def test_only_a_provider_that_promises_idempotency_gets_a_doubtful_message_again(
    office: Office,
) -> None:
    story = Story()
    provider = Scripted(answers=[InDoubt(Trouble.TIME_LIMIT)], promises_idempotency=True)
    office.use(provider)
    await office.plan(story)

    await office.sending.round()
    await office.make_due(story)
    await office.sending.round()

    assert provider.sent[0].idempotency_key == provider.sent[1].idempotency_key
    assert kinds(await office.told(story)) == [ContactHandedOver]


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


async def test_a_provider_that_is_away_gets_the_same_key_again_until_the_window_closes(
    office: Office,
) -> None:
    story = Story()
    provider = Scripted(answers=[Unavailable(Trouble.NO_CONNECTION)] * 2)
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


async def test_an_email_the_server_took_is_delivered(office: Office) -> None:
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
    provider = Scripted(Channel.DIGITAL_POST, answers=[Unavailable(Trouble.NO_CONNECTION)])
    office.use(provider)
    await office.plan(story)

    for _ in range(2):
        await office.sending.round()
        await office.make_due(story)

    assert [message.addressee.cpr for message in provider.sent] == ["0201609995"] * 2


async def test_a_forgotten_person_is_not_written_to(office: Office) -> None:
    story, provider = Story(), Scripted()
    office.use(provider)
    await office.plan(story)
    await office.keys.forget([story.registration_id])

    await office.sending.round()

    [withheld] = await office.told(story)
    assert isinstance(withheld, MessageWithheld)
    assert withheld.reason is WithheldReason.FORGOTTEN
    assert provider.sent == []


async def test_a_receipt_told_before_its_attempt_is_known_is_matched_later(office: Office) -> None:
    story, provider = Story(), Scripted()
    office.use(provider)
    await office.plan(story)
    await office.sending.round()
    [(attempt_id, key, _)] = await office.attempts(story)
    stranger = UUID("11111111-1111-4111-8111-111111111111")
    await office.intake.take([receipt(stranger, ReceiptStatus.DELIVERED)])
    async with office.database.transaction() as session:
        await session.run(
            "update attempt set idempotency_key = $1 where attempt_id = $2", stranger, attempt_id
        )

    await office.intake.match_late()

    assert key != stranger
    assert await office.state(story) == "delivered"


async def test_a_withdrawal_told_before_the_registration_it_is_about_still_counts(office: Office) -> None:
    story, provider = Story(), Scripted()
    office.use(provider)
    key = await office.key(story)

    await office.tell(story.withdrawn(), story.opened(), story.requested(key))
    await office.tell(story.registered(key))
    await office.sending.round()

    assert kinds(await office.told(story)) == [MessageWithheld]
    assert provider.sent == []


async def test_a_paused_wave_waits_and_a_cancelled_one_is_withheld(office: Office) -> None:
    paused, cancelled, provider = Story(), Story(), Scripted()
    office.use(provider)
    await office.tell(
        WavePaused(
            wave_id=paused.wave_id, incident_id=paused.incident_id, exercise=True, paused_at=paused.at
        ),
        WaveCancelled(
            wave_id=cancelled.wave_id,
            incident_id=cancelled.incident_id,
            exercise=True,
            cancelled_at=paused.at,
        ),
    )
    await office.plan(paused)
    await office.plan(cancelled)

    await office.sending.round()

    assert provider.sent == []
    [withheld] = await office.told(cancelled)
    assert isinstance(withheld, MessageWithheld)
    assert withheld.reason is WithheldReason.WAVE_CANCELLED
    later = paused.at + timedelta(seconds=1)
    await office.tell(
        WaveResumed(wave_id=paused.wave_id, incident_id=paused.incident_id, exercise=True, resumed_at=later)
    )
    await office.sending.round()
    assert await office.state(paused) == "handed_over"


async def test_one_round_takes_a_share_of_each_incident(office: Office) -> None:
    large, provider = Story(), Scripted()
    office.use(provider)
    await office.plan(large)
    for _ in range(5):
        await office.plan(
            replace(large, registration_id=RegistrationId(new_id()), contact_id=ContactId(new_id()))
        )
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
