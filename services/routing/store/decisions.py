"""The decisions. Rows are never deleted."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from contracts.events.ids import AuthorityId
from kit.database.database import Session


@dataclass(frozen=True, slots=True)
class DecisionRow:
    registration_id: UUID
    on: date
    decided_at: datetime
    outcome: str
    reason: str
    decided_by: str | None = None  # None: by the rules
    municipality: str | None = None
    region: str | None = None
    health_council: str | None = None
    acting: str | None = None
    covered_by: tuple[str, ...] = ()
    note: bytes | None = None  # sealed
    candidates: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    died: bool | None = None  # None: unknown, keep the stored value


async def not_before_last(session: Session, registration_ids: Collection[UUID], at: datetime) -> datetime:
    """Return the time to record for locked people: `at`, or just after their last decision."""
    last: datetime | None = await session.fetchval(
        "select max(decided_at) from decision where registration_id = any($1::uuid[])", list(registration_ids)
    )
    return at if last is None or at >= last else last + timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class ListedDecision:
    on_date: date
    decided_at: datetime
    decided_by: str | None
    outcome: str
    municipality: AuthorityId | None
    region: str | None
    health_council: str | None
    acting: str | None
    reason: str
    note: bytes | None  # sealed
    candidates: list[str]
    doubts: list[str]


async def drop_notes(session: Session, registration_ids: Sequence[UUID]) -> None:
    await session.execute(
        "update decision set note = null where registration_id = any($1::uuid[]) and note is not null",
        registration_ids,
    )


async def add_decisions(session: Session, decisions: Sequence[DecisionRow]) -> None:
    await session.copy(
        "decision",
        (
            "registration_id", "on_date", "decided_at", "decided_by", "outcome", "municipality", "region",
            "health_council", "acting", "covered_by", "reason", "note", "candidates", "doubts",
        ),
        [
            (
                d.registration_id, d.on, d.decided_at, d.decided_by, d.outcome, d.municipality, d.region,
                d.health_council, d.acting, d.covered_by, d.reason, d.note, d.candidates, d.doubts,
            )
            for d in decisions
        ],
    )  # fmt: skip


async def list_decisions(session: Session, registration_id: UUID) -> list[ListedDecision]:
    """List the decisions, oldest first."""
    return await session.fetch(
        ListedDecision,
        "select on_date, decided_at, decided_by, outcome, municipality, region, health_council, acting, "
        "reason, note, candidates, doubts from decision where registration_id = $1 order by seq",
        registration_id,
    )
