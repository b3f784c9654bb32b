"""Topics are made by a provisioning step, never by a client's first use.

It waits until every partition has a leader.
"""

import time
from collections.abc import Sequence

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from contracts.catalogue import Topic

_TIMEOUT = 60.0  # seconds, for the whole step
_DAY_MS = 24 * 3600 * 1000


class ProvisioningFailed(RuntimeError):  # noqa: N818 - a state
    """The topics are not as they should be. The text says which and what to do."""


def provision(bootstrap: str, topics: Sequence[Topic], *, replication: int, min_insync: int) -> list[str]:
    """Make what is missing, check what is there, wait for leaders. Safe to run again.

    Give the topics made now.
    """
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 3})
    deadline = time.monotonic() + _TIMEOUT
    existing = _metadata(admin, deadline)
    missing = [topic for topic in topics if topic.name not in existing]
    _create(admin, missing, replication, min_insync)
    _wait_for_leaders(admin, topics, deadline)
    _check(admin, topics, replication)
    return [topic.name for topic in missing]


def _create(admin: AdminClient, topics: Sequence[Topic], replication: int, min_insync: int) -> None:
    new = [
        NewTopic(
            topic.name,
            num_partitions=topic.partitions,
            replication_factor=replication,
            config={
                "retention.ms": str(topic.retention_days * _DAY_MS),
                "min.insync.replicas": str(min_insync),
            },
        )
        for topic in topics
    ]
    if not new:
        return
    for name, future in admin.create_topics(new, operation_timeout=30, request_timeout=30).items():
        try:
            future.result(timeout=_TIMEOUT)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise ProvisioningFailed(f"topic {name} could not be made: {error.args[0].str()}") from error


def _metadata(admin: AdminClient, deadline: float) -> dict[str, list[int]]:
    """Give the leaders of each topic's partitions (-1: none yet)."""
    while True:
        try:
            found = admin.list_topics(timeout=5).topics
        except KafkaException as error:
            if time.monotonic() > deadline:
                raise ProvisioningFailed(f"no Kafka broker answered: {error.args[0].str()}") from error
        else:
            return {name: [p.leader for p in topic.partitions.values()] for name, topic in found.items()}


def _wait_for_leaders(admin: AdminClient, topics: Sequence[Topic], deadline: float) -> None:
    while True:
        leaders = _metadata(admin, deadline)
        waiting = [t.name for t in topics if len(leaders.get(t.name, ())) == 0 or min(leaders[t.name]) < 0]
        if not waiting:
            return
        if time.monotonic() > deadline:
            raise ProvisioningFailed(
                f"no leader yet for {', '.join(waiting)}: look at the brokers, then run this again"
            )
        time.sleep(0.1)


def _check(admin: AdminClient, topics: Sequence[Topic], replication: int) -> None:
    found = admin.list_topics(timeout=10).topics
    for topic in topics:
        partitions = found[topic.name].partitions
        if len(partitions) != topic.partitions:
            raise ProvisioningFailed(
                f"topic {topic.name} has {len(partitions)} partitions instead of {topic.partitions}"
            )
        if any(len(p.replicas) < replication for p in partitions.values()):
            raise ProvisioningFailed(
                f"topic {topic.name} has fewer than {replication} replicas: reassign them"
            )
