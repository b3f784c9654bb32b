"""The events that a service has handled: table inbox(ce_id), daily partitions by the time inside the id."""

from collections.abc import Sequence
from uuid import UUID

from kit.database.database import Session


async def claim(session: Session, event_ids: Sequence[UUID]) -> set[UUID]:
    """Claim the ids for this transaction. Return those that were not claimed before."""
    claimed = await session.fetchcolumn(
        "insert into inbox (ce_id) select unnest($1::uuid[]) on conflict do nothing returning ce_id",
        event_ids,
    )
    return set(claimed)
