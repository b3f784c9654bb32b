"""Parked messages (dead letters): messages that cannot be handled, stored with their bytes and the reason.

An operator views, replays or discards them. The bytes are sealed with a key derived from the master key,
because a broken message may hold personal data.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kit.database.database import Session
from kit.kafka.records import KafkaRecord
from kit.privacy.keyring import MasterKey
from kit.privacy.sealing import open_bytes, seal_bytes
from kit.runtime.ids import new_id

_encoder = msgspec.msgpack.Encoder()


class Reject(Exception):  # noqa: N818 - a handler raises it like a return value
    """Raised by a handler: this message can never be handled. The reason must hold no personal data."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class ParkedMessage:
    id: UUID
    topic: str
    partition: int
    offset: int
    reason: str
    state: str
    parked_at: datetime


class Parking:
    """The table `parked` of a service."""

    def __init__(self, master: MasterKey) -> None:
        self._cipher = AESGCM(master.derive("parking"))

    async def park(self, session: Session, records: Sequence[tuple[KafkaRecord, str]]) -> None:
        """Store each record once, also if it is delivered again.

        A new broker reuses offsets, so a digest of the bytes is part of the key.
        """
        rows = [
            (
                r.topic,
                r.partition,
                r.offset,
                digest(r),
                seal_bytes(self._cipher, _encoder.encode(r), b"parked"),
                why,
            )
            for r, why in records
        ]
        await session.execute(
            'insert into parked (id, topic, partition, "offset", digest, sealed, reason) '
            "select * from unnest($1::uuid[], $2::text[], $3::int[], $4::bigint[], $5::bytea[], "
            "$6::bytea[], $7::text[]) "
            "on conflict do nothing",
            [new_id() for _ in rows],
            *(list(column) for column in zip(*rows, strict=True)),
        )

    async def listed(self, session: Session, limit: int = 200) -> list[ParkedMessage]:
        rows = await session.fetch(
            'select id, topic, partition, "offset", reason, state, parked_at from parked '
            "where state = 'parked' order by parked_at limit $1",
            limit,
        )
        return [ParkedMessage(*row) for row in rows]

    async def lock(self, session: Session, parked_id: UUID) -> KafkaRecord | None:
        """Lock a message that is still parked and return its record."""
        sealed = await session.fetchval(
            "select sealed from parked where id = $1 and state = 'parked' for update", parked_id
        )
        return (
            None
            if sealed is None
            else msgspec.msgpack.decode(open_bytes(self._cipher, sealed, b"parked"), type=KafkaRecord)
        )

    async def conclude(self, session: Session, parked_id: UUID, state: str, why: str | None = None) -> bool:
        touched = await session.execute(
            "update parked set state = $2, why = $3, concluded_at = now() where id = $1 and state = 'parked'",
            parked_id,
            state,
            why,
        )
        return touched == 1

    async def about(self, session: Session, key: bytes) -> list[KafkaRecord]:
        """Return every record of a key that was ever parked, also one without a Kafka key."""
        rows = await session.fetch("select sealed from parked order by parked_at")
        opened = (open_bytes(self._cipher, row[0], b"parked") for row in rows)
        records = [msgspec.msgpack.decode(plain, type=KafkaRecord) for plain in opened if key in plain]
        return [record for record in records if key in ((record.key or b"") + b"\n" + (record.value or b""))]

    async def count(self, session: Session) -> int:
        value = await session.fetchval("select count(*) from parked where state = 'parked'")
        return int(value)


def digest(record: KafkaRecord) -> bytes:
    return hashlib.sha256(b"%r|%r|%r" % (record.key, record.value, record.headers)).digest()


class Brake:
    """Stops the consumer after `limit` parked messages in a row.

    A bad deployment must stop the consumer, not park the whole topic.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.in_a_row = 0

    def passed(self) -> None:
        self.in_a_row = 0

    def parked(self) -> None:
        self.in_a_row += 1

    @property
    def tripped(self) -> bool:
        return self.in_a_row >= self.limit
