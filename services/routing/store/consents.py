"""Consents with their documentation, for the handover record only, never for a decision."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from contracts.events.registration import (
    ConsentFact,
    ConsentGiven,
    ConsentsRestated,
    ConsentWithdrawn,
    PersonForgotten,
    PersonRegistered,
)
from contracts.events.vocabulary import Purpose
from contracts.wire.sealed import Sealed
from kit.database.database import Session

_TELL = """
insert into told_consent as t (registration_id, consent_id, purpose, channels, given_at, expires_at,
    authorities, wording, language, obtained, form_number, documentation, sealed_for, restated_at)
select r, c, p, string_to_array(ch, ','), g, x, string_to_array(a, ','), w, l, o, f, d, s, at
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::text[],
    $8::text[], $9::text[], $10::text[], $11::text[], $12::bytea[], $13::uuid[], $14::timestamptz[])
    as u(r, c, p, ch, g, x, a, w, l, o, f, d, s, at)
on conflict (registration_id, consent_id) do update set
    channels = excluded.channels, expires_at = excluded.expires_at, authorities = excluded.authorities,
    documentation = coalesce(excluded.documentation, t.documentation),
    restated_at = greatest(t.restated_at, excluded.restated_at)
where excluded.restated_at is not null and coalesce(t.restated_at, '-infinity') < excluded.restated_at
    or t.documentation is null
"""
_OF_PERSON = """
select t.registration_id, t.consent_id, t.purpose, t.channels, t.given_at, t.expires_at, t.authorities,
    t.wording, t.language, t.obtained, t.form_number, t.documentation, t.sealed_for, t.restated_at,
    s.contact_withdrawn_at, s.withdrawn_at, s.restated_at as all_restated_at
from told_consent t join standing s on s.registration_id = t.registration_id
where t.registration_id = $1 order by t.given_at, t.consent_id
"""


@dataclass(frozen=True, slots=True)
class ToldConsent:
    """A consent with its documentation, and the times of withdrawal and restatement of the person."""

    registration_id: UUID
    consent_id: UUID
    purpose: str
    channels: list[str]
    given_at: datetime
    expires_at: datetime
    authorities: list[str]
    wording: str | None
    language: str | None
    obtained: str | None
    form_number: str | None
    documentation: Sealed | None = field(repr=False)
    sealed_for: UUID
    restated_at: datetime | None
    contact_withdrawn_at: datetime | None
    withdrawn_at: datetime | None
    all_restated_at: datetime | None


ConsentEvent = PersonRegistered | ConsentGiven | ConsentsRestated


async def write_consents(session: Session, events: Sequence[object]) -> None:
    """Write the consents of the events; delete those of erased people."""
    rows = {
        (e.registration_id, fact.consent_id): _row(e, fact)
        for e in events
        if isinstance(e, PersonRegistered | ConsentGiven | ConsentsRestated)
        for fact in _facts(e)
    }
    if rows:
        await session.execute(_TELL, *(list(column) for column in zip(*rows.values(), strict=True)))
    ended = {
        e.registration_id: e.withdrawn_at
        for e in events
        if isinstance(e, ConsentWithdrawn) and e.purpose is Purpose.CONTACT
    }
    if ended:
        await session.execute(
            "update standing s set contact_withdrawn_at = greatest(s.contact_withdrawn_at, u.at) "
            "from unnest($1::uuid[], $2::timestamptz[]) as u(id, at) where s.registration_id = u.id",
            list(ended),
            list(ended.values()),
        )
    if gone := [e.registration_id for e in events if isinstance(e, PersonForgotten)]:
        await session.execute("delete from told_consent where registration_id = any($1::uuid[])", gone)


async def list_of_person(session: Session, registration_id: UUID) -> list[ToldConsent]:
    """List the consents, oldest first."""
    return await session.fetch(ToldConsent, _OF_PERSON, registration_id)


def _facts(event: ConsentEvent) -> tuple[ConsentFact, ...]:
    return (event.consent,) if isinstance(event, ConsentGiven) else event.consents


def _row(event: ConsentEvent, fact: ConsentFact) -> tuple[object, ...]:
    restated_at: datetime | None = event.restated_at if isinstance(event, ConsentsRestated) else None
    return (
        event.registration_id,
        fact.consent_id,
        fact.purpose,
        ",".join(fact.channels),
        fact.given_at,
        fact.expires_at,
        ",".join(fact.authorities),
        fact.wording,
        fact.language,
        fact.obtained,
        fact.form_number,
        fact.documentation,
        fact.sealed_for or event.registration_id,
        restated_at,
    )
