"""All data about one person: for the person (GDPR art. 15), and to prove an erasure."""

from collections.abc import Mapping
from typing import Any, Final

from contracts.events.audit import PersonalDataSeen
from contracts.events.personal import CIRCUMSTANCES, CONTACT, IDENTITY, NOTE, RECIPIENT
from contracts.wire.sealed import FieldSet
from kit.http.subject_access import SubjectAccess
from services.notify.store.subject_access import lock_shared_subject

_FIELD_SETS: Final = (CONTACT, IDENTITY, RECIPIENT, NOTE, CIRCUMSTANCES)


def _field_sets(_row: Mapping[str, Any]) -> tuple[FieldSet, ...]:
    return _FIELD_SETS


SUBJECT_ACCESS: Final = SubjectAccess(
    service="notify",
    path="/registrations/{owner_id}/subject-data",
    lock_subject=lock_shared_subject,
    field_sets=_field_sets,
    accessed=PersonalDataSeen,
)
