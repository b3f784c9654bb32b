"""Store of the person projection: the newest state that registration has told of each person."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from contracts.events.registration import PersonState, RegistrationEvent
from contracts.rules.consent import ConsentState, consents_of, restriction_of
from kit.database.database import Session
from services.notify.store.people import CONSENTS, columns

_SET: Final = f"{CONSENTS}, revision, barred, merged_into, forgotten_at"
_EXCLUDED: Final = ",".join(f"excluded.{name.strip()}" for name in _SET.split(","))
_WRITE: Final = f"""
insert into person as p (registration_id, incident_id, exercise, contact, {_SET})
select r, i, e, contact, rx, rw, string_to_array(ra, ','), cx, cw, string_to_array(ca, ','),
    string_to_array(ch, ','), revision, barred, merged_into, forgotten_at
from unnest($1::uuid[], $2::uuid[], $3::boolean[], $4::bytea[], $5::timestamptz[], $6::timestamptz[],
    $7::text[], $8::timestamptz[], $9::timestamptz[], $10::text[], $11::text[], $12::bigint[], $13::text[],
    $14::uuid[], $15::timestamptz[])
    as u(r, i, e, contact, rx, rw, ra, cx, cw, ca, ch, revision, barred, merged_into, forgotten_at)
order by r
on conflict (registration_id) do update set ({_SET}) = ({_EXCLUDED}), contact = excluded.contact,
    phone_key = case when excluded.forgotten_at is null then p.phone_key end,
    phone_of = case when excluded.forgotten_at is null then p.phone_of end
where p.revision < excluded.revision
returning p.registration_id, p.xmax <> 0 as known
"""  # noqa: S608 - our own column names


async def write_states(session: Session, newest: Collection[RegistrationEvent]) -> set[UUID]:
    """Keep the states of a higher revision. Return the people who were known before and have changed."""
    rows = [_row(event, event.person) for event in newest if event.person is not None]
    known = await session.fetchpairs(_WRITE, *columns(rows)) if rows else {}
    return {registration_id for registration_id, is_known in known.items() if is_known}


def _row(event: RegistrationEvent, state: PersonState) -> tuple[object, ...]:
    registration, contact = consents_of(state)
    return (
        event.registration_id,
        event.incident_id,
        event.exercise,
        state.contact,
        *_columns(registration),
        *_columns(contact),
        ",".join(contact.consent.channels) if contact.consent else "",
        event.revision,
        restriction_of(state),
        state.merged_into,
        state.erased_at,
    )


def _columns(state: ConsentState) -> tuple[object, ...]:
    consent = state.consent
    if consent is None:
        return None, state.withdrawn_at, ""
    return consent.expires_at, state.withdrawn_at, ",".join(consent.authorities)
