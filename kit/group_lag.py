"""How far a consumer group is behind, as the broker itself tells it: true also while nobody consumes.

The embedded broker counts a produced batch of several messages as one; Apache Kafka counts each message.
"""

import asyncio
import logging
import time
from collections.abc import Sequence

from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]

from kit import metrics
from kit.collector import Source
from kit.logs import trouble

log = logging.getLogger(__name__)

_EARLIEST: OffsetSpec = OffsetSpec.earliest()  # type: ignore[no-untyped-call]
_LATEST: OffsetSpec = OffsetSpec.latest()  # type: ignore[no-untyped-call]
_TIMEOUT = 2.0  # seconds for each of the two requests
_Offsets = dict[tuple[str, int], int]  # by topic and partition


class GroupLag:
    """Counts the messages behind the group's committed offsets, and since when a partition has not moved."""

    def __init__(self, bootstrap: str, group: str, topics: Sequence[str]) -> None:
        self._settings: dict[str, str | int | float | bool] = {
            "bootstrap.servers": bootstrap,
            "client.id": f"{group}-metrics",
            "log_level": 0,
        }
        self._group = group
        self._topics = topics
        self._admin: AdminClient | None = None
        self._kept_from: _Offsets = {}  # where messages are missing before it
        for topic in topics:
            metrics.SKIPPED.labels(topic).set(0)
        self._stood: dict[tuple[str, int], tuple[int, float]] = {}  # committed offset, and since when

    def source(self) -> Source:
        return Source(
            "broker",
            self.measure,
            ages=(metrics.BEHIND_SECONDS,),
            counts=(metrics.LAG,),
            within=2 * _TIMEOUT + 1,
        )

    async def measure(self) -> None:
        committed, kept_from, ends = await asyncio.to_thread(self._ask)
        self.note_skipped(committed, kept_from)
        lag = {place: max(0, end - committed.get(place, 0)) for place, end in ends.items()}
        now = time.monotonic()
        self._stood = {
            place: self._standing(place, committed.get(place, 0), now) for place, left in lag.items() if left
        }
        metrics.LAG.set(sum(lag.values()))
        metrics.BEHIND_SECONDS.set(max((now - since for _, since in self._stood.values()), default=0.0))

    def note_skipped(self, committed: _Offsets, kept_from: _Offsets) -> None:
        """Tell, once, of what is gone that the group had not taken: it goes on with what is still there."""
        for (topic, partition), first in kept_from.items():
            place = topic, partition
            after = max(committed.get(place, first), self._kept_from.get(place, 0))
            if after < first:
                self._kept_from[place] = first
                metrics.SKIPPED.labels(topic).inc(first - after)
                trouble(
                    log, "messages fell out of the topic before they were taken: republish them from the "
                    "service that sent them", topic=topic, partition=partition, first=after, last=first - 1,
                )  # fmt: skip

    def _standing(self, place: tuple[str, int], offset: int, now: float) -> tuple[int, float]:
        before = self._stood.get(place)
        return before if before is not None and before[0] == offset else (offset, now)

    def _ask(self) -> tuple[_Offsets, _Offsets, _Offsets]:
        """Return committed offsets, the first kept, and ends; without a commit the first kept is the next."""
        admin = self._admin = self._admin or AdminClient(self._settings)
        found = admin.list_topics(timeout=_TIMEOUT).topics
        places = [
            TopicPartition(topic, partition)
            for topic in self._topics
            if topic in found
            for partition in found[topic].partitions
        ]
        asked = [ConsumerGroupTopicPartitions(self._group, places)]
        told = admin.list_consumer_group_offsets(asked, request_timeout=_TIMEOUT)[self._group].result()
        committed = {(p.topic, p.partition): p.offset for p in told.topic_partitions if p.offset >= 0}
        kept_from = self._offsets(admin, places, _EARLIEST)
        return kept_from | committed, kept_from, self._offsets(admin, places, _LATEST)

    @staticmethod
    def _offsets(admin: AdminClient, places: Sequence[TopicPartition], which: OffsetSpec) -> _Offsets:
        if not places:
            return {}
        told = admin.list_offsets(dict.fromkeys(places, which), request_timeout=_TIMEOUT)
        return {(p.topic, p.partition): future.result().offset for p, future in told.items()}
