"""One person's ledger: a consent is given, or withdrawn. The caller holds the person's row."""

import asyncpg

from contracts.ids import ConsentId, RegistrationId
from contracts.registration import ConsentWithdrawn
from kit import outbox
from kit.database import Session
from kit.ids import new_id
from kit.sealing import DataKey
from services.registration.domain.consent import (
    Given,
    NewConsent,
    Teller,
    ToldBy,
    Withdrawn,
    documentation_of,
    fold,
)
from services.registration.records import Recorded, consent_given, given_row, seal_consent
from services.registration.store import consents


async def give(
    session: Session, person: asyncpg.Record, new: NewConsent, key: DataKey, recorded: Recorded
) -> bool:
    """Tell whether the consent stands: one given before a withdrawal does not, but is kept."""
    registration_id: RegistrationId = person["id"]
    ledger = (await consents.ledgers(session, [registration_id]))[registration_id]
    if any(isinstance(entry, Given) and entry.terms == new.terms for entry in ledger):
        return fold(ledger).stands(new.terms)
    sealed = seal_consent(new, key)
    await consents.insert_given(session, [given_row(sealed, registration_id, registration_id, recorded)])
    state = fold([*ledger, sealed.given])
    await consents.write_states(session, {registration_id: state})
    stands = state.stands(new.terms)
    if stands:
        event = consent_given(
            person["incident_id"], registration_id, sealed.given, exercise=person["exercise"]
        )
        await outbox.emit(session, [event])
    return stands


async def withdraw(
    session: Session,
    person: asyncpg.Record,
    withdrawn: Withdrawn,
    recorded: Recorded,
    *,
    told_by: ToldBy = ToldBy.PERSON,
    teller: Teller | None = None,
    key: DataKey | None = None,
) -> None:
    """Record a withdrawal. One that comes after a later consent ends that too, when it is told.

    `teller`: who told it, sealed with `key`, the person's own.
    """
    registration_id: RegistrationId = person["id"]
    ledger = (await consents.ledgers(session, [registration_id]))[registration_id]
    if fold(ledger).given_after(withdrawn.purpose, withdrawn.at):
        withdrawn = Withdrawn(withdrawn.purpose, recorded.at, withdrawn.how)
    entry_id = ConsentId(new_id())
    documentation = key.seal(documentation_of(entry_id), teller) if key and teller else None
    await consents.insert_withdrawn(
        session, entry_id, registration_id, withdrawn, recorded.at, recorded.by, told_by, documentation
    )
    await consents.write_states(session, {registration_id: fold([*ledger, withdrawn])})
    event = ConsentWithdrawn(
        incident_id=person["incident_id"],
        exercise=person["exercise"],
        registration_id=registration_id,
        purpose=withdrawn.purpose,
        withdrawn_at=withdrawn.at,
    )
    await outbox.emit(session, [event])
