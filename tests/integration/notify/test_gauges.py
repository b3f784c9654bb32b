"""The gauges of messages: measured in the database at each scrape, exercises apart."""

from datetime import UTC, datetime, timedelta

import pytest

from contracts.events.outreach import WavePaused
from kit.runtime.metrics import REGISTRY
from services.notify.domain.outcome import Fault, InDoubt, ProviderUnavailable
from services.notify.workers import gauges
from tests.integration.notify.notify_service import NotifyService
from tests.unit.notify.cases import Scripted, Story


def value(name: str, **labels: str) -> float:
    found = REGISTRY.get_sample_value(
        f"folgeskab_notify_{name}", {"channel": "sms", "exercise": "yes", **labels}
    )
    assert found is not None
    return found


async def measure(notify: NotifyService) -> None:
    async with notify.database.transaction() as session:
        await gauges.measure(session)


def asked_for(minutes: int, *, exercise: bool = True) -> Story:
    return Story(exercise=exercise, at=datetime.now(UTC) - timedelta(minutes=minutes))


async def test_the_age_of_a_due_message_grows_while_nothing_is_sent(notify: NotifyService) -> None:
    await notify.plan(asked_for(10))
    await notify.plan(asked_for(20, exercise=False))

    await measure(notify)

    assert value("open_messages", state="waiting") == 1
    assert value("oldest_due_seconds") == pytest.approx(600, abs=30)
    assert value("oldest_due_seconds", exercise="no") == pytest.approx(1200, abs=30)


async def test_a_message_of_a_paused_wave_is_not_counted_as_due(notify: NotifyService) -> None:
    story = asked_for(10)
    await notify.plan(story)
    await notify.consume(
        WavePaused(
            incident_id=story.incident_id, exercise=True, wave_id=story.wave_id, paused_at=datetime.now(UTC)
        )
    )

    await measure(notify)

    assert value("open_messages", state="waiting") == 1
    assert value("oldest_due_seconds") == 0


async def test_a_message_handed_over_is_counted_by_channel_with_the_time_it_took(
    notify: NotifyService,
) -> None:
    before = value("became_total", state="handed_over"), value("handover_seconds_count")
    took = value("handover_seconds_sum")
    await notify.plan(asked_for(10))

    await notify.sender.round()
    await measure(notify)

    after = value("became_total", state="handed_over"), value("handover_seconds_count")
    assert after == (before[0] + 1, before[1] + 1)
    assert value("handover_seconds_sum") - took == pytest.approx(600, abs=30)
    assert value("open_messages", state="waiting") == 0
    assert value("oldest_due_seconds") == 0


async def test_the_age_of_a_message_in_doubt_grows_until_it_is_resolved(notify: NotifyService) -> None:
    notify.use(Scripted(answers=[InDoubt(Fault.TIME_LIMIT)]))
    await notify.plan(Story())
    await notify.sender.round()
    async with notify.database.transaction() as session:
        await session.execute("update attempt set started_at = started_at - interval '1 day'")

    await measure(notify)

    assert value("open_messages", state="in_doubt") == 1
    assert value("oldest_in_doubt_seconds") == pytest.approx(86400, abs=60)


async def test_an_open_circuit_is_reported_with_the_name_of_its_provider(notify: NotifyService) -> None:
    notify.use(Scripted(answers=[ProviderUnavailable(Fault.TOLD_TO_WAIT, 60)]))
    await measure(notify)
    assert REGISTRY.get_sample_value("folgeskab_circuit_open", {"target": "scripted"}) == 0
    await notify.plan(Story())

    await notify.sender.round()
    await measure(notify)

    assert REGISTRY.get_sample_value("folgeskab_circuit_open", {"target": "scripted"}) == 1
