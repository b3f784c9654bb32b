"""A topic that was created again after events were published to it needs republishing."""

import pytest

from kit.database.database import Database
from kit.database.outbox import emit
from kit.kafka.group_lag import GroupLag
from kit.kafka.relay import republish
from kit.kafka.topic_ids import TopicIds
from kit.runtime.metrics import REGISTRY
from tests.integration.kit.test_consumer import withdrawn

TOPIC = "registration.v1"


def gauge(name: str) -> float | None:
    return REGISTRY.get_sample_value(f"folgeskab_{name}", {"topic": TOPIC})


async def sent(database: Database) -> None:
    async with database.transaction() as session:
        await emit(session, [withdrawn()])
        await session.execute("update relay_cursor set seq = (select max(seq) from outbox)")


async def test_a_topic_created_again_needs_republishing_until_it_is_done(
    empty_kit: Database, caplog: pytest.LogCaptureFixture
) -> None:
    ids = TopicIds("127.0.0.1:1", empty_kit, [TOPIC])
    await ids.compare({TOPIC: "old"})
    await sent(empty_kit)
    await ids.compare({TOPIC: "old"})
    assert (ids.younger, gauge("republish_needed")) == ([], 0)

    for _ in range(2):
        await ids.compare({TOPIC: "new"})
        assert (ids.younger, gauge("republish_needed")) == ([TOPIC], 1)
    assert "REPUBLISH" in caplog.text

    async with empty_kit.transaction() as session:
        await republish(session)
    await ids.compare({TOPIC: "new"})

    assert (ids.younger, gauge("republish_needed")) == ([], 0)


async def test_a_process_started_later_detects_it_too(empty_kit: Database) -> None:
    await TopicIds("127.0.0.1:1", empty_kit, [TOPIC]).compare({TOPIC: "old"})
    await sent(empty_kit)

    started_since = TopicIds("127.0.0.1:1", empty_kit, [TOPIC])
    await started_since.compare({TOPIC: "new"})

    assert started_since.younger == [TOPIC]


async def test_a_topic_created_again_before_any_event_needs_nothing(empty_kit: Database) -> None:
    ids = TopicIds("127.0.0.1:1", empty_kit, [TOPIC])
    await ids.compare({TOPIC: "old"})

    await ids.compare({TOPIC: "new"})

    assert ids.younger == []


def test_messages_deleted_before_they_were_consumed_are_counted_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    lag = GroupLag("127.0.0.1:1", "outreach", [TOPIC])
    assert gauge("skipped_messages") == 0

    for _ in range(2):
        lag.note_skipped({(TOPIC, 0): 10, (TOPIC, 1): 7}, {(TOPIC, 0): 25, (TOPIC, 1): 7, (TOPIC, 2): 3})
    first = gauge("skipped_messages")
    lag.note_skipped({(TOPIC, 0): 25}, {(TOPIC, 0): 30})

    assert (first, gauge("skipped_messages")) == (15, 20)
    assert [record.fields["last"] for record in caplog.records] == [24, 29]  # type: ignore[attr-defined]
