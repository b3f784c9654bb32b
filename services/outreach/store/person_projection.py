"""Store of the person projection: the newest state that registration has told of each person."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from contracts.events.registration import PersonCorrected, PersonState, RegistrationEvent
from contracts.events.vocabulary import BarReason, WithheldReason
from contracts.rules.consent import ConsentState, consents_of, restriction_of
from kit.database.database import Session
from services.outreach.store.people import STATED, columns

_SET: Final = (
    f"{STATED}, revision, role, language, age_band, possible, contact, preferred, restriction, "
    "do_not_contact_lifted, merged_into, forgotten_at"
)
_EXCLUDED: Final = ",".join(f"excluded.{name.strip()}" for name in _SET.split(","))
_WRITE: Final = f"""
insert into person as p (registration_id, incident_id, exercise, {_SET})
select r, i, e, rx, rw, string_to_array(ra, ','), cg, cx, cw, string_to_array(ca, ','),
    string_to_array(ch, ','), revision, role, language, age, string_to_array(possible, ','), contact,
    preferred, restriction, lifted, merged_into, forgotten_at
from unnest($1::uuid[], $2::uuid[], $3::boolean[], $4::timestamptz[], $5::timestamptz[], $6::text[],
    $7::timestamptz[], $8::timestamptz[], $9::timestamptz[], $10::text[], $11::text[], $12::bigint[],
    $13::text[], $14::text[], $15::text[], $16::text[], $17::bytea[], $18::text[], $19::text[],
    $20::timestamptz[], $21::uuid[], $22::timestamptz[])
    as u(r, i, e, rx, rw, ra, cg, cx, cw, ca, ch, revision, role, language, age, possible, contact,
        preferred, restriction, lifted, merged_into, forgotten_at)
order by r
on conflict (registration_id) do update set ({_SET}) = ({_EXCLUDED}),
    recipient = case when excluded.forgotten_at is null then p.recipient end
where p.revision < excluded.revision
"""  # noqa: S608 - our own column names


async def write_states(session: Session, newest: Collection[RegistrationEvent]) -> None:
    """Keep the states of a higher revision."""
    rows = [_row(event, event.person) for event in newest if event.person is not None]
    if rows:
        await session.execute(_WRITE, *columns(rows))


def _row(event: RegistrationEvent, state: PersonState) -> tuple[object, ...]:
    registration, contact = consents_of(state)
    lifted = [one.lifted_at for one in state.restrictions if one.reason is BarReason.DO_NOT_CONTACT]
    return (
        event.registration_id,
        event.incident_id,
        event.exercise,
        *_columns(registration),
        contact.consent.given_at if contact.consent else None,
        *_columns(contact),
        ",".join(contact.consent.channels) if contact.consent else "",
        event.revision,
        state.role,
        state.language,
        state.age_band,
        ",".join(state.channels),
        state.contact,
        state.preferred_channel,
        restriction_of(state),
        lifted[0] if lifted else None,
        state.merged_into,
        state.erased_at,
    )


def _columns(state: ConsentState) -> tuple[object, ...]:
    consent = state.consent
    if consent is None:
        return None, state.withdrawn_at, ""
    return consent.expires_at, state.withdrawn_at, ",".join(consent.authorities)


async def note_withdrawal(
    session: Session, registration_ids: Sequence[UUID], reason: WithheldReason, at: datetime
) -> None:
    """Write a withdrawal from a call, before registration reports it. The caller locked the people.

    A state that does not hold the withdrawal yet may still arrive. It does not undo the withdrawal.
    """
    column = "declined_on_call_at"
    if reason is WithheldReason.CONSENT_WITHDRAWN:
        column = "withdrawn_on_call_at"
    await session.execute(
        f"update person set {column} = greatest({column}, $2, contact_given_at) "  # noqa: S608 - our own names
        "where registration_id = any($1::uuid[])",
        registration_ids,
        at,
    )


async def note_rerouting(session: Session, event: PersonCorrected) -> None:
    """Note that routing decides again about a person. The latest time counts."""
    await session.execute(
        "update person set rerouted_from = greatest(rerouted_from, $2) where registration_id = $1",
        event.registration_id,
        event.corrected_at,
    )
