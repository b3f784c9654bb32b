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
from tests.integration.notify.notify_service import Office
from tests.unit.notify.cases import EMAIL, PHONE, Scripted, Story

NEW = ContactDetails("Anna Øst", "+4520111102", EMAIL)


async def why_withheld(office: Office, story: Story) -> list[WithheldReason]:
    return [event.reason for event in await office.told(story) if isinstance(event, MessageWithheld)]


async def all_due(office: Office) -> None:
    async with office.database.transaction() as session:
        await session.execute("update message set next_try_at = now() where state = 'waiting'")
    while await office.sending.round():
        pass


async def test_a_message_goes_to_the_number_known_when_it_is_sent(office: Office) -> None:
    story, provider = Story(), Scripted()
    office.use(provider)
    key = await office.plan(story)

    await office.tell(story.corrected(key, NEW))
    await all_due(office)

    assert [message.addressee.phone for message in provider.sent] == [PhoneNumber("+4520111102")]


async def test_the_latest_correction_counts_in_any_order_of_events(office: Office) -> None:
    for order in permutations(range(3)):
        story, provider = Story(), Scripted()
        office.use(provider)
        key = await office.key(story)
        facts = [
            story.registered(key),
            story.corrected(key, NEW, after=2),
            story.corrected(key, ContactDetails("Anna Øst", PHONE), after=1),
        ]
        await office.tell(story.opened(), story.requested(key))
        for number in (*order, *order):
            await office.tell(facts[number])
        await all_due(office)

        assert [message.addressee.phone for message in provider.sent] == [PhoneNumber("+4520111102")], order


@pytest.mark.parametrize("reason", list(BarReason))
async def test_nobody_is_contacted_during_a_contact_restriction(office: Office, reason: BarReason) -> None:
    story, provider = Story(), Scripted()
    office.use(provider)
    await office.plan(story)

    await office.tell(story.barred(reason))
    await all_due(office)

    assert provider.sent == []
    assert await why_withheld(office, story) == [WithheldReason(reason)]


async def test_a_contact_restriction_between_the_claim_and_the_call_stops_the_message(office: Office) -> None:
    story, provider = Story(), Scripted()
    office.use(provider)
    await office.plan(story)
    claims = await office.sending.claim()

    await office.tell(story.barred())
    await office.sending.send(claims, time.monotonic() + 10)

    assert provider.sent == []
    assert await why_withheld(office, story) == [WithheldReason.DO_NOT_CONTACT]


async def test_a_contact_restriction_from_the_registration_holds_until_it_is_lifted(office: Office) -> None:
    wish, lifted, provider = Story(), Story(), Scripted()
    office.use(provider)
    for story in (wish, lifted):
        key = await office.key(story)
        if story is lifted:
            await office.tell(story.bar_lifted(after=1))
        bars = (BarReason.DO_NOT_CONTACT,)
        await office.tell(story.opened(), story.registered(key, bars=bars), story.requested(key))
        await office.tell(story.registered(key, bars=bars))
    await all_due(office)

    assert [m.incident_id for m in provider.sent] == [lifted.incident_id]
    assert await why_withheld(office, wish) == [WithheldReason.DO_NOT_CONTACT]


async def test_restated_consents_replace_the_earlier_ones(office: Office) -> None:
    none, narrowed, provider = Story(), Story(), Scripted()
    office.use(provider)
    for story in (none, narrowed):
        await office.plan(story)
    registration = tuple([c for c in none.consents() if c.purpose is Purpose.REGISTRATION])
    await office.tell(none.restated(registration))
    await office.tell(narrowed.restated(replace(narrowed, consented=(Channel.EMAIL,)).consents()))
    await all_due(office)

    assert provider.sent == []
    assert await why_withheld(office, none) == [WithheldReason.NO_CONSENT]
    assert await why_withheld(office, narrowed) == [WithheldReason.CHANNEL_NOT_CONSENTED]


async def test_an_authority_that_the_consent_does_not_name_sends_nothing(office: Office) -> None:
    other, named, provider = (
        Story(authorities=(AuthorityId("0751"),)),
        Story(authorities=(AuthorityId("0101"),)),
        Scripted(),
    )
    office.use(provider)
    for story in (other, named):
        await office.plan(story)
    await all_due(office)

    assert [message.incident_id for message in provider.sent] == [named.incident_id]
    assert await why_withheld(office, other) == [WithheldReason.NO_CONSENT]


async def test_a_consent_that_names_the_region_covers_the_people_of_the_region(office: Office) -> None:
    region, other = AuthorityId("1084"), AuthorityId("1081")
    covered = Story(authorities=(region,), acting=region, covered_by=(AuthorityId("0101"), region))
    elsewhere = replace(covered.another(), authorities=(other,))
    provider = Scripted()
    office.use(provider)
    for story in (covered, elsewhere):
        await office.plan(story)
    await all_due(office)

    assert len(provider.sent) == 1
    assert [event.authority for event in await office.told(covered)] == [region]  # type: ignore[attr-defined]
    assert await why_withheld(office, elsewhere) == [WithheldReason.NO_CONSENT]


async def test_the_last_check_too_accepts_a_consent_to_the_region_for_its_municipalities(
    office: Office,
) -> None:
    region = AuthorityId("1084")
    covered = Story(authorities=(region,), acting=region, covered_by=(AuthorityId("0101"), region))
    narrowed, provider = replace(covered.another(), phone="+4520111103"), Scripted()
    office.use(provider)
    for story in (covered, narrowed):
        await office.plan(story)
    claims = await office.sending.claim()
    await office.tell(narrowed.restated(replace(narrowed, authorities=(AuthorityId("1081"),)).consents()))

    await office.sending.send(claims, time.monotonic() + 10)

    assert len(provider.sent) == 1
    assert await why_withheld(office, narrowed) == [WithheldReason.NO_CONSENT]


async def test_of_two_merged_registrations_the_primary_gets_the_message(office: Office) -> None:
    one, provider = Story(), Scripted()
    other = one.another()
    office.use(provider)
    await office.plan(one)
    await office.plan(other)

    await office.tell(other.merged(one))
    await all_due(office)

    assert len(provider.sent) == 1
    assert [type(event) for event in await office.told(one)] == [ContactHandedOver]
    assert await why_withheld(office, other) == [WithheldReason.MERGED]


async def test_the_primary_gets_no_message_that_the_merged_registration_got_in_any_order(
    office: Office,
) -> None:
    for order in permutations(range(3)):
        one, provider = Story(), Scripted()
        other = one.another()
        office.use(provider)
        await office.plan(other)
        await all_due(office)
        key = await office.key(one)
        facts = [other.merged(one), one.registered(key), one.requested(key)]
        await office.tell(*[facts[number] for number in order])
        await all_due(office)

        assert len(provider.sent) == 1, order
        assert await why_withheld(office, one) == [WithheldReason.MERGED]


async def test_the_primary_waits_while_the_message_of_the_merged_registration_is_being_sent(
    office: Office,
) -> None:
    one, provider = Story(), Scripted()
    other = one.another()
    office.use(provider)
    await office.plan(other)
    claims = await office.sending.claim()
    await office.plan(one)
    await office.tell(other.merged(one))
    await office.sending.round()
    meanwhile = len(provider.sent)

    await office.sending.send(claims, time.monotonic() + 10)
    await all_due(office)

    assert meanwhile == 0
    assert await why_withheld(office, other) == [WithheldReason.MERGED]
    assert [type(event) for event in await office.told(one)] == [ContactHandedOver]


async def test_the_survivor_is_spared_the_same_message_of_another_wave_that_was_requested_before_the_merge(
    office: Office,
) -> None:
    one, provider = Story(), Scripted()
    other = replace(one.another(), wave_id=WaveId(new_id()))
    office.use(provider)
    await office.plan(other)
    await all_due(office)
    await office.plan(one)

    await office.tell(other.merged(one))
    await all_due(office)

    assert len(provider.sent) == 1
    assert await why_withheld(office, one) == [WithheldReason.MERGED]


async def test_a_repeat_that_is_requested_after_the_merge_is_sent(office: Office) -> None:
    one, provider = Story(), Scripted()
    other = replace(one.another(), wave_id=WaveId(new_id()))
    office.use(provider)
    await office.plan(other)
    await all_due(office)
    await office.tell(other.merged(one))

    await office.plan(replace(one, at=one.at + timedelta(hours=1)))
    await all_due(office)

    assert len(provider.sent) == 2


async def test_a_doubt_about_the_merged_registration_stops_the_primary_until_the_merge_is_undone(
    office: Office,
) -> None:
    one, provider = Story(), Scripted(answers=[InDoubt(Fault.TIME_LIMIT)])
    other, third = one.another(), one.another()
    office.use(provider)
    await office.plan(other)
    await all_due(office)
    await office.tell(other.merged(one))
    await office.plan(one)
    await all_due(office)
    spared = await why_withheld(office, one)

    await office.tell(other.merged(third), other.unmerged(third, after=2))
    await office.plan(third)
    await all_due(office)

    assert spared == [WithheldReason.MERGED]
    assert [type(event) for event in await office.told(third)] == [ContactHandedOver]


async def test_digital_post_does_not_go_to_the_recipient_of_an_earlier_identity(office: Office) -> None:
    story = Story(channels=(Channel.DIGITAL_POST, Channel.SMS))
    post, sms = Scripted(channel=Channel.DIGITAL_POST), Scripted()
    office.use(post, sms)
    key = await office.plan(story)

    await office.tell(story.corrected(key, NEW, changed=("identifiers",)))
    await all_due(office)
    await all_due(office)

    assert post.sent == []
    assert [message.addressee.phone for message in sms.sent] == [PhoneNumber("+4520111102")]
    assert isinstance((await office.told(story))[0], ContactFellBack)


async def test_messages_show_the_latest_correction_of_the_incident(office: Office) -> None:
    story = Story()
    await office.tell(story.corrected_incident("Ret navn", after=2), story.opened())
    await office.tell(story.corrected_incident("Forældet", after=1))

    async with office.database.transaction() as session:
        await people.expect_incidents(session, [(story.incident_id, True)])
        name = await session.fetchval("select name from incident where incident_id = $1", story.incident_id)
    assert name == "Ret navn"
