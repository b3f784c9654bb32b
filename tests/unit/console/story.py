"""An incident as the four services would tell of it: people registered, routed, planned, sent to, called."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from contracts.events.ids import (
    AttemptId,
    AuthorityId,
    ConsentId,
    ContactId,
    IncidentId,
    RegistrationId,
    WaveId,
)
from contracts.events.notify import (
    ContactDelivered,
    ContactFailed,
    ContactHandedOver,
    ContactInDoubt,
    MessageWithheld,
)
from contracts.events.outreach import (
    CallConcluded,
    CallListed,
    ContactRequested,
    ContactWithheld,
    ExcludedShare,
    PlannedShare,
    WaveLaunched,
)
from contracts.events.registration import ConsentFact, ConsentWithdrawn, IncidentOpened, PersonRegistered
from contracts.events.routing import HomeAuthorityResolved, HomeAuthorityUnresolved
from contracts.events.vocabulary import (
    AgeBand,
    CallOutcome,
    Channel,
    Contactability,
    IncidentKind,
    Purpose,
    RegistrationPlace,
    Role,
    StepKind,
    WithheldReason,
)
from contracts.wire.event import Event
from contracts.wire.sealed import Sealed
from kit.runtime.ids import new_id
from tests.person_states import InventedPeople

START = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
PLACES = (AuthorityId("0751"), AuthorityId("0101"), AuthorityId("0461"))
ENDS = ("delivered", "failed", "in_doubt", "handed_over", "withheld", "requested")


class Story:
    """People by turns consent or not, are routed or not; their messages end in each of the ways in turn."""

    def __init__(self, people: int, *, name: str = "Øvelse: togulykke ved Aarhus H") -> None:
        self.incident_id, self.wave_id = IncidentId(new_id()), WaveId(new_id())
        self.name = name
        self.people = [RegistrationId(new_id()) for _ in range(people)]
        self.known = InventedPeople()
        self._about = {"incident_id": self.incident_id, "exercise": True}

    def opened(self) -> IncidentOpened:
        return IncidentOpened(
            **self._about, name=self.name, kind=IncidentKind.TRANSPORT, place="Aarhus H", started_at=START,
            event_authority=PLACES[0], hotline="+4570123456", web_page="https://example.dk/hotline",
        )  # fmt: skip

    def events(self) -> list[Event]:
        told: list[Event] = [self.opened()]
        for index, person in enumerate(self.people):
            told += self._registered(index, person)
        for index, person in enumerate(self.people):
            told += self._contacted(index, person)
        return [*self.known.stated(told), self.launched()]

    def launched(self) -> WaveLaunched:
        planned = [index for index in range(len(self.people)) if self.is_planned(index)]
        share = [
            PlannedShare(municipality=PLACES[0], channel=channel, contacts=len(planned))
            for channel in (Channel.DIGITAL_POST, Channel.CALL)
        ]
        return WaveLaunched(
            **self._about, wave_id=self.wave_id, plan="exercise", plan_version=1, frozen_hash="0" * 64,
            launched_at=START + timedelta(hours=1), planned=tuple(share),
            excluded=(ExcludedShare(reason=WithheldReason.NO_CONSENT, people=len(self.people) // 7),),
        )  # fmt: skip

    @staticmethod
    def is_planned(index: int) -> bool:
        return index % 7 != 0 and index % 11 != 0

    def _registered(self, index: int, person: RegistrationId) -> Iterator[Event]:
        purposes = [Purpose.REGISTRATION] if index % 7 == 0 else list(Purpose)
        yield PersonRegistered(
            **self._about, registration_id=person, role=Role.VICTIM, place=RegistrationPlace.EPC,
            registered_at=START, language="da", age_band=AgeBand.ADULT, channels=(Channel.CALL,),
            consents=tuple([_consent(purpose) for purpose in purposes]), contact=Sealed(b"\x01sealed"),
        )  # fmt: skip
        about = {**self._about, "registration_id": person, "on": date(2026, 11, 24), "decided_at": START}
        if index % 11 == 0:
            yield HomeAuthorityUnresolved(**about, queue="unknown", reason="no_address")
            return
        yield HomeAuthorityResolved(
            **about, municipality=PLACES[index % 3], region=AuthorityId("1082"), reason="register",
            contactability=Contactability.OPEN, digital_post=True, letter_allowed=True,
        )  # fmt: skip

    def _contacted(self, index: int, person: RegistrationId) -> Iterator[Event]:
        if not self.is_planned(index):
            return
        at, attempt = START + timedelta(hours=1, seconds=index), AttemptId(new_id())
        about = {
            **self._about, "registration_id": person, "wave_id": self.wave_id,
            "municipality": PLACES[index % 3],
        }  # fmt: skip
        message, call = about | {"contact_id": _contact_id()}, about | {"contact_id": _contact_id()}
        sent = {**message, "channel": Channel.DIGITAL_POST, "attempt_id": attempt}
        yield ContactRequested(
            **message, template="information", channels=(Channel.DIGITAL_POST, Channel.SMS), language="da",
            requested_at=at, not_after=at + timedelta(days=14),
        )  # fmt: skip
        later = at + timedelta(minutes=1)
        match ENDS[index % len(ENDS)]:
            case "delivered":
                yield ContactHandedOver(**sent, handed_over_at=later)
                yield ContactDelivered(**sent, delivered_at=later + timedelta(minutes=1))
            case "failed":
                failed = {**message, "channel": Channel.SMS, "code": "absent"}
                yield ContactFailed(**failed, failed_at=later)
            case "in_doubt":
                yield ContactInDoubt(**sent, in_doubt_at=later)
            case "handed_over":
                yield ContactHandedOver(**sent, handed_over_at=later)
            case "withheld":
                yield ConsentWithdrawn(
                    **self._about, registration_id=person, purpose=Purpose.CONTACT, withdrawn_at=later
                )
                reason = WithheldReason.CONSENT_WITHDRAWN
                yield MessageWithheld(**message, reason=reason, withheld_at=later)
            case _:
                pass
        yield from _called(index, call, later)


def _called(index: int, call: dict[str, object], at: datetime) -> Iterator[Event]:
    yield CallListed.model_validate(call | {"listed_at": at})
    later = at + timedelta(minutes=20)
    if index % 5 == 0:
        yield CallConcluded.model_validate(call | {"outcome": CallOutcome.SPOKE, "concluded_at": later})
    elif index % 5 == 1:
        yield ContactWithheld.model_validate(
            call | {"kind": StepKind.CALL, "reason": WithheldReason.WINDOW_CLOSED, "withheld_at": later}
        )


def _contact_id() -> ContactId:
    return ContactId(new_id())


def _consent(purpose: Purpose) -> ConsentFact:
    return ConsentFact(
        consent_id=ConsentId(UUID(int=1)),
        purpose=purpose,
        channels=(Channel.CALL, Channel.DIGITAL_POST) if purpose is Purpose.CONTACT else (),
        given_at=START,
        expires_at=START + timedelta(days=365),
    )
