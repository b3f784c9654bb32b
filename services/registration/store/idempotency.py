"""Idempotency keys and their results."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from contracts.events.ids import RegistrationId
from kit.database.database import Session


@dataclass(frozen=True, slots=True)
class KeyResult:
    """The result of the first request with a key."""

    key: bytes
    id: UUID
    body: bytes | None
    repeat_of: RegistrationId | None
    forgotten: bool


async def results_by_key(session: Session, keys: Sequence[bytes]) -> dict[bytes, KeyResult]:
    rows = await session.fetch(
        KeyResult,
        "select i.key, i.made as id, i.body, r.repeat_of, r.forgotten_at is not null as forgotten"
        " from intake i left join registration r on r.id = i.made where i.key = any($1::bytea[])",
        keys,
    )
    return {row.key: row for row in rows}


async def replace_body(session: Session, key: bytes, body: bytes | None, before: KeyResult) -> None:
    """Store the latest body of a key. Store the earlier body as a key, so that its repeat is recognised."""
    await session.execute("update intake set body = $2 where key = $1", key, body)
    if before.body is not None:
        await session.execute(
            "insert into intake (key, made) values ($1, $2) on conflict do nothing", before.body, before.id
        )


async def claim_keys(session: Session, claims: Iterable[tuple[bytes, bytes | None, UUID]]) -> set[bytes]:
    """Claim (key, body, result id) triples. Return the keys that were free.

    Rows are inserted in key order, so that two transactions cannot deadlock.
    """
    free = await session.fetchcolumn(
        "insert into intake (key, body, made) select * from unnest($1::bytea[], $2::bytea[], $3::uuid[])"
        " on conflict do nothing returning key",
        *zip(*sorted(claims, key=lambda claim: claim[0]), strict=True),
    )
    return set(free)
