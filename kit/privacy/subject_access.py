"""Subject access: everything a service stores about one owner of a key, opened where the key exists.

The search reads the catalogue of the service's schema, so that it covers new tables too. It finds the rows
with the owner's id in any uuid column, and then the rows that refer to those rows by a unique id of theirs.
"""

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from contracts.wire.sealed import FieldSet
from kit.database.database import Session
from kit.privacy.sealing import DataKey, Unopenable, looks_sealed

OWNER_COLUMN = "registration_id"
_BASE64 = re.compile(r"[A-Za-z0-9_-]{39,}={0,2}")  # 29 bytes at least, as events carry them
_OWN_TABLES = ("inbox", "parked", "relay_cursor", "relay_topic", "alembic_version", "outbox")

_COLUMNS = """
select c.relname::text as table, array_agg(a.attname::text order by a.attnum) as columns,
    coalesce(array_agg(a.attname::text order by a.attnum) filter (where exists (
        select from pg_index i where i.indrelid = c.oid and i.indisunique and i.indpred is null
            and i.indnkeyatts = 1 and i.indkey[0] = a.attnum)), '{}') as alone
from pg_class c join pg_attribute a on a.attrelid = c.oid
where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
    and a.attnum > 0 and not a.attisdropped and a.atttypid = 'uuid'::regtype and c.relname <> all($1::text[])
group by c.relname order by c.relname
"""
_EVENTS = "select ce_type, ce_time, topic, value from outbox where key = any($1::text[]) order by seq"

FieldSets = Callable[[Mapping[str, Any]], Iterable[FieldSet]]  # the possible field sets of a row or event


@dataclass(slots=True)
class SubjectData:
    """The data found. `sealed`: number of sealed values; `opens`: how many of them could be opened."""

    sealed: int = 0
    opens: int = 0
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    field_sets: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class IdColumns:
    """The uuid columns of one table. `alone`: those with a unique index."""

    table: str
    columns: list[str]
    alone: list[str]


async def load_subject_data(
    session: Session,
    owners: Sequence[UUID],
    keys: Mapping[UUID, DataKey],
    field_sets: FieldSets,
    *,
    person: tuple[str, str] | None = None,
) -> SubjectData:
    """Return the rows and events about the owners.

    `person`: the table and column whose ids are owners themselves, beside every `registration_id`.
    """
    found = SubjectData()
    opener = Opener(keys.values(), found)
    for table, rows in (await _rows(session, owners, person)).items():
        found.tables[table] = [opener.row(row, tuple(field_sets(row))) for row in rows]
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
) -> dict[str, list[dict[str, Any]]]:
    tables = await session.fetch(IdColumns, _COLUMNS, _OWN_TABLES)
    found: dict[str, dict[str, dict[str, Any]]] = {}
    seen: set[UUID] = set()
    frontier = set(owners)
    while frontier:
        seen |= frontier
        referred: set[UUID] = set()
        for ids in tables:
            own = {OWNER_COLUMN} | ({person[1]} if person and person[0] == ids.table else set())
            rows = await _rows_with_id(session, ids, frontier)
            mine = {row["ctid"]: row for row in rows if not _is_about_another(row, own, owners)}
            found.setdefault(ids.table, {}).update(mine)
            referred.update(row[name] for row in mine.values() for name in ids.alone if name not in own)
        frontier = {one for one in referred if one is not None} - seen
    return {table: list(rows.values()) for table, rows in found.items() if rows}


def _is_about_another(row: Mapping[str, Any], own: Iterable[str], owners: Sequence[UUID]) -> bool:
    """Return whether the row belongs to another owner and only mentions this one."""
    return any(row.get(name) is not None and row[name] not in owners for name in own)


async def _rows_with_id(session: Session, ids: IdColumns, wanted: Iterable[UUID]) -> list[dict[str, Any]]:
    named = " or ".join(f'"{column}" = any($1::uuid[])' for column in ids.columns)
    sql = f'select ctid::text, * from "{ids.table}" where {named}'  # noqa: S608 - names from the catalogue
    return [dict(row) for row in await session.fetch(sql, list(wanted))]


class Opener:
    """Opens sealed values with the given keys, and counts them in `found`."""

    def __init__(self, keys: Iterable[DataKey], found: SubjectData) -> None:
        self._keys = tuple(keys)
        self._found = found

    def row(self, row: dict[str, Any], field_sets: Sequence[FieldSet]) -> dict[str, Any]:
        return {name: self.value(value, field_sets) for name, value in row.items() if name != "ctid"}

    def value(self, value: Any, field_sets: Sequence[FieldSet]) -> Any:
        """Return a value for JSON. A sealed value is opened, or replaced by "(sealed)"."""
        match value:
            case dict():
                return {name: self.value(part, field_sets) for name, part in value.items()}
            case list() | tuple():
                return [self.value(part, field_sets) for part in value]
            case bytes():
                return self._sealed(value, field_sets) if looks_sealed(value) else "(digest)"
            case str() if (decoded := decode_base64(value)) is not None and looks_sealed(decoded):
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
        """Open the parts that are sealed again with the key of a second person."""
        if not isinstance(content, dict):
            return content
        return {
            name: self.value(part, field_sets) if isinstance(part, bytes) else part
            for name, part in content.items()
        }


def decode_base64(text: str) -> bytes | None:
    """Decode a base64 text of an event. Return None for any other text."""
    try:
        return base64.b64decode(text, altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return None


def sealed_texts(message: bytes) -> list[str]:
    """Return the sealed values in the bytes of a message that could not be handled."""
    return [text for text in _BASE64.findall(message.decode("ascii", "replace")) if _is_sealed(text)]


def _is_sealed(text: str) -> bool:
    decoded = decode_base64(text)
    return decoded is not None and looks_sealed(decoded)
