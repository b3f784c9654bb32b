"""No message is sent after a withdrawal, a pause or an end, at whatever moment it arrives."""

import asyncio
import time
from datetime import timedelta

from contracts.events.notify import MessageWithheld
from contracts.events.outreach import WaveCancelled, WavePaused, WaveResumed
from contracts.events.vocabulary import Channel, WithheldReason
from services.notify.domain.message import Composed, OutgoingMessage
from tests.integration.notify.notify_service import Office, kinds
from tests.unit.notify.cases import Scripted, Story


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
        await session.execute(
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


async def test_a_withdrawal_between_the_claim_and_the_call_stops_the_message(office: Office) -> None:
    story, provider = Story(), Scripted()
    office.use(provider)
    await office.plan(story)
    claims = await office.sending.claim()
    await office.tell(story.withdrawn())

    await office.sending.send(claims, time.monotonic() + 10)

    assert kinds(await office.told(story)) == [MessageWithheld]
    assert provider.sent == []


async def test_no_call_starts_when_the_last_check_or_the_lease_is_too_old(office: Office) -> None:
    story, provider = Story(), Scripted()
    office.use(provider)
    await office.plan(story)
    claims = await office.sending.claim()

    await office.sending.send(claims, time.monotonic() - 1)

    assert provider.sent == []
    assert await office.state(story) == "waiting"
    assert await office.sending.round()
    assert provider.sent[0].idempotency_key == claims[0]["idempotency_key"]


async def test_a_call_delayed_after_the_last_check_does_not_start(office: Office) -> None:
    story, provider = Story(), Scripted()
    office.use(provider)
    await office.plan(story)
    [claim] = await office.sending.claim()
    [written] = await office.composer.compose([claim])
    assert isinstance(written, OutgoingMessage)
    gateway = office.gateways[Channel.SMS]
    made = gateway.compose(written)
    assert isinstance(made, Composed)

    await office.sending._chunk(gateway, [(claim, made)], time.monotonic() - 1)

    assert provider.sent == []
    assert await office.state(story) == "waiting"


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


async def test_a_withdrawal_that_arrives_before_its_registration_counts(office: Office) -> None:
    story, provider = Story(), Scripted()
    office.use(provider)
    key = await office.key(story)

    await office.tell(story.withdrawn(), story.opened(), story.requested(key))
    await office.tell(story.registered(key))
    await office.sending.round()

    assert kinds(await office.told(story)) == [MessageWithheld]
    assert provider.sent == []


async def test_messages_of_a_paused_wave_wait_and_of_a_cancelled_wave_are_withheld(office: Office) -> None:
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
