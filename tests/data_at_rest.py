"""Collect the data at rest of a running stack (rows, records, journals, logs) and search people in it."""

import base64
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from deploy.local.people import Invented
from deploy.local.stack import DATABASE, KEYRING, Stack
from tests.stacks import connected

_HEX = re.compile(rb"\\+x((?:[0-9a-f]{2})+)")
_BASE64 = re.compile(
    rb'"((?:[A-Za-z0-9_-]{4}){9,}(?:[A-Za-z0-9_-]{2,3}|[A-Za-z0-9_=-]{4})?)"'
)  # as pydantic writes it


@dataclass(frozen=True, slots=True)
class Resting:
    where: str
    content: bytes


async def everything(stack: Stack) -> list[Resting]:
    return [*await rows(stack), *await records(stack), *files(stack)]


async def rows(stack: Stack) -> list[Resting]:
    """Every row of every table of both databases, as text; what is bytes in it as these bytes."""
    found: list[Resting] = []
    for database in (DATABASE, KEYRING):
        async with connected(stack, database) as connection:
            names = await connection.fetch(
                "select format('%I.%I', schemaname, tablename) from pg_tables "
                "where schemaname not in ('pg_catalog', 'information_schema') order by 1"
            )
            for (name,) in names:
                texts = await connection.fetch(f"select t::text from {name} t")
                found += [Resting(f"{database} {name}", _unhexed(text.encode())) for (text,) in texts]
    return found


async def byte_values(stack: Stack) -> list[Resting]:
    """Every value in a column of bytes, by its table."""
    found: list[Resting] = []
    async with connected(stack) as connection:
        columns = await connection.fetch(
            "select table_schema || '.' || table_name, column_name from information_schema.columns "
            "where data_type = 'bytea' and table_schema not in ('pg_catalog', 'information_schema')"
        )
        for table, column in columns:
            values = await connection.fetch(f'select "{column}" from {table} where "{column}" is not null')
            found += [Resting(f"folgeskab {table}", value) for (value,) in values]
    return found


async def records(stack: Stack) -> list[Resting]:
    """Every record of every topic: key, headers, value."""
    found: list[Resting] = []
    async with AIOKafkaConsumer(
        bootstrap_servers=stack.broker.bootstrap, auto_offset_reset="earliest"
    ) as consumer:
        parts = await _partitions(stack)
        consumer.assign(parts)
        ends = await consumer.end_offsets(parts)
        while any([await consumer.position(part) < end for part, end in ends.items()]):
            for part, batch in (await consumer.getmany(timeout_ms=500)).items():
                for record in batch:
                    headers = [piece for name, value in record.headers for piece in (name.encode(), value)]
                    content = b"\n".join(piece or b"" for piece in (record.key, *headers, record.value))
                    found.append(Resting(f"topic {part.topic}", content))
    return found


async def _partitions(stack: Stack) -> list[TopicPartition]:
    admin = AIOKafkaAdminClient(bootstrap_servers=stack.broker.bootstrap)
    await admin.start()
    try:
        topics = [name for name in await admin.list_topics() if not name.startswith("__")]
        described = await admin.describe_topics(topics)
    finally:
        await admin.close()
    return [TopicPartition(t["topic"], p["partition"]) for t in described for p in t["partitions"]]


def files(stack: Stack) -> list[Resting]:
    """Every file below the stack's home, its logs and journals among them.

    Not PostgreSQL's own, nor Kafka's indexes: numbers only, and megabytes of room kept free in each.
    """
    own = stack.postgres.data
    inside = (path for path in stack.home.rglob("*") if path.is_file() and own not in path.parents)
    paths: set[Path] = {*inside, stack.postgres.process.log}
    told = sorted(path for path in paths if path.suffix not in {".index", ".timeindex"})
    return [Resting(path.name, path.read_bytes()) for path in told]


def readable(resting: Iterable[Resting], people: Iterable[Invented]) -> set[str]:
    """Return where anything of these people can be read, in any of the usual spellings."""
    spelt = {form for person in people for value in _personal(person) for form in spellings(value)}
    places: dict[str, list[bytes]] = {}
    for one in resting:
        places.setdefault(one.where, []).append(one.content)
    whole = {where: b"\0".join(contents) for where, contents in places.items()}
    return {where for where, content in whole.items() if any(form in content for form in spelt)}


def sealed_in(resting: Iterable[Resting]) -> Iterator[Resting]:
    """Everything that could be a sealed value: in a topic and an outbox it is base64 in JSON."""
    for one in resting:
        for found in _BASE64.findall(one.content):
            yield Resting(one.where, base64.urlsafe_b64decode(found + b"=" * (-len(found) % 4)))


def _personal(person: Invented) -> Iterator[str]:
    yield from (person.name, person.name.split(" ", 1)[1], person.cpr, person.street)
    yield from (value for value in (person.phone, person.email) if value)
    yield f"{person.cpr[:6]}-{person.cpr[6:]}"


def spellings(value: str) -> Iterator[bytes]:
    """As it is, in JSON, in other encodings, and inside base64 at each of its three places."""
    plain = value.encode()
    yield from (plain, json.dumps(value)[1:-1].encode(), value.encode("latin-1"), value.encode("utf-16-le"))
    for before in range(3):
        coded = base64.b64encode(b"\0" * before + plain)
        yield coded[(0, 2, 3)[before] : len(coded) // 4 * 4 - 4]


def _unhexed(row: bytes) -> bytes:
    return _HEX.sub(lambda match: bytes.fromhex(match[1].decode()), row)
