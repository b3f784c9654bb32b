"""The settings of routing, in addition to those of every service."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from pydantic import Field

from contracts.events.ids import AuthorityId
from kit.runtime.settings import ServiceSettings
from services.routing.authorities.files import OfficialCode
from services.routing.domain.deadlines import Deadlines, TriageDeadlines
from services.routing.domain.handover import HandoverDeadlines
from services.routing.domain.retry import RetryPolicy
from services.routing.domain.triage import Queue
from services.routing.register.request import Agreement
from services.routing.register.sf1520 import Sf1520Settings


class Settings(ServiceSettings):
    cpr_url: str
    cpr_client_certificate: Path | None = None  # PEM
    cpr_client_key: Path | None = None
    cpr_trusted: Path | None = None  # PEM
    cpr_agreement: Agreement | None = None  # as JSON
    cpr_at_once: int = 20
    cpr_time_limit_seconds: float = 5.0
    cpr_breaker_pause_seconds: float = 30.0
    case_batch: int = 1000  # cases claimed at once
    reopen_batch: int = 5000  # cases reopened in one transaction
    case_lease_seconds: float = 120.0
    case_pause_seconds: float = 5.0  # before the next look-up for a case; doubled each time
    case_longest_pause_seconds: float = 300.0
    case_to_people_after: int = 10  # failed look-ups of a case before the triage queue shows it too
    handover_answer_hours: float = 24  # until an unanswered offer is escalated to the region
    handover_first_contact_hours: float = 72  # from acceptance until a missing first contact is escalated
    triage_hours: Mapping[Queue, float] = Field(default_factory=dict)  # as JSON; overrides the defaults
    # as JSON; see authorities.files
    official_authorities: Mapping[AuthorityId, OfficialCode] = Field(default_factory=dict)

    def handover_deadlines(self) -> HandoverDeadlines:
        return HandoverDeadlines(
            timedelta(hours=self.handover_answer_hours), timedelta(hours=self.handover_first_contact_hours)
        )

    def deadlines(self) -> Deadlines:
        return Deadlines(self.handover_deadlines(), TriageDeadlines(self.triage_hours))

    def patience(self) -> RetryPolicy:
        return RetryPolicy(
            timedelta(seconds=self.case_pause_seconds),
            timedelta(seconds=self.case_longest_pause_seconds),
            self.case_to_people_after,
        )

    def sf1520(self) -> Sf1520Settings:
        return Sf1520Settings(
            url=self.cpr_url,
            client_certificate=self.cpr_client_certificate,
            client_key=self.cpr_client_key,
            trusted=self.cpr_trusted,
            agreement=self.cpr_agreement,
            time_limit=self.cpr_time_limit_seconds,
            at_once=self.cpr_at_once,
            breaker_pause=self.cpr_breaker_pause_seconds,
        )
