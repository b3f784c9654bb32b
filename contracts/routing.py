"""What routing says: who is responsible for a person on a date. Topic routing.v1."""

from datetime import date
from typing import ClassVar

from contracts.event import Moment, PersonEvent, Sealed
from contracts.ids import AuthorityId
from contracts.vocabulary import Contactability

TOPIC = "routing.v1"


class HomeAuthorityResolved(PersonEvent):
    topic: ClassVar[str] = TOPIC

    on: date  # the date the answer is given for
    municipality: AuthorityId
    region: AuthorityId | None  # None for the parts of the realm outside the regions
    reason: str  # services.routing.domain: why this authority
    decided_at: Moment
    contactability: Contactability
    digital_post: bool | None  # enrolled; None where the register could not be asked
    letter_allowed: bool
    recipient: Sealed | None = None  # personal.Recipient: who a message must be addressed to


class HomeAuthorityUnresolved(PersonEvent):
    topic: ClassVar[str] = TOPIC

    on: date
    queue: str  # the named triage queue that has the case now
    reason: str
    candidates: tuple[AuthorityId, ...] = ()
    decided_at: Moment
    contactability: Contactability = Contactability.OPEN
