"""Store of the person projection: consents, contact details and restrictions from registration.v1."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from contracts.events.registration import PersonRegistered
from contracts.events.vocabulary import BarReason
from contracts.rules.consent import Consents, ConsentState
from contracts.wire.event import PersonEvent
from kit.database.database import Session
from services.notify.store.people import CONSENTS, PersonConsents, columns, read_consents


async def lock_consents(session: Session, ids: Iterable[UUID]) -> dict[UUID, Consents]:
    rows = await session.fetch(
        PersonConsents,
        f"select registration_id, {CONSENTS} from person "  # noqa: S608 - our own column names
        "where registration_id = any($1::uuid[]) order by registration_id for no key update",
        list(ids),
    )
    return {row.registration_id: read_consents(row) for row in rows}


_SET_CONSENTS = (
    f"({CONSENTS}) = (" + ",".join(f"excluded.{name.strip()}" for name in CONSENTS.split(",")) + ")"
)
_CONSENT_VALUES = """rc, rg, rx, rw, rs, cc, string_to_array(ch, ','), cg, cx, cw, cs,
    string_to_array(ra, ','), string_to_array(ca, ','), rt"""
_CONSENT_NAMES = "rc, rg, rx, rw, rs, cc, ch, cg, cx, cw, cs, ra, ca, rt"
_CONSENT_ARRAYS = """$4::uuid[], $5::timestamptz[], $6::timestamptz[], $7::timestamptz[], $8::boolean[],
    $9::uuid[], $10::text[], $11::timestamptz[], $12::timestamptz[], $13::timestamptz[], $14::boolean[],
    $15::text[], $16::text[], $17::timestamptz[]"""

_REGISTER = f"""
insert into person as p (registration_id, incident_id, exercise, {CONSENTS}, registered, contact,
    do_not_contact_since, restricted_since)
select r, i, e, {_CONSENT_VALUES}, true, contact, dnc, restricted
from unnest($1::uuid[], $2::uuid[], $3::boolean[], {_CONSENT_ARRAYS}, $18::bytea[], $19::timestamptz[],
    $20::timestamptz[])
    as u(r, i, e, {_CONSENT_NAMES}, contact, dnc, restricted)
order by r
on conflict (registration_id) do update set {_SET_CONSENTS}, registered = true,
    contact = case when p.corrected_at is not null then p.contact
        when p.forgotten_at is null then excluded.contact end,
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


_INTRODUCE = f"""
insert into person (registration_id, incident_id, exercise, {CONSENTS}, registered, contact,
    do_not_contact_since, restricted_since)
select r, i, e, {_CONSENT_VALUES}, registered, contact, dnc, restricted
from unnest($1::uuid[], $2::uuid[], $3::boolean[], {_CONSENT_ARRAYS}, $18::boolean[], $19::bytea[],
    $20::timestamptz[], $21::timestamptz[])
    as u(r, i, e, {_CONSENT_NAMES}, registered, contact, dnc, restricted)
order by r
on conflict do nothing returning registration_id
"""  # noqa: S608 - our own column names


async def insert_new(session: Session, people: Sequence[tuple[PersonEvent, Consents]]) -> set[UUID]:
    """Insert the people without a row; return them. The rows of the others exist and can be locked."""
    rows = [
        (
            *_key(event),
            *_flat(found),
            *(
                (True, event.contact, *_barred(event))
                if isinstance(event, PersonRegistered)
                else (False, None, None, None)
            ),
        )
        for event, found in people
    ]
    return {row[0] for row in await session.fetch(_INTRODUCE, *columns(rows))}


async def register(session: Session, people: Sequence[tuple[PersonRegistered, Consents]]) -> None:
    """Upsert people with their consents. An erased person gets no contact details back."""
    rows = [(*_key(event), *_flat(found), event.contact, *_barred(event)) for event, found in people]
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


async def forget(session: Session, people: Sequence[tuple[UUID, UUID, bool, datetime]]) -> None:
    await session.execute(
        """
        insert into person (registration_id, incident_id, exercise, forgotten_at)
        select * from unnest($1::uuid[], $2::uuid[], $3::boolean[], $4::timestamptz[]) as u(r, i, e, f)
        order by r
        on conflict (registration_id) do update set forgotten_at = excluded.forgotten_at, contact = null,
            phone_key = null, phone_of = null
        """,
        *columns(people),
    )
