"""Reevaluate consents of a child under 15: consents without a guardian are invalid.

If the age is known, such a consent is rejected at once. This module handles an age that is learned later.
"""

from contracts.events.ids import ConsentId, RegistrationId
from contracts.events.vocabulary import AgeBand
from kit.database.database import Session
from services.registration.domain.age import is_child, read_date
from services.registration.domain.audit_stamp import AuditStamp
from services.registration.domain.combined_consents import fold
from services.registration.domain.consent import Documentation, documentation_of
from services.registration.domain.person import Particulars
from services.registration.events import EventSubject
from services.registration.resources import Resources
from services.registration.store import consents
from services.registration.use_cases.record_consent import restate


async def reevaluate(
    session: Session, resources: Resources, about: EventSubject, held: Particulars, stamp: AuditStamp
) -> None:
    """Determine the valid consents of a person by the current age. Emit a change.

    `held`: the data that is published. The row of the first registration is locked.
    """
    registration_id = about.registration_id
    known = await consents.childs_own(session, registration_id)
    own = await _without_guardian(session, resources, registration_id, held)
    if own == known:
        return
    before = fold((await consents.ledgers(session, [registration_id]))[registration_id])
    await consents.set_childs_own(session, registration_id, own)
    await restate(session, about, before, stamp.at)


async def _without_guardian(
    session: Session, resources: Resources, registration_id: RegistrationId, held: Particulars
) -> set[ConsentId]:
    if held.age_band is not AgeBand.UNDER_15:
        return set()
    born = read_date(held.identity.birth_date if held.identity else None)
    rows = [
        row
        for row in await consents.ledger_rows(session, registration_id)
        if row.kind == "given" and is_child(born, held.age_band, row.at)
    ]
    keys = await resources.keyring.read({row.key_of for row in rows})
    own = set()
    for row in rows:
        consent_id, key = ConsentId(row.id), keys.get(row.key_of)
        sealed_as = documentation_of(consent_id)
        if key is None or not key.open(sealed_as, row.documentation, Documentation).guardian:
            own.add(consent_id)
    return own
