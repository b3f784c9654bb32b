"""The consent ledger and its folded state."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.events.ids import AuthorityId, ConsentId, RegistrationId
from contracts.events.vocabulary import Channel, ObtainedBy, Purpose
from contracts.wire.sealed import Sealed
from kit.database.database import Session
from kit.database.rows import select_list
from services.registration.domain.combined_consents import Fact, Trail, gather
from services.registration.domain.consent import (
    ConsentDetails,
    Consents,
    Entry,
    Given,
    ToldBy,
    Withdrawn,
    WithdrawnBy,
)
from services.registration.store.tables import consent_entry

GIVEN_COLUMNS = (
    "id", "registration_id", "kind", "purpose", "at", "recorded_at", "recorded_by", "channels", "expires_at",
    "wording", "language", "obtained", "form_number", "authorities", "key_of", "documentation",
    "unconfirmed", "device_at",
)  # fmt: skip
# The registration whose trail an entry belongs to. The consents of a repeat stay with the repeat.
_SOURCE = "case when e.kind = 'given' then e.key_of else e.registration_id end"
_CHILDS_OWN = """
exists (select from childs_consent c where c.entry_id = e.id
    and c.registration_id = coalesce(r.repeat_of, r.id))
"""


@dataclass(frozen=True, slots=True)
class EntryRow:
    """A consent or a withdrawal.

    The constraints of the table say which columns a withdrawal lacks: they are None in it.
    """

    id: ConsentId
    registration_id: RegistrationId
    kind: str
    purpose: str
    at: datetime
    recorded_at: datetime
    recorded_by: str
    channels: list[str]
    expires_at: datetime
    wording: str
    language: str
    obtained: str
    form_number: str | None
    authorities: list[str]
    key_of: RegistrationId
    documentation: bytes = field(repr=False)  # sealed; None in a withdrawal without a teller
    withdrawn_by: str
    told_by: str | None
    unconfirmed: bool
    withdrawn_on: datetime | None
    device_at: datetime | None
    childs_own: bool


@dataclass(frozen=True, slots=True)
class _TrailRow(EntryRow):
    """An entry with its registration. Without an entry only these three have values."""

    source: RegistrationId
    parent: RegistrationId | None
    merged_at: datetime | None


@dataclass(frozen=True, slots=True)
class SealedTeller:
    """The sealed name of whoever reported a withdrawal."""

    id: ConsentId
    key_of: RegistrationId
    documentation: bytes | None = field(repr=False)


_ENTRY = select_list(EntryRow, consent_entry, "e", childs_own=_CHILDS_OWN)
_TRAIL = select_list(
    _TrailRow, consent_entry, "e", childs_own="false", source="r.id",
    parent="coalesce(r.within, r.repeat_of)", merged_at="m.merged_at",
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
    await session.execute(
        "insert into consent_entry (id, registration_id, kind, purpose, at, recorded_at, recorded_by,"
        " withdrawn_by, told_by, key_of, documentation, withdrawn_on)"
        " values ($1, $2, 'withdrawn', $3, $4, $5, $6, $7, $8, $2, $9, $10)",
        entry_id, registration_id, withdrawn.purpose, withdrawn.at, at, by, withdrawn.how, told_by,
        documentation, withdrawn.said_at,
    )  # fmt: skip


async def ledger_rows(session: Session, registration_id: RegistrationId) -> list[EntryRow]:
    """Return all ledger entries of a person and their repeats, oldest first."""
    return await session.fetch(
        EntryRow,
        f"""
        select {_ENTRY}
        from registration r join consent_entry e on {_SOURCE} = r.id
        where r.id = $1 or r.repeat_of = $1 order by e.at, e.id
        """,  # noqa: S608 - our own expression
        registration_id,
    )


async def ledgers(
    session: Session, registration_ids: Sequence[RegistrationId]
) -> dict[RegistrationId, list[Fact]]:
    """Return the consent facts of people: their own trail and those of registrations merged into them."""
    rows = await session.fetch(
        _TrailRow,
        f"""
        select {_TRAIL}
        from registration r
        left join merge m on m.away = r.id and m.undone_at is null
        left join consent_entry e on {_SOURCE} = r.id and not e.unconfirmed and not {_CHILDS_OWN}
        where r.id = any($1::uuid[]) or r.repeat_of = any($1::uuid[])
        """,  # noqa: S608 - our own expression
        registration_ids,
    )
    trails: dict[RegistrationId, Trail] = {}
    for row in rows:
        trail = trails.setdefault(row.source, Trail(row.source, row.parent, row.merged_at))
        if row.kind is not None:
            trail.facts.append(entry_of(row))
    gather(trails)
    return {one: trails[one].facts for one in registration_ids}


async def withdrawals_since_consent(
    session: Session, registration_id: RegistrationId, purpose: Purpose
) -> list[SealedTeller]:
    """Return the withdrawals of a purpose since the last consent to it that was not kept unconfirmed."""
    return await session.fetch(
        SealedTeller,
        """
        with trail as (
            select e.id, e.kind, e.at, e.key_of, e.documentation, e.unconfirmed
            from registration r join consent_entry e on e.registration_id = r.id
            where (r.id = $1 or r.repeat_of = $1) and e.purpose = $2
        )
        select id, key_of, documentation from trail
        where kind = 'withdrawn' and at >= coalesce(
            (select max(at) from trail where kind = 'given' and not unconfirmed), '-infinity')
        """,
        registration_id, purpose,
    )  # fmt: skip


async def is_kept_unconfirmed(
    session: Session, registration_id: RegistrationId, purpose: Purpose, at: datetime
) -> bool:
    """Return whether an invalid consent with that time is recorded already."""
    return bool(
        await session.fetchval(
            "select exists (select from consent_entry where registration_id = $1 and kind = 'given'"
            " and purpose = $2 and at = $3 and unconfirmed)",
            registration_id, purpose, at,
        )
    )  # fmt: skip


async def childs_own(session: Session, registration_id: RegistrationId) -> set[ConsentId]:
    """Return the invalid consents: those that a child gave without a guardian."""
    return set(
        await session.fetchcolumn(
            "select entry_id from childs_consent where registration_id = $1", registration_id
        )
    )


async def set_childs_own(
    session: Session, registration_id: RegistrationId, entries: Collection[ConsentId]
) -> None:
    await session.execute("delete from childs_consent where registration_id = $1", registration_id)
    await session.execute(
        "insert into childs_consent (entry_id, registration_id) select unnest($2::uuid[]), $1",
        registration_id, list(entries),
    )  # fmt: skip


async def write_states(session: Session, states: Mapping[RegistrationId, Consents]) -> None:
    """Write the folded states. The caller has locked the rows."""
    columns: list[tuple[Any, ...]] = [
        (one, state.until(Purpose.REGISTRATION), state.until(Purpose.CONTACT), state.withdrawn)
        for one, state in states.items()
    ]
    await session.execute(
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


def entry_of(row: EntryRow) -> Entry:
    if row.kind == "withdrawn":
        said = row.withdrawn_on
        on = said if said != row.at else None
        return Withdrawn(Purpose(row.purpose), row.at, WithdrawnBy(row.withdrawn_by), on)
    terms = ConsentDetails(
        purpose=Purpose(row.purpose),
        channels=tuple(Channel(channel) for channel in row.channels),
        at=row.at,
        expires_at=row.expires_at,
        wording=row.wording,
        language=row.language,
        obtained=ObtainedBy(row.obtained),
        form_number=row.form_number,
        authorities=tuple(AuthorityId(authority) for authority in row.authorities),
    )
    undated = row.device_at is not None
    return Given(row.id, terms, Sealed(row.documentation), row.key_of, dated_by_receipt=undated)
