"""Later consents and withdrawals: append-only entries of the ledger."""

from dataclasses import replace
from typing import Any

from fastapi import APIRouter

from contracts.events.ids import RegistrationId
from contracts.events.personal import IDENTITY, Identity
from contracts.events.vocabulary import AgeBand
from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError
from kit.database.database import Session
from kit.http.web import WithCaller
from kit.privacy.sealing import DataKey
from services.registration.api.dependencies import (
    Dependencies,
    WithDependencies,
    forgotten,
    locked,
    person_and_keys,
    present,
    refused,
    stamp_now,
)
from services.registration.api.schemas import LaterConsentBody, WithdrawalBody
from services.registration.documents.texts import unknown_wording_hints
from services.registration.domain import consent
from services.registration.domain.age import is_child, read_date
from services.registration.domain.consent import CLOCK_SKEW, NewConsent, Teller, Withdrawn
from services.registration.domain.person import mistyped_guardians, with_guardian
from services.registration.store import people
from services.registration.store.rows import particulars_of
from services.registration.use_cases.correct_person import correct
from services.registration.use_cases.publish_person import UnitOfWork
from services.registration.use_cases.record_consent import ConsentEffect, give, withdraw

router = APIRouter(prefix="/registrations/{registration_id}", tags=["consents"])

_WHY_NOT = {
    ConsentEffect.ENDED: FieldError("at", ErrorCode.CONSENT_NOT_VALID),
    ConsentEffect.GUARDIANS_DISAGREE: FieldError("guardians_agree", ErrorCode.GUARDIANS_DISAGREE),
}


_NEW_CONSENT = "the guardian has consented"


@router.post("/consents", status_code=201)
async def add_consent(
    registration_id: RegistrationId, body: LaterConsentBody, caller: WithCaller, deps: WithDependencies
) -> dict[str, Any]:
    """Add a consent to the ledger. An identical consent changes nothing."""
    speaker, keys = await person_and_keys(deps, registration_id)
    key, speakers_key = keys[registration_id], keys[speaker]
    async with deps.resources.database.transaction() as session:
        person = await locked(session, speaker, named=registration_id)
        stamp = await stamp_now(deps, session, person, caller.name)
        now = stamp.at
        identity = speakers_key.open(IDENTITY, person.identity, Identity) if person.identity else None
        born = read_date(identity.birth_date if identity else None)
        child = is_child(born, AgeBand(person.age_band), body.at or now)
        checked = consent.check(body.to_input(), child=child, now=now)
        if not isinstance(checked, NewConsent):
            raise refused(checked)
        standing = await give(
            session, person, checked, key, stamp, child=child, guardians_agree=body.guardians_agree
        )
        if child and standing is ConsentEffect.STANDS:
            held = particulars_of(person, speakers_key)
            named = replace(held, contact=with_guardian(held.contact, [checked]))
            work = UnitOfWork(session, deps.resources, keys, stamp)
            await correct(work, person, named, _NEW_CONSENT)
        found = [*unknown_wording_hints([checked], "wording"), *mistyped_guardians([checked], "")]
        hints = [one.document() for one in found]
        if standing is not ConsentEffect.STANDS:
            hints.append(_WHY_NOT[standing].document())
        state = await _state(session, registration_id)
        return {"stands": standing is ConsentEffect.STANDS, "hints": hints, **state}


@router.post("/withdrawals", status_code=201)
async def add_withdrawal(
    registration_id: RegistrationId, body: WithdrawalBody, caller: WithCaller, deps: WithDependencies
) -> dict[str, Any]:
    """Record a withdrawal from any channel. It takes effect when it is recorded, whatever its date.

    Only the purpose and the channel are required: no withdrawal is rejected for a missing form.
    """
    key = await _key(deps, registration_id) if body.teller else None
    async with deps.resources.database.transaction() as session:
        person = present(await people.lock_person(session, registration_id))
        stamp = await stamp_now(deps, session, person, caller.name)
        at = body.at or stamp.at
        if at > stamp.at + CLOCK_SKEW:
            raise refused([FieldError("at", ErrorCode.IN_FUTURE)])
        withdrawn = Withdrawn(body.purpose, min(at, stamp.at), body.how)
        await withdraw(
            session,
            person,
            withdrawn,
            stamp,
            told_by=body.told_by,
            teller=Teller(body.teller) if body.teller else None,
            key=key,
        )
        return await _state(session, registration_id)


async def _key(deps: Dependencies, registration_id: RegistrationId) -> DataKey:
    async with deps.resources.database.transaction() as session:
        present(await people.person(session, registration_id))
    keys = await deps.resources.keyring.read([registration_id])
    if registration_id not in keys:
        raise forgotten()
    return keys[registration_id]


async def _state(session: Session, registration_id: RegistrationId) -> dict[str, Any]:
    person = present(await people.person(session, registration_id))
    return {
        "registration_id": registration_id,
        "registration_until": person.registration_until,
        "contact_until": person.contact_until,
        "withdrawn": person.withdrawn,
    }
