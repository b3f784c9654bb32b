"""All data about one person: for the person (GDPR art. 15), and to prove an erasure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from contracts.events.audit import PersonalDataSeen
from contracts.events.ids import ConsentId, RegistrationId
from contracts.events.personal import CIRCUMSTANCES, CONTACT, IDENTITY, NOTE
from contracts.wire.sealed import FieldSet
from kit.database.database import Session
from kit.http.subject_access import Subject, SubjectAccess
from services.registration.api.dependencies import unknown_person
from services.registration.domain.consent import documentation_of
from services.registration.store.subject_access import lock_shared_registrations
from services.registration.use_cases.review_duplicate import why_of

_FIELD_SETS: Final = (CONTACT, IDENTITY, NOTE, CIRCUMSTANCES)


async def _lock_subject(session: Session, owners: Sequence[UUID]) -> Subject | None:
    """Lock the person of the first of the owners, with all registrations of that person."""
    rows = await lock_shared_registrations(session, RegistrationId(owners[0]))
    if not rows:
        return None
    first = rows[0]
    named = {"incident_id": first.incident_id, "registration_id": first.id}
    ids = [row.id for row in rows]
    return Subject(
        owners=ids,
        access={**named, "exercise": first.exercise},
        about={**named, "owners": ids, "forgotten_at": first.forgotten_at},
    )


def _field_sets(row: Mapping[str, Any]) -> Iterator[FieldSet]:
    yield from _FIELD_SETS
    state = row.get("person")
    stated = state.get("consents") if isinstance(state, dict) else None
    for fact in (row.get("consent"), *(row.get("consents") or ()), *(stated or ())):  # of an event
        if isinstance(fact, dict):
            yield documentation_of(ConsentId(UUID(fact["consent_id"])))
    if "documentation" in row:
        yield documentation_of(ConsentId(row["id"]))
    if "duplicate_id" in row and "step" in row:
        yield why_of(row["id"])


SUBJECT_ACCESS: Final = SubjectAccess(
    service="registration",
    path="/registrations/{owner_id}/subject-data",
    lock_subject=_lock_subject,
    field_sets=_field_sets,
    accessed=PersonalDataSeen,
    unknown=unknown_person,
    person=("registration", "id"),
)
