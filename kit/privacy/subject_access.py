"""Everything a service holds about one owner of keys, opened where a key is there.

Found by the catalogue of the service's own schema, so that a table made tomorrow is searched too: the rows
with the owner's id in any column of ids, and the rows that name those rows by an id of theirs alone.
"""

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg

from contracts.wire.sealed import FieldSet
from kit.database.database import Session
from kit.privacy.sealing import DataKey, Unopenable, looks_sealed

OWNER_COLUMN = "registration_id"
_BASE64 = re.compile(r"[A-Za-z0-9_-]{39,}={0,2}")  # 29 bytes at least, as events carry them
_OF_THE_PROGRAM = ("inbox", "parked", "relay_cursor", "relay_topic", "alembic_version", "outbox")

_COLUMNS = """
select c.relname as table, a.attname as column, exists (
        select from pg_index i where i.indrelid = c.oid and i.indisunique and i.indpred is null
            and i.indnkeyatts = 1 and i.indkey[0] = a.attnum) as alone
from pg_class c join pg_attribute a on a.attrelid = c.oid
where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
    and a.attnum > 0 and not a.attisdropped and a.atttypid = 'uuid'::regtype and c.relname <> all($1::text[])
order by c.relname, a.attnum
"""
_EVENTS = "select ce_type, ce_time, topic, value from outbox where key = any($1::text[]) order by seq"

FieldSets = Callable[[Mapping[str, Any]], Iterable[FieldSet]]  # which field sets a row, or an event, may hold


@dataclass(slots=True)
class SubjectData:
    """What is held. `sealed`: sealed values found; `opens`: how many of them opened."""

    sealed: int = 0
    opens: int = 0
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    field_sets: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Ids:
    """The columns of ids of one table. `alone`: those in which an id stands once."""

    table: str
    columns: tuple[str, ...]
    alone: tuple[str, ...]


async def load_subject_data(
    session: Session,
    owners: Sequence[UUID],
    keys: Mapping[UUID, DataKey],
    field_sets: FieldSets,
    *,
    person: tuple[str, str] | None = None,
) -> SubjectData:
    """`person`: table and column whose ids are owners themselves, beside every `registration_id`."""
    found = SubjectData()
    opener = Opener(keys.values(), found)
    for table, rows in (await _rows(session, owners, person)).items():
        plain = [dict(row) for row in rows]
        found.tables[table] = [opener.row(row, tuple(field_sets(row))) for row in plain]
    events = await session.fetch(_EVENTS, [str(owner) for owner in owners])
    if events:
        found.tables["outbox"] = [
            {**dict(one), "value": opener.value(value, tuple(field_sets(value)))}
            for one in events
            for value in (json.loads(one["value"]),)
        ]
    return found


async def _rows(
    session: Session, owners: Sequence[UUID], person: tuple[str, str] | None
) -> dict[str, list[asyncpg.Record]]:
    tables = await _tables(session)
    found: dict[str, dict[str, asyncpg.Record]] = {}
    seen: set[UUID] = set()
    frontier = set(owners)
    while frontier:
        seen |= frontier
        told: set[UUID] = set()
        for ids in tables:
            own = {OWNER_COLUMN} | ({person[1]} if person and person[0] == ids.table else set())
            rows = await _naming(session, ids, frontier)
            mine = {row["ctid"]: row for row in rows if not _anothers(row, own, owners)}
            found.setdefault(ids.table, {}).update(mine)
            told.update(row[name] for row in mine.values() for name in ids.alone if name not in own)
        frontier = {one for one in told if one is not None} - seen
    return {table: list(rows.values()) for table, rows in found.items() if rows}


def _anothers(row: asyncpg.Record, own: Iterable[str], owners: Sequence[UUID]) -> bool:
    """Tell a row that only mentions the owner: it is about somebody else."""
    return any(row.get(name) is not None and row[name] not in owners for name in own)


async def _tables(session: Session) -> list[Ids]:
    rows = await session.fetch(_COLUMNS, _OF_THE_PROGRAM)
    columns: dict[str, list[asyncpg.Record]] = {}
    for row in rows:
        columns.setdefault(row["table"], []).append(row)
    return [
        Ids(table, tuple(r["column"] for r in some), tuple(r["column"] for r in some if r["alone"]))
        for table, some in columns.items()
    ]


async def _naming(session: Session, ids: Ids, wanted: Iterable[UUID]) -> list[asyncpg.Record]:
    named = " or ".join(f'"{column}" = any($1::uuid[])' for column in ids.columns)
    sql = f'select ctid::text, * from "{ids.table}" where {named}'  # noqa: S608 - names from the catalogue
    return await session.fetch(sql, list(wanted))


class Opener:
    """Opens what it can of whatever it is shown, and counts in `found`."""

    def __init__(self, keys: Iterable[DataKey], found: SubjectData) -> None:
        self._keys = tuple(keys)
        self._found = found

    def row(self, row: dict[str, Any], field_sets: Sequence[FieldSet]) -> dict[str, Any]:
        return {name: self.value(value, field_sets) for name, value in row.items() if name != "ctid"}

    def value(self, value: Any, field_sets: Sequence[FieldSet]) -> Any:
        """Give a value as JSON can carry it: a sealed one opened, or only that it is sealed."""
        match value:
            case dict():
                return {name: self.value(part, field_sets) for name, part in value.items()}
            case list() | tuple():
                return [self.value(part, field_sets) for part in value]
            case bytes():
                return self._sealed(value, field_sets) if looks_sealed(value) else "(digest)"
            case str() if (decoded := as_bytes(value)) is not None and looks_sealed(decoded):
                return self._sealed(decoded, field_sets)
            case _:
                return value

    def _sealed(self, value: bytes, field_sets: Sequence[FieldSet]) -> Any:
        self._found.sealed += 1
        for key in self._keys:
            for field_set in field_sets:
                try:
                    content = key.open_plain(field_set, value)
                except Unopenable:
                    continue
                self._found.opens += 1
                self._found.field_sets.add(field_set)
                return self._inside(content, field_sets)
        return "(sealed)"

    def _inside(self, content: Any, field_sets: Sequence[FieldSet]) -> Any:
        """Open what was sealed twice, under the keys of two people."""
        if not isinstance(content, dict):
            return content
        return {
            name: self.value(part, field_sets) if isinstance(part, bytes) else part
            for name, part in content.items()
        }


def as_bytes(text: str) -> bytes | None:
    """Read what an event carries as base64; None for what is something else."""
    try:
        return base64.b64decode(text, altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return None


def sealed_texts(message: bytes) -> list[str]:
    """Give what is sealed in a message that could not be handled, whatever else it is."""
    return [text for text in _BASE64.findall(message.decode("ascii", "replace")) if _is_sealed(text)]


def _is_sealed(text: str) -> bool:
    decoded = as_bytes(text)
    return decoded is not None and looks_sealed(decoded)
