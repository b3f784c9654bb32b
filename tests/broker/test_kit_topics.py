"""Provisioning creates topics and refuses those with other settings."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from contracts.wire.catalogue import Topic
from deploy.local.broker import Broker
from kit.database.database import Database
from kit.database.outbox import emit
from kit.kafka.topic_ids import TopicIds
from kit.kafka.topics import ProvisioningFailed, provision_topics
from tests.broker.broker_choice import chosen
from tests.integration.kit.test_consumer import withdrawn
from tests.stacks import until


@pytest.fixture(scope="module")
async def broker(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Broker]:
    running = chosen(tmp_path_factory.mktemp("broker"))
    await running.start()
    yield running
    running.kill()


def standing(broker: Broker, name: str, *, partitions: int = 12, config: dict[str, str]) -> Topic:
    """Create a topic with other settings before provisioning."""
    topic = NewTopic(name, num_partitions=partitions, replication_factor=broker.replication, config=config)
    admin = AdminClient({"bootstrap.servers": broker.bootstrap})
    for made in admin.create_topics([topic]).values():
        made.result(timeout=30)
    return Topic(name, "registration", ())


async def provisioned(broker: Broker, *topics: Topic) -> list[str]:
    return await asyncio.to_thread(
        provision_topics,
        broker.bootstrap,
        topics,
        replication=broker.replication,
        min_insync=broker.min_insync,
    )


async def test_missing_topics_are_created_once(broker: Broker) -> None:
    topics = [Topic("first.v1", "registration", ()), Topic("second.v1", "routing", ())]

    assert await provisioned(broker, *topics) == ["first.v1", "second.v1"]
    assert await provisioned(broker, *topics) == []


async def test_a_topic_with_another_number_of_partitions_is_refused(broker: Broker) -> None:
    topic = standing(broker, "narrow.v1", partitions=3, config={})

    with pytest.raises(ProvisioningFailed, match=r"narrow\.v1 has 3 partitions instead of 12.*republish"):
        await provisioned(broker, topic)


async def test_a_topic_that_asks_for_another_number_of_replicas_in_sync_is_refused(broker: Broker) -> None:
    topic = standing(broker, "strict.v1", config={"min.insync.replicas": str(broker.min_insync + 1)})

    with pytest.raises(
        ProvisioningFailed, match=r"strict\.v1 has min\.insync\.replicas=2 instead of 1: alter"
    ):
        await provisioned(broker, topic)


async def test_a_topic_that_stands_without_the_setting_passes(broker: Broker) -> None:
    """Apache Kafka then reports its default, the embedded broker nothing."""
    topic = standing(broker, "plain.v1", config={})

    assert await provisioned(broker, topic) == []


async def test_a_topic_that_is_deleted_and_created_again_has_another_id(
    broker: Broker, empty_kit: Database
) -> None:
    topic = Topic("again.v1", "registration", ())
    await provisioned(broker, topic)
    ids = TopicIds(broker.bootstrap, empty_kit, [topic.name])
    await ids.round()
    async with empty_kit.transaction() as session:
        await emit(session, [withdrawn()])
        await session.execute("update outbox set topic = $1", topic.name)
        await session.execute("update relay_cursor set seq = (select max(seq) from outbox)")
    await ids.round()
    before = ids.younger

    admin = AdminClient({"bootstrap.servers": broker.bootstrap})
    admin.delete_topics([topic.name])[topic.name].result(timeout=30)

    async def gone() -> bool:
        return topic.name not in admin.list_topics(timeout=10).topics

    await until(gone, within=30, what="the topic is gone")
    await provisioned(broker, topic)
    await ids.round()

    assert (before, ids.younger) == ([], [topic.name])
