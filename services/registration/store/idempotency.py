"""What came in, each once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from contracts.events.ids import RegistrationId
from kit.database.database import Session


@dataclass(frozen=True, slots=True)
class KeyResult:
    """What came of something that came in."""

    id: UUID
    body: bytes | None
    repeat_of: RegistrationId | None
    forgotten: bool


async def results_by_key(session: Session, keys: Sequence[bytes]) -> dict[bytes, KeyResult]:
    rows = await session.fetch(
        "select i.key, i.made, i.body, r.repeat_of, r.forgotten_at is not null"
        " from intake i left join registration r on r.id = i.made where i.key = any($1::bytea[])",
        keys,
    )
    return {row[0]: KeyResult(row[1], row[2], row[3], row[4]) for row in rows}


async def replace_body(session: Session, key: bytes, body: bytes | None, before: KeyResult) -> None:
    """Write what came last under a key. What came before is known as that, should it come again."""
    await session.execute("update intake set body = $2 where key = $1", key, body)
    if before.body is not None:
        await session.execute(
            "insert into intake (key, made) values ($1, $2) on conflict do nothing", before.body, before.id
        )


async def claim_keys(session: Session, claims: Iterable[tuple[bytes, bytes | None, UUID]]) -> set[bytes]:
    """Claim (key, body, what it makes); give the keys that were free.

    In key order, so that no two transactions wait for each other.
    """
    rows = await session.fetch(
        "insert into intake (key, body, made) select * from unnest($1::bytea[], $2::bytea[], $3::uuid[])"
        " on conflict do nothing returning key",
        *zip(*sorted(claims, key=lambda claim: claim[0]), strict=True),
    )
    return {row[0] for row in rows}
