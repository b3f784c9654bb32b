"""The consent ledger, and the state it folds to."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from contracts.event import Sealed
from contracts.ids import AuthorityId, ConsentId, RegistrationId
from contracts.vocabulary import Channel, ObtainedBy, Purpose
from kit.database import Session
from services.registration.domain.consent import (
    Consents,
    Entry,
    Given,
    Terms,
    ToldBy,
    Withdrawn,
    WithdrawnBy,
)

GIVEN_COLUMNS = (
    "id", "registration_id", "kind", "purpose", "at", "recorded_at", "recorded_by", "channels", "expires_at",
    "wording", "language", "obtained", "form_number", "authorities", "key_of", "documentation",
)  # fmt: skip


async def insert_given(session: Session, rows: Iterable[Sequence[object]]) -> None:
    await session.copy("consent_entry", GIVEN_COLUMNS, rows)


async def insert_withdrawn(
    session: Session,
    entry_id: UUID,
    registration_id: RegistrationId,
    withdrawn: Withdrawn,
    at: datetime,
    by: str,
    told_by: ToldBy,
    documentation: Sealed | None,
) -> None:
    await session.run(
        "insert into consent_entry (id, registration_id, kind, purpose, at, recorded_at, recorded_by,"
        " withdrawn_by, told_by, key_of, documentation)"
        " values ($1, $2, 'withdrawn', $3, $4, $5, $6, $7, $8, $2, $9)",
        entry_id, registration_id, withdrawn.purpose, withdrawn.at, at, by, withdrawn.how, told_by,
        documentation,
    )  # fmt: skip


async def ledger_rows(session: Session, registration_id: RegistrationId) -> list[asyncpg.Record]:
    return await session.fetch(
        "select * from consent_entry where registration_id = $1 order by at, id", registration_id
    )


async def ledgers(
    session: Session, registration_ids: Sequence[RegistrationId]
) -> dict[RegistrationId, list[Entry]]:
    rows = await session.fetch(
        "select * from consent_entry where registration_id = any($1::uuid[])", registration_ids
    )
    found: dict[RegistrationId, list[Entry]] = {one: [] for one in registration_ids}
    for row in rows:
        found[row["registration_id"]].append(entry_of(row))
    return found


async def write_states(session: Session, states: Mapping[RegistrationId, Consents]) -> None:
    """Write what the ledgers fold to; the rows are locked by the caller."""
    columns: list[tuple[Any, ...]] = [
        (one, state.until(Purpose.REGISTRATION), state.until(Purpose.CONTACT), state.withdrawn)
        for one, state in states.items()
    ]
    await session.run(
        """
        update registration r
        set registration_until = s.registration_until, contact_until = s.contact_until,
            withdrawn = s.withdrawn
        from unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::boolean[])
            as s (id, registration_until, contact_until, withdrawn)
        where r.id = s.id
        """,
        *zip(*columns, strict=True),
    )


def entry_of(row: asyncpg.Record) -> Entry:
    if row["kind"] == "withdrawn":
        return Withdrawn(Purpose(row["purpose"]), row["at"], WithdrawnBy(row["withdrawn_by"]))
    terms = Terms(
        purpose=Purpose(row["purpose"]),
        channels=tuple(Channel(channel) for channel in row["channels"]),
        at=row["at"],
        expires_at=row["expires_at"],
        wording=row["wording"],
        language=row["language"],
        obtained=ObtainedBy(row["obtained"]),
        form_number=row["form_number"],
        authorities=tuple(AuthorityId(authority) for authority in row["authorities"]),
    )
    return Given(ConsentId(row["id"]), terms)
