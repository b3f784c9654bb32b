"""No message is sent after a withdrawal, a pause or an end, at whatever moment it arrives."""

import asyncio
import time
from datetime import timedelta

from contracts.events.notify import MessageWithheld
from contracts.events.outreach import WaveCancelled, WavePaused, WaveResumed
from contracts.events.vocabulary import Channel, WithheldReason
from services.notify.domain.message import Composed, OutgoingMessage
from tests.integration.notify.notify_service import NotifyService, kinds
from tests.unit.notify.cases import Scripted, Story


async def test_nobody_is_written_to_after_the_withdrawal(notify: NotifyService) -> None:
    story, provider = Story(), Scripted()
    notify.use(provider)
    await notify.plan(story)
    await notify.consume(story.withdrawn())

    await notify.sender.round()

    [withheld] = await notify.emitted(story)
    assert isinstance(withheld, MessageWithheld)
    assert withheld.reason is WithheldReason.CONSENT_WITHDRAWN
    assert provider.sent == []


async def test_a_claim_waits_for_a_withdrawal_that_is_under_way(notify: NotifyService) -> None:
    story = Story()
    await notify.plan(story)
    async with notify.database.transaction() as session:
        await session.execute(
            "update person set contact_expires_at = null, contact_withdrawn_at = now() "
            "where registration_id = $1",
            story.registration_id,
        )
        claim = asyncio.create_task(notify.sender.claim())
        await _until_blocked(notify, claim)

    assert await claim == []
    assert await notify.state(story) == "withheld"


async def _until_blocked(notify: NotifyService, claim: asyncio.Task[object]) -> None:
    while not claim.done():
        async with notify.database.transaction() as session:
            if await session.fetchval("select count(*) from pg_locks where not granted"):
                return
    await claim


async def test_a_withdrawal_between_the_claim_and_the_call_stops_the_message(notify: NotifyService) -> None:
    story, provider = Story(), Scripted()
    notify.use(provider)
    await notify.plan(story)
    claims = await notify.sender.claim()
    await notify.consume(story.withdrawn())

    await notify.sender.send(claims, time.monotonic() + 10)

    assert kinds(await notify.emitted(story)) == [MessageWithheld]
    assert provider.sent == []


async def test_no_call_starts_when_the_last_check_or_the_lease_is_too_old(notify: NotifyService) -> None:
    story, provider = Story(), Scripted()
    notify.use(provider)
    await notify.plan(story)
    claims = await notify.sender.claim()

    await notify.sender.send(claims, time.monotonic() - 1)

    assert provider.sent == []
    assert await notify.state(story) == "waiting"
    assert await notify.sender.round()
    assert provider.sent[0].idempotency_key == claims[0].idempotency_key


async def test_a_call_delayed_after_the_last_check_does_not_start(notify: NotifyService) -> None:
    story, provider = Story(), Scripted()
    notify.use(provider)
    await notify.plan(story)
    [claim] = await notify.sender.claim()
    [written] = await notify.composer.compose([claim])
    assert isinstance(written, OutgoingMessage)
    gateway = notify.gateways[Channel.SMS]
    made = gateway.compose(written)
    assert isinstance(made, Composed)

    await notify.sender._chunk(gateway, [(claim, made)], time.monotonic() - 1)

    assert provider.sent == []
    assert await notify.state(story) == "waiting"


async def test_a_forgotten_person_is_not_written_to(notify: NotifyService) -> None:
    story, provider = Story(), Scripted()
    notify.use(provider)
    await notify.plan(story)
    await notify.keys.forget([story.registration_id])

    await notify.sender.round()

    [withheld] = await notify.emitted(story)
    assert isinstance(withheld, MessageWithheld)
    assert withheld.reason is WithheldReason.FORGOTTEN
    assert provider.sent == []


async def test_a_withdrawal_that_arrives_before_its_registration_counts(notify: NotifyService) -> None:
    story, provider = Story(), Scripted()
    notify.use(provider)
    key = await notify.key(story)

    await notify.consume(story.withdrawn(), story.opened(), story.requested(key))
    await notify.consume(story.registered(key))
    await notify.sender.round()

    assert kinds(await notify.emitted(story)) == [MessageWithheld]
    assert provider.sent == []


async def test_messages_of_a_paused_wave_wait_and_of_a_cancelled_wave_are_withheld(
    notify: NotifyService,
) -> None:
    paused, cancelled, provider = Story(), Story(), Scripted()
    notify.use(provider)
    await notify.consume(
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
    await notify.plan(paused)
    await notify.plan(cancelled)

    await notify.sender.round()

    assert provider.sent == []
    [withheld] = await notify.emitted(cancelled)
    assert isinstance(withheld, MessageWithheld)
    assert withheld.reason is WithheldReason.WAVE_CANCELLED
    later = paused.at + timedelta(seconds=1)
    await notify.consume(
        WaveResumed(wave_id=paused.wave_id, incident_id=paused.incident_id, exercise=True, resumed_at=later)
    )
    await notify.sender.round()
    assert await notify.state(paused) == "handed_over"
