"""Two registrations become one person: one speaks for both, and both trails stay.

The caller holds the rows of both, and their keys.
"""

from collections.abc import Mapping
from uuid import UUID

from contracts.events.ids import RegistrationId
from contracts.events.registration import PersonMerged
from contracts.wire.sealed import FieldSet
from kit.database.database import Session
from kit.privacy.sealing import DataKey
from kit.runtime.ids import new_id
from services.registration.domain.age import LOCAL
from services.registration.domain.audit_stamp import AuditStamp
from services.registration.domain.combined_consents import fold
from services.registration.domain.duplicate_review import grown, lacking
from services.registration.resources import Resources
from services.registration.store import consents, people, person_links
from services.registration.store.people import RegistrationRow
from services.registration.store.rows import particulars_of
from services.registration.use_cases.correct_person import correct
from services.registration.use_cases.emit_events import emit_person_events
from services.registration.use_cases.minor_consents import reevaluate
from services.registration.use_cases.record_consent import restate
from services.registration.use_cases.restrict_contact import carry_over


def gained_of(merge_id: UUID) -> FieldSet:
    return FieldSet(f"merge/{merge_id}")


async def merge(
    session: Session,
    resources: Resources,
    duplicate_id: UUID,
    pair: Mapping[RegistrationId, RegistrationRow],
    keys: Mapping[UUID, DataKey],
    stamp: AuditStamp,
) -> RegistrationId:
    """Give the one that stays: the one registered first. Raises correct_person.OtherPerson."""
    into, away = sorted(pair)
    before = fold((await consents.ledgers(session, [into]))[into])
    await person_links.point(session, away, into)
    await people.move_claims(session, {away: into})
    await _take_over(session, resources, duplicate_id, pair[into], pair[away], keys, stamp)
    await emit_person_events(session, [_merged(pair[away], into, stamp)])
    await restate(session, pair[into], before, stamp.at)
    await carry_over(session, pair[into], away, stamp)
    return into


async def _take_over(
    session: Session,
    resources: Resources,
    duplicate_id: UUID,
    into: RegistrationRow,
    away: RegistrationRow,
    keys: Mapping[UUID, DataKey],
    stamp: AuditStamp,
) -> None:
    key, merge_id = keys[into["id"]], new_id()
    own, other = particulars_of(into, key), particulars_of(away, keys[away["id"]])
    gained = lacking(own, other, stamp.at.astimezone(LOCAL).date())
    sealed = key.seal(gained_of(merge_id), gained)
    await person_links.insert_merge(session, merge_id, duplicate_id, away["id"], into["id"], stamp.at, sealed)
    why = f"merged with registration {away['id']}"
    held = grown(own, gained)
    await correct(session, resources, into, held, key, stamp, why)
    await reevaluate(session, resources, into, held, stamp)  # also where the age was known before


def _merged(away: RegistrationRow, into: RegistrationId, stamp: AuditStamp) -> PersonMerged:
    return PersonMerged(
        incident_id=away["incident_id"],
        exercise=away["exercise"],
        registration_id=away["id"],
        into=into,
        merged_at=stamp.at,
    )
