"""Store of the person projection: the columns that the events of registration.v1 write, in bulk."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from contracts.events.registration import (
    ContactBarLifted,
    ContactBarred,
    PersonCorrected,
    PersonMerged,
    PersonRegistered,
    PersonUnmerged,
)
from contracts.events.vocabulary import BarReason, WithheldReason
from contracts.rules.consent import Consents, ConsentState
from contracts.wire.event import PersonEvent
from kit.database.database import Session
from services.outreach.store.people import CONSENTS, columns, read_consents

_SET_CONSENTS = (
    f"({CONSENTS}) = (" + ",".join(f"excluded.{name.strip()}" for name in CONSENTS.split(",")) + ")"
)
_CONSENT_VALUES = """rc, rg, rx, rw, rs, cc, string_to_array(ch, ','), cg, cx, cw, cs,
    string_to_array(ra, ','), string_to_array(ca, ','), rt"""
_CONSENT_ARRAYS = """$4::uuid[], $5::timestamptz[], $6::timestamptz[], $7::timestamptz[], $8::boolean[],
    $9::uuid[], $10::text[], $11::timestamptz[], $12::timestamptz[], $13::timestamptz[], $14::boolean[],
    $15::text[], $16::text[], $17::timestamptz[]"""
_CONSENT_NAMES = "rc, rg, rx, rw, rs, cc, ch, cg, cx, cw, cs, ra, ca, rt"

# a correction stays, even if the registration event arrives after it
_REGISTER = f"""
insert into person as p (registration_id, incident_id, exercise, {CONSENTS},
    registered, role, language, age_band, possible, contact, preferred,
    do_not_contact_since, restricted_since)
select r, i, e, {_CONSENT_VALUES}, true, role, language, age, string_to_array(possible, ','), contact,
    preferred, dnc, restricted
from unnest($1::uuid[], $2::uuid[], $3::boolean[], {_CONSENT_ARRAYS},
    $18::text[], $19::text[], $20::text[], $21::text[], $22::bytea[], $23::text[], $24::timestamptz[],
    $25::timestamptz[])
    as u(r, i, e, {_CONSENT_NAMES}, role, language, age, possible, contact, preferred, dnc, restricted)
order by r
on conflict (registration_id) do update set {_SET_CONSENTS}, registered = true,
    (role, language, age_band, possible, contact, preferred) = (
        select p.role, p.language, p.age_band, p.possible, p.contact, p.preferred
            where p.corrected_at is not null
        union all
        select excluded.role, excluded.language, excluded.age_band, excluded.possible,
            case when p.forgotten_at is null then excluded.contact end, excluded.preferred
            where p.corrected_at is null),
    do_not_contact_since = greatest(p.do_not_contact_since, excluded.do_not_contact_since),
    restricted_since = greatest(p.restricted_since, excluded.restricted_since)
"""  # noqa: S608 - our own column names

_WRITE_CONSENTS = f"""
insert into person (registration_id, incident_id, exercise, {CONSENTS})
select r, i, e, {_CONSENT_VALUES} from unnest($1::uuid[], $2::uuid[], $3::boolean[], {_CONSENT_ARRAYS})
    as u(r, i, e, {_CONSENT_NAMES})
order by r
on conflict (registration_id) do update set {_SET_CONSENTS}
"""  # noqa: S608 - our own column names


async def lock_consents(session: Session, ids: Iterable[UUID]) -> dict[UUID, Consents]:
    rows = await session.fetch(
        f"select registration_id, {CONSENTS} from person "  # noqa: S608 - our own column names
        "where registration_id = any($1::uuid[]) order by registration_id for no key update",
        list(ids),
    )
    return {row["registration_id"]: read_consents(row) for row in rows}


async def register(session: Session, people: Sequence[tuple[PersonRegistered, Consents]]) -> None:
    """Upsert people with their consents. An erased person gets no contact details back."""
    rows = [
        (
            *_key(event),
            *_flat(found),
            event.role,
            event.language,
            event.age_band,
            ",".join(event.channels),
            event.contact,
            event.preferred_channel,
            *_barred(event),
        )
        for event, found in people
    ]
    await session.execute(_REGISTER, *columns(rows))


async def write_consents(session: Session, people: Sequence[tuple[PersonEvent, Consents]]) -> None:
    await session.execute(
        _WRITE_CONSENTS, *columns([(*_key(event), *_flat(found)) for event, found in people])
    )


def _key(event: PersonEvent) -> tuple[UUID, UUID, bool]:
    return event.registration_id, event.incident_id, event.exercise


def _barred(event: PersonRegistered) -> tuple[datetime | None, ...]:
    if not event.bars:
        return None, None
    reasons = BarReason.DO_NOT_CONTACT, BarReason.RESTRICTED
    return tuple([event.registered_at if reason in event.bars else None for reason in reasons])


def _flat(found: Consents) -> tuple[object, ...]:
    registration, contact = found
    channels = ",".join(contact.consent.channels) if contact.consent else ""
    first, *rest = _state_columns(contact)
    return (
        *_state_columns(registration),
        first,
        channels,
        *rest,
        _covered(registration),
        _covered(contact),
        contact.restated_at,
    )


def _covered(state: ConsentState) -> str:
    return ",".join(state.consent.authorities) if state.consent else ""


def _state_columns(state: ConsentState) -> tuple[object, ...]:
    consent = state.consent
    given = (consent.consent_id, consent.given_at, consent.expires_at) if consent else (None, None, None)
    return (*given, state.withdrawn_at, state.stands)


async def correct(session: Session, events: Sequence[PersonCorrected]) -> None:
    """Write the latest correction of each person. An older event never replaces a newer one."""
    await session.execute(
        """
        insert into person as p (registration_id, incident_id, exercise, role, language, age_band, possible,
            contact, preferred, corrected_at)
        select r, i, e, role, language, age, string_to_array(possible, ','), contact, preferred, at
        from unnest($1::uuid[], $2::uuid[], $3::boolean[], $4::text[], $5::text[], $6::text[], $7::text[],
            $8::bytea[], $9::text[], $10::timestamptz[])
            as u(r, i, e, role, language, age, possible, contact, preferred, at)
        order by r
        on conflict (registration_id) do update set role = excluded.role, language = excluded.language,
            age_band = excluded.age_band, possible = excluded.possible, preferred = excluded.preferred,
            contact = case when p.forgotten_at is null then excluded.contact end,
            corrected_at = excluded.corrected_at
        where p.corrected_at is null or p.corrected_at < excluded.corrected_at
        """,
        *columns(
            [
                (
                    *_key(event),
                    event.role,
                    event.language,
                    event.age_band,
                    ",".join(event.channels),
                    event.contact,
                    event.preferred_channel,
                    event.corrected_at,
                )
                for event in events
            ]
        ),
    )


_TIME_OF: Final[dict[tuple[type[PersonEvent], BarReason], str]] = {
    (ContactBarred, BarReason.DO_NOT_CONTACT): "do_not_contact_since",
    (ContactBarLifted, BarReason.DO_NOT_CONTACT): "do_not_contact_lifted",
    (ContactBarred, BarReason.RESTRICTED): "restricted_since",
    (ContactBarLifted, BarReason.RESTRICTED): "restricted_lifted",
}


async def bar(session: Session, event: ContactBarred | ContactBarLifted) -> None:
    at = event.barred_at if isinstance(event, ContactBarred) else event.lifted_at
    await _note_time(session, event, _TIME_OF[type(event), event.reason], at)


async def note_withdrawal(
    session: Session, registration_ids: Sequence[UUID], reason: WithheldReason, at: datetime
) -> None:
    """Write a withdrawal from a call, before registration reports it. The caller locked the people."""
    column, also = "do_not_contact_since", ""
    if reason is WithheldReason.CONSENT_WITHDRAWN:
        column, also = "contact_withdrawn_at", ", contact_stands = false"
    await session.execute(
        f"update person set {column} = greatest({column}, $2){also} "  # noqa: S608 - our own column names
        "where registration_id = any($1::uuid[])",
        registration_ids,
        at,
    )


async def unmerge(session: Session, event: PersonUnmerged) -> None:
    await _note_time(session, event, "unmerged_at", event.unmerged_at)


async def note_rerouting(session: Session, event: PersonCorrected) -> None:
    await _note_time(session, event, "rerouted_from", event.corrected_at)


async def _note_time(session: Session, event: PersonEvent, column: str, at: datetime) -> None:
    """Keep the latest time of a fact, in whatever order the events arrive."""
    await session.execute(
        f"""
        insert into person as p (registration_id, incident_id, exercise, {column}) values ($1, $2, $3, $4)
        on conflict (registration_id) do update set {column} = greatest(p.{column}, excluded.{column})
        """,  # noqa: S608 - our own column names
        *_key(event),
        at,
    )


async def merge(session: Session, event: PersonMerged) -> None:
    await session.execute(
        """
        insert into person as p (registration_id, incident_id, exercise, merged_into, merged_at)
        values ($1, $2, $3, $4, $5)
        on conflict (registration_id) do update set merged_into = excluded.merged_into,
            merged_at = excluded.merged_at
        where p.merged_at is null or p.merged_at < excluded.merged_at
        """,
        *_key(event),
        event.into,
        event.merged_at,
    )


async def forget(session: Session, people: Sequence[tuple[UUID, UUID, bool, datetime]]) -> None:
    await session.execute(
        """
        insert into person (registration_id, incident_id, exercise, forgotten_at)
        select * from unnest($1::uuid[], $2::uuid[], $3::boolean[], $4::timestamptz[]) as u(r, i, e, f)
        order by r
        on conflict (registration_id) do update
            set forgotten_at = excluded.forgotten_at, contact = null, recipient = null
        """,
        *columns(people),
    )
