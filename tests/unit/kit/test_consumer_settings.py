"""The FastStream and aiokafka settings that lose no message. Each default was measured to lose one."""

import inspect

from faststream import AckPolicy

from contracts.wire.catalogue import EVENTS, TOPICS, consumed_by
from kit.database.database import Database
from kit.kafka import producer
from kit.kafka.consumer import Consumer, as_records, make_broker, raw_batch
from kit.kafka.parking import Parking
from kit.privacy.keyring import MasterKey


def subscriber() -> object:
    database = Database("postgresql://nobody:x@127.0.0.1:1/none", name="test")
    consumer = Consumer(
        service="test",
        database=database,
        parking=Parking(MasterKey(b"k" * 32)),
        known=EVENTS,
        wanted=frozenset(),
        handler=None,  # type: ignore[arg-type]  # never called here
        brake_after=20,
    )
    broker = make_broker("127.0.0.1:1", "test")
    consumer.subscribe(broker, consumed_by("console"), batch_size=1000, session_timeout=30)
    return consumer._subscriber


def test_messages_are_acknowledged_manually() -> None:
    assert subscriber().ack_policy is AckPolicy.MANUAL  # type: ignore[attr-defined]


def test_a_new_group_starts_at_the_earliest_message_and_nothing_commits_by_itself() -> None:
    arguments = subscriber()._connection_args  # type: ignore[attr-defined]

    assert arguments["auto_offset_reset"] == "earliest"
    assert arguments["enable_auto_commit"] is False


def test_a_consumer_creates_no_topic() -> None:
    broker = make_broker("127.0.0.1:1", "test")

    assert broker.config.allow_auto_create_topics is False
    assert broker.config.consumer_only is True


def test_one_subscriber_takes_batches_of_every_topic_of_its_service() -> None:
    made = subscriber()

    assert made.topic_names_for_subscribe == list(consumed_by("console"))  # type: ignore[attr-defined]
    assert made.max_records == 1000  # type: ignore[attr-defined]


def test_the_parser_never_looks_inside_a_message() -> None:
    assert inspect.iscoroutinefunction(raw_batch)
    assert inspect.iscoroutinefunction(as_records)
    assert "decode" not in inspect.getsource(raw_batch)


def test_the_producer_awaits_all_replicas_and_creates_no_topic() -> None:
    source = inspect.getsource(producer.Producer.__init__)

    assert '"acks": "all"' in source
    assert '"allow.auto.create.topics": False' in source


def test_every_topic_has_twelve_partitions_and_outlives_the_worst_outage() -> None:
    assert all(topic.partitions == 12 and topic.retention_days >= 14 for topic in TOPICS)
