"""Record consents and withdrawals of one person. The caller has locked the person's row."""

from datetime import datetime
from enum import Enum, auto

from contracts.events.ids import ConsentId, RegistrationId
from contracts.events.registration import ConsentWithdrawn
from kit.database.database import Session
from kit.privacy.sealing import DataKey
from kit.runtime.ids import new_id
from services.registration.domain import consent
from services.registration.domain.audit_stamp import AuditStamp
from services.registration.domain.combined_consents import entries, fold
from services.registration.domain.consent import (
    Consents,
    Given,
    NewConsent,
    Teller,
    ToldBy,
    Withdrawn,
    documentation_of,
)
from services.registration.domain.identity_match import names_agree, names_somebody
from services.registration.events import EventSubject, consent_change_events
from services.registration.store import consents
from services.registration.store.consents import SealedTeller
from services.registration.store.people import RegistrationRow
from services.registration.store.rows import given_row, seal_consent
from services.registration.use_cases.emit_events import emit_person_events


class ConsentEffect(Enum):
    """The effect of a recorded consent."""

    STANDS = auto()
    ENDED = auto()  # given before a withdrawal; it is stored
    GUARDIANS_DISAGREE = auto()  # invalid until a person decides; it is stored


async def give(
    session: Session,
    person: RegistrationRow,
    new: NewConsent,
    key: DataKey,
    stamp: AuditStamp,
    *,
    child: bool,
    guardians_agree: bool,
) -> ConsentEffect:
    """Record a consent. A refusal for a child stays, unless the same guardian consents or a person decides.

    `key`: the key of the named registration, which owns the consent.
    `guardians_agree`: the caller has asked both guardians or decides for them.
    """
    registration_id: RegistrationId = person.id
    ledger = (await consents.ledgers(session, [registration_id]))[registration_id]
    before = fold(ledger)
    sealed, named = seal_consent(new, key), person.addressed
    for entry in entries(ledger):
        if isinstance(entry, Given) and (entry.terms, entry.sealed_for) == (new.terms, named):
            return ConsentEffect.STANDS if before.holds(entry.consent_id) else ConsentEffect.ENDED
    if child and not guardians_agree and await _other_guardian_refused(session, person, before, new, key):
        terms = new.terms
        if not await consents.is_kept_unconfirmed(session, named, terms.purpose, terms.at):
            row = given_row(sealed, named, named, stamp, unconfirmed=True)
            await consents.insert_given(session, [row])
        return ConsentEffect.GUARDIANS_DISAGREE
    await consents.insert_given(session, [given_row(sealed, named, named, stamp)])
    after = await restate(session, EventSubject.of(person), before, stamp.at)
    return ConsentEffect.STANDS if after.holds(sealed.given.consent_id) else ConsentEffect.ENDED


async def _other_guardian_refused(
    session: Session, person: RegistrationRow, before: Consents, new: NewConsent, key: DataKey
) -> bool:
    """Return whether someone else than this guardian has withdrawn since the last consent.

    A withdrawal without a name may be the other guardian's. A name such as "ukendt mand" identifies nobody
    and agrees with every name. Here it counts as no name.
    """
    purpose, guardian = new.terms.purpose, new.documentation.guardian
    if not before.refused(purpose):
        return False
    since = await consents.withdrawals_since_consent(session, person.id, purpose)
    return not since or not all(_is_of_guardian(row, guardian, person, key) for row in since)


def _is_of_guardian(
    withdrawal: SealedTeller, guardian: str | None, person: RegistrationRow, key: DataKey
) -> bool:
    if withdrawal.documentation is None or withdrawal.key_of != person.addressed:
        return False
    teller = key.open(documentation_of(ConsentId(withdrawal.id)), withdrawal.documentation, Teller)
    if guardian is None or not (names_somebody(teller.name) and names_somebody(guardian)):
        return False
    return names_agree(teller.name, guardian)


async def restate(session: Session, about: EventSubject, before: Consents, at: datetime) -> Consents:
    """Fold the ledgers, write the state, and emit the changes."""
    registration_id = about.registration_id
    after = fold((await consents.ledgers(session, [registration_id]))[registration_id])
    await consents.write_states(session, {registration_id: after})
    await emit_person_events(session, consent_change_events(about, before, after, at))
    return after


async def withdraw(
    session: Session,
    person: RegistrationRow,
    withdrawn: Withdrawn,
    stamp: AuditStamp,
    *,
    told_by: ToldBy = ToldBy.PERSON,
    teller: Teller | None = None,
    key: DataKey | None = None,
) -> None:
    """Record a withdrawal. It also ends consents with a later date, from the time of recording.

    `teller`: the name of the reporter, sealed with `key`, the key of the named registration.
    """
    registration_id: RegistrationId = person.id
    facts = (await consents.ledgers(session, [registration_id]))[registration_id]
    last = consent.fold(list(entries(facts))).last_given(withdrawn.purpose)
    if last is not None and last > withdrawn.at:
        withdrawn = Withdrawn(withdrawn.purpose, max(stamp.at, last), withdrawn.how, withdrawn.said_at)
    entry_id = ConsentId(new_id())
    documentation = key.seal(documentation_of(entry_id), teller) if key and teller else None
    await consents.insert_withdrawn(
        session, entry_id, person.addressed, withdrawn, stamp.at, stamp.by, told_by, documentation
    )
    await consents.write_states(session, {registration_id: fold([*facts, withdrawn])})
    event = ConsentWithdrawn(
        incident_id=person.incident_id,
        exercise=person.exercise,
        registration_id=registration_id,
        purpose=withdrawn.purpose,
        withdrawn_at=withdrawn.at,
        withdrawn_on=withdrawn.on,
        recorded_at=stamp.at,
    )
    await emit_person_events(session, [event])
