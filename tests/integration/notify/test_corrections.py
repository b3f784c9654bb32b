"""Corrections, merges and contact restrictions while messages wait: who is contacted, and where."""

import time
from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest

from contracts.events.ids import AuthorityId, WaveId
from contracts.events.notify import ContactFellBack, ContactHandedOver, MessageWithheld
from contracts.events.personal import ContactDetails
from contracts.events.vocabulary import BarReason, Channel, Purpose, WithheldReason
from contracts.rules.phone import PhoneNumber
from kit.runtime.ids import new_id
from services.notify.domain.outcome import Fault, InDoubt
from services.notify.store import people
from tests.integration.notify.notify_service import NotifyService
from tests.unit.notify.cases import EMAIL, PHONE, Scripted, Story

NEW = ContactDetails("Anna Øst", "+4520111102", EMAIL)


async def why_withheld(notify: NotifyService, story: Story) -> list[WithheldReason]:
    return [event.reason for event in await notify.emitted(story) if isinstance(event, MessageWithheld)]


async def all_due(notify: NotifyService) -> None:
    async with notify.database.transaction() as session:
        await session.execute("update message set next_try_at = now() where state = 'waiting'")
    while await notify.sender.round():
        pass


async def test_a_message_goes_to_the_number_known_when_it_is_sent(notify: NotifyService) -> None:
    story, provider = Story(), Scripted()
    notify.use(provider)
    key = await notify.plan(story)

    await notify.consume(story.corrected(key, NEW))
    await all_due(notify)

    assert [message.addressee.phone for message in provider.sent] == [PhoneNumber("+4520111102")]


async def test_the_latest_correction_counts_in_any_order_of_events(notify: NotifyService) -> None:
    for order in permutations(range(3)):
        story, provider = Story(), Scripted()
        notify.use(provider)
        key = await notify.key(story)
        facts = [
            story.registered(key),
            story.corrected(key, NEW, after=2),
            story.corrected(key, ContactDetails("Anna Øst", PHONE), after=1),
        ]
        notify.people.know(*facts)
        await notify.consume(story.opened(), story.requested(key))
        for number in (*order, *order):
            await notify.consume(facts[number])
        await all_due(notify)

        assert [message.addressee.phone for message in provider.sent] == [PhoneNumber("+4520111102")], order


@pytest.mark.parametrize("reason", list(BarReason))
async def test_nobody_is_contacted_during_a_contact_restriction(
    notify: NotifyService, reason: BarReason
) -> None:
    story, provider = Story(), Scripted()
    notify.use(provider)
    await notify.plan(story)

    await notify.consume(story.barred(reason))
    await all_due(notify)

    assert provider.sent == []
    assert await why_withheld(notify, story) == [WithheldReason(reason)]


async def test_a_contact_restriction_between_the_claim_and_the_call_stops_the_message(
    notify: NotifyService,
) -> None:
    story, provider = Story(), Scripted()
    notify.use(provider)
    await notify.plan(story)
    claims = await notify.sender.claim()

    await notify.consume(story.barred())
    await notify.sender.send(claims, time.monotonic() + 10)

    assert provider.sent == []
    assert await why_withheld(notify, story) == [WithheldReason.DO_NOT_CONTACT]


async def test_a_contact_restriction_from_the_registration_holds_until_it_is_lifted(
    notify: NotifyService,
) -> None:
    wish, lifted, provider = Story(), Story(), Scripted()
    notify.use(provider)
    for story in (wish, lifted):
        key = await notify.key(story)
        bars = (BarReason.DO_NOT_CONTACT,)
        notify.people.know(story.registered(key, bars=bars))
        if story is lifted:
            await notify.consume(story.bar_lifted(after=1))
        await notify.consume(story.opened(), story.registered(key, bars=bars), story.requested(key))
        await notify.consume(story.registered(key, bars=bars))
    await all_due(notify)

    assert [m.incident_id for m in provider.sent] == [lifted.incident_id]
    assert await why_withheld(notify, wish) == [WithheldReason.DO_NOT_CONTACT]


async def test_restated_consents_replace_the_earlier_ones(notify: NotifyService) -> None:
    none, narrowed, provider = Story(), Story(), Scripted()
    notify.use(provider)
    for story in (none, narrowed):
        await notify.plan(story)
    registration = tuple([c for c in none.consents() if c.purpose is Purpose.REGISTRATION])
    await notify.consume(none.restated(registration))
    await notify.consume(narrowed.restated(replace(narrowed, consented=(Channel.EMAIL,)).consents()))
    await all_due(notify)

    assert provider.sent == []
    assert await why_withheld(notify, none) == [WithheldReason.NO_CONSENT]
    assert await why_withheld(notify, narrowed) == [WithheldReason.CHANNEL_NOT_CONSENTED]


async def test_an_authority_that_the_consent_does_not_name_sends_nothing(notify: NotifyService) -> None:
    other, named, provider = (
        Story(authorities=(AuthorityId("0751"),)),
        Story(authorities=(AuthorityId("0101"),)),
        Scripted(),
    )
    notify.use(provider)
    for story in (other, named):
        await notify.plan(story)
    await all_due(notify)

    assert [message.incident_id for message in provider.sent] == [named.incident_id]
    assert await why_withheld(notify, other) == [WithheldReason.NO_CONSENT]


async def test_a_consent_that_names_the_region_covers_the_people_of_the_region(notify: NotifyService) -> None:
    region, other = AuthorityId("1084"), AuthorityId("1081")
    covered = Story(authorities=(region,), acting=region, covered_by=(AuthorityId("0101"), region))
    elsewhere = replace(covered.another(), authorities=(other,))
    provider = Scripted()
    notify.use(provider)
    for story in (covered, elsewhere):
        await notify.plan(story)
    await all_due(notify)

    assert len(provider.sent) == 1
    assert [event.authority for event in await notify.emitted(covered)] == [region]  # type: ignore[attr-defined]
    assert await why_withheld(notify, elsewhere) == [WithheldReason.NO_CONSENT]


async def test_the_last_check_too_accepts_a_consent_to_the_region_for_its_municipalities(
    notify: NotifyService,
) -> None:
    region = AuthorityId("1084")
    covered = Story(authorities=(region,), acting=region, covered_by=(AuthorityId("0101"), region))
    narrowed, provider = replace(covered.another(), phone="+4520111103"), Scripted()
    notify.use(provider)
    for story in (covered, narrowed):
        await notify.plan(story)
    claims = await notify.sender.claim()
    await notify.consume(narrowed.restated(replace(narrowed, authorities=(AuthorityId("1081"),)).consents()))

    await notify.sender.send(claims, time.monotonic() + 10)

    assert len(provider.sent) == 1
    assert await why_withheld(notify, narrowed) == [WithheldReason.NO_CONSENT]


async def test_of_two_merged_registrations_the_primary_gets_the_message(notify: NotifyService) -> None:
    one, provider = Story(), Scripted()
    other = one.another()
    notify.use(provider)
    await notify.plan(one)
    await notify.plan(other)

    await notify.consume(other.merged(one))
    await all_due(notify)

    assert len(provider.sent) == 1
    assert [type(event) for event in await notify.emitted(one)] == [ContactHandedOver]
    assert await why_withheld(notify, other) == [WithheldReason.MERGED]


async def test_the_primary_gets_no_message_that_the_merged_registration_got_in_any_order(
    notify: NotifyService,
) -> None:
    for order in permutations(range(3)):
        one, provider = Story(), Scripted()
        other = one.another()
        notify.use(provider)
        await notify.plan(other)
        await all_due(notify)
        key = await notify.key(one)
        facts = [other.merged(one), one.registered(key), one.requested(key)]
        await notify.consume(*[facts[number] for number in order])
        await all_due(notify)

        assert len(provider.sent) == 1, order
        assert await why_withheld(notify, one) == [WithheldReason.MERGED]


async def test_the_primary_waits_while_the_message_of_the_merged_registration_is_being_sent(
    notify: NotifyService,
) -> None:
    one, provider = Story(), Scripted()
    other = one.another()
    notify.use(provider)
    await notify.plan(other)
    claims = await notify.sender.claim()
    await notify.plan(one)
    await notify.consume(other.merged(one))
    await notify.sender.round()
    meanwhile = len(provider.sent)

    await notify.sender.send(claims, time.monotonic() + 10)
    await all_due(notify)

    assert meanwhile == 0
    assert await why_withheld(notify, other) == [WithheldReason.MERGED]
    assert [type(event) for event in await notify.emitted(one)] == [ContactHandedOver]


async def test_the_survivor_is_spared_the_same_message_of_another_wave_that_was_requested_before_the_merge(
    notify: NotifyService,
) -> None:
    one, provider = Story(), Scripted()
    other = replace(one.another(), wave_id=WaveId(new_id()))
    notify.use(provider)
    await notify.plan(other)
    await all_due(notify)
    await notify.plan(one)

    await notify.consume(other.merged(one))
    await all_due(notify)

    assert len(provider.sent) == 1
    assert await why_withheld(notify, one) == [WithheldReason.MERGED]


async def test_a_repeat_that_is_requested_after_the_merge_is_sent(notify: NotifyService) -> None:
    one, provider = Story(), Scripted()
    other = replace(one.another(), wave_id=WaveId(new_id()))
    notify.use(provider)
    await notify.plan(other)
    await all_due(notify)
    await notify.consume(other.merged(one))

    await notify.plan(replace(one, at=one.at + timedelta(hours=1)))
    await all_due(notify)

    assert len(provider.sent) == 2


async def test_the_last_of_a_chain_of_merges_is_spared_in_any_order(notify: NotifyService) -> None:
    for order in permutations(range(2)):
        first, provider = Story(), Scripted()
        second, last = first.another(), first.another()
        notify.use(provider)
        await notify.plan(first)
        await all_due(notify)
        merges = [first.merged(second), second.merged(last)]

        await notify.consume(*[merges[number] for number in order])
        await notify.plan(last)
        await all_due(notify)

        assert len(provider.sent) == 1, order
        assert await why_withheld(notify, last) == [WithheldReason.MERGED]


async def test_a_chain_compares_waves_from_the_time_when_its_last_merge_became_known(
    notify: NotifyService,
) -> None:
    first, provider = replace(Story(), wave_id=WaveId(new_id())), Scripted()
    second = first.another()
    last = replace(first.another(), wave_id=WaveId(new_id()), at=first.at + timedelta(hours=1))
    notify.use(provider)
    await notify.plan(first)
    await all_due(notify)
    await notify.consume(first.merged(second))
    await notify.plan(last)

    await notify.consume(second.merged(last, after=7200))
    await all_due(notify)

    assert len(provider.sent) == 1
    assert await why_withheld(notify, last) == [WithheldReason.MERGED]


@pytest.mark.parametrize("undone", ["first", "second"])
async def test_an_undone_merge_of_a_chain_spares_the_last_no_more(notify: NotifyService, undone: str) -> None:
    first, provider = Story(), Scripted()
    second, last = first.another(), first.another()
    notify.use(provider)
    await notify.plan(first)
    await all_due(notify)
    await notify.consume(first.merged(second), second.merged(last))
    undoing = first.unmerged(second, after=3) if undone == "first" else second.unmerged(last, after=3)

    await notify.consume(undoing)
    await notify.plan(last)
    await all_due(notify)

    assert [type(event) for event in await notify.emitted(last)] == [ContactHandedOver]


async def test_a_doubt_about_the_merged_registration_stops_the_primary_until_the_merge_is_undone(
    notify: NotifyService,
) -> None:
    one, provider = Story(), Scripted(answers=[InDoubt(Fault.TIME_LIMIT)])
    other, third = one.another(), one.another()
    notify.use(provider)
    await notify.plan(other)
    await all_due(notify)
    await notify.consume(other.merged(one))
    await notify.plan(one)
    await all_due(notify)
    spared = await why_withheld(notify, one)

    await notify.consume(other.merged(third), other.unmerged(third, after=2))
    await notify.plan(third)
    await all_due(notify)

    assert spared == [WithheldReason.MERGED]
    assert [type(event) for event in await notify.emitted(third)] == [ContactHandedOver]


async def test_digital_post_does_not_go_to_the_recipient_of_an_earlier_identity(
    notify: NotifyService,
) -> None:
    story = Story(channels=(Channel.DIGITAL_POST, Channel.SMS))
    post, sms = Scripted(channel=Channel.DIGITAL_POST), Scripted()
    notify.use(post, sms)
    key = await notify.plan(story)

    await notify.consume(story.corrected(key, NEW, changed=("identifiers",)))
    await all_due(notify)
    await all_due(notify)

    assert post.sent == []
    assert [message.addressee.phone for message in sms.sent] == [PhoneNumber("+4520111102")]
    assert isinstance((await notify.emitted(story))[0], ContactFellBack)


async def test_messages_show_the_latest_correction_of_the_incident(notify: NotifyService) -> None:
    story = Story()
    await notify.consume(story.corrected_incident("Ret navn", after=2), story.opened())
    await notify.consume(story.corrected_incident("Forældet", after=1))

    async with notify.database.transaction() as session:
        await people.expect_incidents(session, [(story.incident_id, True)])
        name = await session.fetchval("select name from incident where incident_id = $1", story.incident_id)
    assert name == "Ret navn"
