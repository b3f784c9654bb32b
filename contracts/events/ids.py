"""Identifiers that services share. All are UUIDv7 unless stated otherwise."""

from typing import Final, NewType
from uuid import UUID

IncidentId = NewType("IncidentId", UUID)
RegistrationId = NewType("RegistrationId", UUID)  # one person at one incident
ConsentId = NewType("ConsentId", UUID)
WaveId = NewType("WaveId", UUID)
ContactId = NewType("ContactId", UUID)  # one planned message or call to one person
ImportId = NewType("ImportId", UUID)  # one import of one file
HandoverId = NewType("HandoverId", UUID)  # one offer of one person to one authority
AttemptId = NewType("AttemptId", UUID)
EventId = NewType("EventId", UUID)  # the CloudEvents id, key of every inbox

AuthorityId = NewType("AuthorityId", str)  # "0751" a kommunekode, "1082" a region, or an internal id
AUTHORITY_CODE: Final = r"^[A-Za-z0-9_-]{1,40}$"  # the form of every id in routing's table of authorities
