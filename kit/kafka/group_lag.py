"""The lag of a consumer group, read from the broker: also correct while nobody consumes.

The embedded broker counts a produced batch of several messages as one; Apache Kafka counts each message.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Sequence

from confluent_kafka import Consumer, KafkaException, TopicPartition

from kit.runtime import metrics
from kit.runtime.collector import Source
from kit.runtime.logs import log_problem

log = logging.getLogger(__name__)

_TIMEOUT = 2.0  # seconds for each kind of request
_Offsets = dict[tuple[str, int], int]  # by topic and partition


class GroupLag:
    """Measures the lag behind the group's committed offsets, and how long a partition has not moved."""

    def __init__(self, bootstrap: str, group: str, topics: Sequence[str]) -> None:
        self._settings: dict[str, str | int | float | bool] = {
            "bootstrap.servers": bootstrap,
            "client.id": f"{group}-metrics",
            "group.id": group,
            "enable.auto.commit": False,
            "log_level": 0,
        }
        self._group = group
        self._topics = topics
        self._client: Consumer | None = None
        self._asking = threading.Lock()
        self._kept_from: _Offsets = {}  # first kept offset of partitions that lost messages
        for topic in topics:
            metrics.SKIPPED.labels(topic).set(0)
        self._stood: dict[tuple[str, int], tuple[int, float]] = {}  # committed offset, and since when

    def source(self) -> Source:
        return Source(
            "broker",
            self.measure,
            ages=(metrics.BEHIND_SECONDS,),
            counts=(metrics.LAG,),
            within=3 * _TIMEOUT + 1,
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
        """Count and log, once, messages that retention deleted before the group consumed them."""
        for (topic, partition), first in kept_from.items():
            place = topic, partition
            after = max(committed.get(place, first), self._kept_from.get(place, 0))
            if after < first:
                self._kept_from[place] = first
                metrics.SKIPPED.labels(topic).inc(first - after)
                log_problem(
                    log,
                    "messages fell out of the topic before they were consumed: republish them from the "
                    "service that published them",
                    topic=topic,
                    partition=partition,
                    first=after,
                    last=first - 1,
                )

    def _standing(self, place: tuple[str, int], offset: int, now: float) -> tuple[int, float]:
        before = self._stood.get(place)
        return before if before is not None and before[0] == offset else (offset, now)

    def _ask(self) -> tuple[_Offsets, _Offsets, _Offsets]:
        """Return the committed, first kept and end offsets. Without a commit, the first kept counts as it.

        The client subscribes to nothing, so it joins no group. Raise TimeoutError or KafkaException.
        """
        if not self._asking.acquire(blocking=False):
            raise TimeoutError("the broker has not answered the previous request")
        try:
            client = self._client = self._client or Consumer(self._settings)
            found = client.list_topics(timeout=_TIMEOUT).topics
            places = [
                TopicPartition(topic, partition)
                for topic in self._topics
                if topic in found
                for partition in found[topic].partitions
            ]
            committed = _committed(client, places)
            marks = _watermarks(client, places)
        finally:
            self._asking.release()
        kept_from = {place: low for place, (low, _) in marks.items()}
        return kept_from | committed, kept_from, {place: high for place, (_, high) in marks.items()}


def _committed(client: Consumer, places: list[TopicPartition]) -> _Offsets:
    if not places:
        return {}
    answers = client.committed(places, timeout=_TIMEOUT)
    if wrong := next((place.error for place in answers if place.error is not None), None):
        raise KafkaException(wrong)
    return {(place.topic, place.partition): place.offset for place in answers if place.offset >= 0}


def _watermarks(client: Consumer, places: Sequence[TopicPartition]) -> dict[tuple[str, int], tuple[int, int]]:
    """Return the first kept offset and the end of each partition, one request after the other."""
    until = time.monotonic() + _TIMEOUT
    found = {}
    for place in places:
        left = until - time.monotonic()
        marks = client.get_watermark_offsets(place, timeout=left) if left > 0 else None
        if marks is None:
            raise TimeoutError("the broker did not return the ends of the partitions in time")
        found[place.topic, place.partition] = marks
    return found
