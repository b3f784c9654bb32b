"""Detect topics that were created again after events had been published: the new topic lacks those events.

A broker gives each topic an id when it is created. After the loss of a broker the topics are created again,
and only `folgeskab republish` restores the events that consumers had not consumed yet.
"""

import asyncio
import logging
from collections.abc import Sequence

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient

from kit.database.database import Database, Session
from kit.runtime import metrics
from kit.runtime.logs import log_problem

log = logging.getLogger(__name__)

_TIMEOUT = 5.0  # seconds


class TopicIds:
    def __init__(self, bootstrap: str, database: Database, topics: Sequence[str]) -> None:
        self.younger: list[str] = []  # topics that need `folgeskab republish`
        self._settings: dict[str, str | int | float | bool] = {"bootstrap.servers": bootstrap, "log_level": 0}
        self._database = database
        self._topics = topics
        self._admin: AdminClient | None = None
        for topic in topics:
            metrics.REPUBLISH_NEEDED.labels(topic).set(0)

    async def round(self) -> bool:
        """Compare the topics' ids with the stored ids. Raise KafkaException while the broker is away."""
        await self.compare(await asyncio.to_thread(self._ask))
        return False

    async def compare(self, ids: dict[str, str]) -> None:
        async with self._database.transaction() as session:
            known = await session.fetchpairs("select topic, topic_id from relay_topic")
            other = [topic for topic in ids if known.get(topic, ids[topic]) != ids[topic]]
            self.younger = [topic for topic in other if await _sent_into(session, topic)]
            noted = {topic: ids[topic] for topic in ids if topic not in self.younger}
            await session.execute(
                "insert into relay_topic (topic, topic_id) select * from unnest($1::text[], $2::text[]) "
                "on conflict (topic) do update set topic_id = excluded.topic_id",
                list(noted), list(noted.values()),
            )  # fmt: skip
        for topic in self._topics:
            metrics.REPUBLISH_NEEDED.labels(topic).set(topic in self.younger)
        for topic in self.younger:
            log_problem(
                log, "REPUBLISH: the topic was created again and lacks earlier events: run `folgeskab "
                "republish` for this service", topic=topic,
            )  # fmt: skip

    def _ask(self) -> dict[str, str]:
        admin = self._admin = self._admin or AdminClient(self._settings)
        found = admin.describe_topics(TopicCollection(list(self._topics)), request_timeout=_TIMEOUT)
        ids = {}
        for topic, future in found.items():
            try:
                ids[topic] = str(future.result(timeout=2 * _TIMEOUT).topic_id)
            except KafkaException as error:
                if error.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART:  # `provision` makes it
                    raise
        return ids


async def _sent_into(session: Session, topic: str) -> bool:
    """Return whether an event of the topic was published, within the retention of the outbox."""
    return bool(
        await session.fetchval(
            "select exists (select from outbox where topic = $1 and seq <= (select seq from relay_cursor))",
            topic,
        )
    )
