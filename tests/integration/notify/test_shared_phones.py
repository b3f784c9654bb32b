"""Shared telephones: one text that states the number of people, and nobody is left out."""

import asyncio
from dataclasses import replace

import pytest

from contracts.events.ids import WaveId
from contracts.events.notify import ContactFellBack
from contracts.events.personal import ContactDetails
from contracts.events.registration import PersonForgotten
from contracts.events.vocabulary import BarReason, Channel, WithheldReason
from kit.runtime.ids import new_id
from services.notify.domain.outcome import Fault, InDoubt, ProviderUnavailable, Rejected
from services.notify.domain.receipt import ReceiptStatus
from services.notify.store import messages
from services.notify.workers.send_messages import MessageSender
from tests.integration.notify.notify_service import CLOCK, NotifyService
from tests.integration.notify.shared_phones import (
    FAMILY,
    all_sent,
    family,
    leader_and_others,
    planned,
    reasons,
    receipts,
    rounds,
    states,
    time_is_nearly_up,
)
from tests.unit.notify.cases import Scripted, Story


@pytest.mark.parametrize("number", [2, 3])
async def test_people_who_share_a_telephone_get_one_text_with_their_number(
    notify: NotifyService, number: int
) -> None:
    people, provider = family(number), Scripted()
    notify.use(provider)
    await planned(notify, people)

    await all_sent(notify, people)

    [text] = provider.sent
    assert f"til {number} personer" in text.body
    assert sorted(await states(notify, people)) == ["delivered", *["withheld"] * (number - 1)]
    assert await reasons(notify, people) == [WithheldReason.SHARED_PHONE] * (number - 1)


async def test_two_workers_at_once_send_one_text(notify: NotifyService) -> None:
    people, provider = family(5), Scripted()
    notify.use(provider)
    await planned(notify, people)

    for _ in range(5):
        await asyncio.gather(*(notify.sender.round() for _ in range(3)))
        for person in people:
            await notify.make_due(person)

    assert len(provider.sent) == 1
    assert sorted(await states(notify, people)) == ["handed_over", *["waiting"] * 4]


async def test_each_telephone_wave_and_incident_gets_its_own_text(
    notify: NotifyService,
) -> None:
    first = Story(phone=FAMILY)
    second = first.another()
    other_wave = Story(
        phone=FAMILY,
        incident_id=first.incident_id,
        wave_id=WaveId(new_id()),
        registration_id=first.registration_id,
    )
    people = [first, other_wave, Story(phone=FAMILY)]
    provider = Scripted()
    notify.use(provider)
    await planned(notify, people)
    key = await notify.key(second)
    named = ContactDetails("Bo", "+4520123478")
    await notify.consume(second.registered(key, named), second.requested(key))

    await all_sent(notify, [*people, second])

    assert await states(notify, [*people, second]) == ["handed_over"] * 4
    assert len(provider.sent) == 4
    assert not [text for text in provider.sent if "personer" in text.body]


async def test_people_who_may_not_be_contacted_are_not_counted(notify: NotifyService) -> None:
    people, provider = family(4), Scripted()
    notify.use(provider)
    await planned(notify, people)
    await notify.consume(people[1].withdrawn(), people[2].barred(BarReason.DO_NOT_CONTACT))

    await all_sent(notify, people)

    [text] = provider.sent
    assert "til 2 personer" in text.body
    assert sorted(await reasons(notify, people)) == sorted(
        [WithheldReason.CONSENT_WITHDRAWN, WithheldReason.DO_NOT_CONTACT, WithheldReason.SHARED_PHONE]
    )


async def test_after_a_failed_text_each_person_falls_back_to_their_own_channel(
    notify: NotifyService,
) -> None:
    people = family(3, (Channel.SMS, Channel.EMAIL))
    sms, email = Scripted(answers=[Rejected("invalid_number")] * 3), Scripted(Channel.EMAIL)
    notify.use(sms, email)
    await planned(notify, people)

    await all_sent(notify, people)

    assert len(email.sent) == 3
    told = [event for person in people for event in await notify.emitted(person)]
    assert len([event for event in told if isinstance(event, ContactFellBack)]) == 3


async def test_the_others_wait_while_the_gateway_is_away_and_are_covered_by_a_text_in_doubt(
    notify: NotifyService,
) -> None:
    people = family(3)
    provider = Scripted(answers=[ProviderUnavailable(Fault.NO_CONNECTION), InDoubt(Fault.TIME_LIMIT)])
    notify.use(provider)
    await planned(notify, people)

    await rounds(notify, people)
    await time_is_nearly_up(notify, people)
    await all_sent(notify, people)

    assert len({text.idempotency_key for text in provider.sent}) == 1
    assert sorted(await states(notify, people)) == ["in_doubt", "withheld", "withheld"]


async def test_waiting_messages_are_withheld_only_when_the_text_is_delivered(notify: NotifyService) -> None:
    people, provider = family(3), Scripted()
    notify.use(provider)
    await planned(notify, people)

    await rounds(notify, people)
    assert sorted(await states(notify, people)) == ["handed_over", "waiting", "waiting"]
    await receipts(notify, people, ReceiptStatus.DELIVERED)
    await rounds(notify, people)

    assert len(provider.sent) == 1
    assert sorted(await states(notify, people)) == ["delivered", "withheld", "withheld"]


async def test_after_receipts_of_failure_each_person_falls_back_to_their_own_channel(
    notify: NotifyService,
) -> None:
    people = family(3, (Channel.SMS, Channel.EMAIL))
    sms, email = Scripted(), Scripted(Channel.EMAIL)
    notify.use(sms, email)
    await planned(notify, people)

    for _ in people:
        await rounds(notify, people, 4)
        await receipts(notify, people, ReceiptStatus.FAILED)
    await rounds(notify, people)

    assert len(email.sent) == 3
    assert await states(notify, people) == ["delivered"] * 3
    assert not await reasons(notify, people)


async def test_a_text_without_a_receipt_covers_the_others_near_the_end(
    notify: NotifyService,
) -> None:
    people, provider = family(3), Scripted()
    notify.use(provider)
    await planned(notify, people)
    await rounds(notify, people)
    assert (await states(notify, people)).count("waiting") == 2

    await time_is_nearly_up(notify, people)
    await rounds(notify, people)

    assert len(provider.sent) == 1
    assert sorted(await states(notify, people)) == ["handed_over", "withheld", "withheld"]
    assert await reasons(notify, people) == [WithheldReason.SHARED_PHONE] * 2


async def test_messages_that_wait_for_a_receipt_are_not_counted_as_late(notify: NotifyService) -> None:
    people, provider = family(2), Scripted()
    notify.use(provider)
    await planned(notify, people)
    async with notify.database.transaction() as session:
        await session.execute("update message set requested_at = clock_timestamp() - interval '1 hour'")
        [before] = await messages.measure_open(session)
    assert before.oldest > 3000

    await rounds(notify, people)

    async with notify.database.transaction() as session:
        [after] = await messages.measure_open(session)
    assert (after.state, after.messages, after.oldest) == ("waiting", 1, 0)


async def test_when_the_leader_uses_another_channel_the_next_message_leads(notify: NotifyService) -> None:
    people = family(3, (Channel.SMS, Channel.EMAIL))
    sms = Scripted(answers=[ProviderUnavailable(Fault.NO_CONNECTION)])
    email = Scripted(Channel.EMAIL)
    notify.use(sms, email)
    await planned(notify, people)
    await rounds(notify, people, 1)
    leader, _ = await leader_and_others(notify, people)
    changed = replace(leader, consented=(Channel.EMAIL,))
    await notify.consume(changed.restated(changed.consents()))

    await all_sent(notify, people)

    assert len(email.sent) == 1
    assert len({text.idempotency_key for text in sms.sent}) == 2
    assert "til 2 personer" in sms.sent[-1].body
    assert sorted(await states(notify, people)) == ["delivered", "delivered", "withheld"]


async def test_four_workers_at_many_shared_telephones_do_not_deadlock(notify: NotifyService) -> None:
    first = Story()
    households = [replace(first.another(), phone=f"+45201200{n:02}") for n in range(40)]
    people = [person for one in households for person in (one, *(one.another() for _ in range(3)))]
    provider = Scripted()
    notify.use(provider)
    await planned(notify, people)
    workers = [
        MessageSender(notify.database, CLOCK, notify.composer, notify.gateways, batch=25) for _ in range(4)
    ]

    for _ in range(100):  # rounds that find a telephone locked leave it for the next
        if len(provider.sent) == len(households):
            break
        await asyncio.gather(*(worker.round() for worker in workers))
        async with notify.database.transaction() as session:
            await session.execute("update message set next_try_at = now() where state = 'waiting'")

    assert len(provider.sent) == len(households)


async def test_a_person_added_after_the_text_gets_their_own_text(notify: NotifyService) -> None:
    people, provider = family(3), Scripted()
    notify.use(provider)
    await planned(notify, people[:2])
    await rounds(notify, people[:2])

    await planned(notify, people[2:])
    await all_sent(notify, people)

    assert ["til 2 personer" in text.body for text in provider.sent] == [True, False]
    assert sorted(await states(notify, people)) == ["delivered", "delivered", "withheld"]


async def test_the_digest_of_an_erased_person_is_deleted(notify: NotifyService) -> None:
    people = family(2)
    await planned(notify, people)
    gone = people[0]
    await notify.consume(
        PersonForgotten(
            incident_id=gone.incident_id, exercise=gone.exercise, registration_id=gone.registration_id,
            forgotten_at=gone.at,
        )
    )  # fmt: skip

    async with notify.database.transaction() as session:
        rows = await session.fetch("select registration_id, phone_key from person")
    assert {row["registration_id"]: row["phone_key"] is None for row in rows} == {
        people[0].registration_id: True,
        people[1].registration_id: False,
    }
