"""Create and check topics in a provisioning step. Clients never create a topic by using it."""

import time
from collections.abc import Sequence

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource  # type: ignore[attr-defined]
from confluent_kafka.cimpl import NewTopic

from contracts.wire.catalogue import Topic
from kit.kafka.producer import LARGEST_MESSAGE
from kit.runtime.retries import Backoff

_TIMEOUT = 60.0  # seconds, for the whole step
_DAY_MS = 24 * 3600 * 1000
_MIN_INSYNC = "min.insync.replicas"


class ProvisioningFailed(RuntimeError):  # noqa: N818 - a state
    """The topics are not as they should be. The text says which and what to do."""


def provision_topics(
    bootstrap: str, topics: Sequence[Topic], *, replication: int, min_insync: int
) -> list[str]:
    """Create missing topics, check existing ones and wait for leaders. Idempotent.

    Return the created topics. Raise ProvisioningFailed.
    """
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 3})
    deadline = time.monotonic() + _TIMEOUT
    existing = _metadata(admin, deadline)
    missing = [topic for topic in topics if topic.name not in existing]
    _create(admin, missing, replication, min_insync)
    _wait_for_leaders(admin, topics, deadline)
    _check(admin, topics, replication)
    _check_min_insync(admin, [topic for topic in topics if topic.name in existing], min_insync)
    return [topic.name for topic in missing]


def _create(admin: AdminClient, topics: Sequence[Topic], replication: int, min_insync: int) -> None:
    new = [
        NewTopic(
            topic.name,
            num_partitions=topic.partitions,
            replication_factor=replication,
            config={
                "retention.ms": str(topic.retention_days * _DAY_MS),
                _MIN_INSYNC: str(min_insync),
                "max.message.bytes": str(LARGEST_MESSAGE),
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
    """Return the leaders of each topic's partitions (-1: none yet)."""
    pauses = Backoff()
    while True:
        try:
            found = admin.list_topics(timeout=5).topics
        except KafkaException as error:
            if time.monotonic() > deadline:
                raise ProvisioningFailed(f"no Kafka broker answered: {error.args[0].str()}") from error
            time.sleep(pauses.next())
        else:
            return {name: [p.leader for p in topic.partitions.values()] for name, topic in found.items()}


def _wait_for_leaders(admin: AdminClient, topics: Sequence[Topic], deadline: float) -> None:
    pauses = Backoff()
    while True:
        leaders = _metadata(admin, deadline)
        waiting = [t.name for t in topics if len(leaders.get(t.name, ())) == 0 or min(leaders[t.name]) < 0]
        if not waiting:
            return
        if time.monotonic() > deadline:
            raise ProvisioningFailed(
                f"no leader yet for {', '.join(waiting)}: look at the brokers, then run this again"
            )
        time.sleep(pauses.next())


def _check(admin: AdminClient, topics: Sequence[Topic], replication: int) -> None:
    found = admin.list_topics(timeout=10).topics
    for topic in topics:
        partitions = found[topic.name].partitions
        if len(partitions) != topic.partitions:
            raise ProvisioningFailed(
                f"topic {topic.name} has {len(partitions)} partitions instead of {topic.partitions}, and a"
                " change would break the order of each key: stop the services, delete the topic, provision"
                " again and `folgeskab republish`"
            )
        if any(len(p.replicas) < replication for p in partitions.values()):
            raise ProvisioningFailed(
                f"topic {topic.name} has fewer than {replication} replicas: reassign them"
            )


def _check_min_insync(admin: AdminClient, topics: Sequence[Topic], min_insync: int) -> None:
    """Refuse a topic whose min.insync.replicas is not the expected one.

    The embedded broker does not report the setting for topics made without it; such topics pass.
    """
    asked = [ConfigResource(ConfigResource.Type.TOPIC, topic.name) for topic in topics]
    if not asked:
        return
    for resource, future in admin.describe_configs(asked, request_timeout=30).items():
        try:
            found = future.result(timeout=_TIMEOUT).get(_MIN_INSYNC)
        except KafkaException as error:
            raise ProvisioningFailed(
                f"the settings of topic {resource.name} could not be read: {error.args[0].str()}"
            ) from error
        if found is not None and found.value != str(min_insync):
            raise ProvisioningFailed(
                f"topic {resource.name} has {_MIN_INSYNC}={found.value} instead of {min_insync}: alter the"
                " topic (kafka-configs.sh --alter), or set FOLGESKAB_BROKER_MIN_INSYNC to what is meant"
            )
