"""A table of reasons and moments: nothing is requested for a person who must not be contacted."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import pytest

from contracts.events.audit import PersonalDataSeen
from contracts.events.ids import IncidentId, RegistrationId
from contracts.events.outreach import CallListed, ContactRequested
from contracts.events.personal import CONTACT, RECIPIENT, ContactDetails, Recipient
from contracts.events.vocabulary import BarReason, Purpose
from contracts.wire.event import Event
from tests.integration.outreach.outreach_service import FROM_LIST, Outreach
from tests.unit.outreach.cases import (
    barred,
    forgotten,
    incident_id,
    merged,
    opened,
    registered,
    registration_id,
    resolved,
    restated,
    withdrawn,
)

Tell = Callable[[], Awaitable[None]]
Case = tuple[IncidentId, RegistrationId]
STATES: Final[dict[str, Callable[[IncidentId, RegistrationId], Event]]] = {
    "do not contact": lambda i, p: barred(i, p, reason=BarReason.DO_NOT_CONTACT),
    "restricted": lambda i, p: barred(i, p, reason=BarReason.RESTRICTED),
    "contact withdrawn": lambda i, p: withdrawn(i, p, purpose=Purpose.CONTACT),
    "registration withdrawn": lambda i, p: withdrawn(i, p, purpose=Purpose.REGISTRATION),
    "consents restated to none": lambda i, p: restated(i, p, ()),
    "merged away": lambda i, p: merged(i, p, registration_id()),
    "forgotten": forgotten,
}


async def registered_and_routed(outreach: Outreach) -> Case:
    incident, person = incident_id(), registration_id()
    key = (await outreach.keyring.issue([person]))[person]
    contact = key.seal(CONTACT, ContactDetails("Nancy Ann Test Berggren", "+4520123456"))
    recipient = key.seal(RECIPIENT, Recipient(("0104909989",)))
    await outreach.consume(
        opened(incident), registered(incident, person, contact=contact),
        resolved(incident, person, recipient=recipient),
    )  # fmt: skip
    return incident, person


async def before_registration_is_heard_of(outreach: Outreach, tell: Tell, case: Case) -> None:
    """The event arrives before those that register the person."""
    await tell()
    incident, person = case
    key = (await outreach.keyring.read([person]))[person]
    contact = key.seal(CONTACT, ContactDetails("Nancy Ann Test Berggren", "+4520123456"))
    await outreach.consume(
        opened(incident), registered(incident, person, contact=contact),
        resolved(incident, person, recipient=None),
    )  # fmt: skip
    await outreach.launched(incident)


async def before_the_preview(outreach: Outreach, tell: Tell, case: Case) -> None:
    await tell()
    await outreach.launched(case[0])


async def before_the_approval(outreach: Outreach, tell: Tell, case: Case) -> None:
    wave = await outreach.draft(case[0])
    seen = await outreach.answer("POST", f"/waves/{wave}/preview")
    await tell()
    body = {"frozen_hash": seen["frozen_hash"]}
    await outreach.ask("POST", f"/waves/{wave}/approve", by="bo", json=body)
    await _launch(outreach, wave)


async def after_the_approval(outreach: Outreach, tell: Tell, case: Case) -> None:
    wave = await outreach.approved(case[0])
    await tell()
    await _launch(outreach, wave)


async def when_it_is_launching(outreach: Outreach, tell: Tell, case: Case) -> None:
    wave = await outreach.approved(case[0])
    await outreach.answer("POST", f"/waves/{wave}/launch")
    await tell()
    await _launched(outreach)


async def when_contacts_wait(outreach: Outreach, tell: Tell, case: Case) -> None:
    await outreach.launched(case[0])
    await tell()


async def when_they_are_claimed(outreach: Outreach, tell: Tell, case: Case) -> None:
    await outreach.launched(case[0])
    claims = await outreach.due.claim()
    await tell()
    await outreach.due.decide(claims)


async def _launch(outreach: Outreach, wave: str) -> None:
    """Launch the wave as far as its state allows."""
    await outreach.ask("POST", f"/waves/{wave}/launch")
    await _launched(outreach)


async def _launched(outreach: Outreach) -> None:
    while await outreach.launcher.round():
        pass


MOMENTS: Final = (
    before_registration_is_heard_of, before_the_preview, before_the_approval, after_the_approval,
    when_it_is_launching, when_contacts_wait, when_they_are_claimed,
)  # fmt: skip


def told_about(events: list[Any], person: RegistrationId) -> list[Any]:
    return [event for event in events if event.registration_id == person]


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: moment.__name__)
@pytest.mark.parametrize("state", STATES)
async def test_nobody_is_asked_for_who_must_not_be(
    outreach: Outreach, state: str, moment: Callable[[Outreach, Tell, Case], Awaitable[None]]
) -> None:
    if moment is before_registration_is_heard_of:
        case = incident_id(), registration_id()
        await outreach.keyring.issue([case[1]])
    else:
        case = await registered_and_routed(outreach)

    async def tell() -> None:
        await outreach.consume(STATES[state](*case))

    await moment(outreach, tell, case)
    await outreach.all_due()
    await outreach.sweeper.round()

    assert told_about(await outreach.emitted(ContactRequested, CallListed), case[1]) == []


@pytest.mark.parametrize("in_hand", ["listed", "in hand", "put back"])
@pytest.mark.parametrize("state", STATES)
async def test_nobody_is_called_who_must_not_be(outreach: Outreach, state: str, in_hand: str) -> None:
    """The holder of a claimed call gets the refusal at the next action."""
    incident, person = await registered_and_routed(outreach)
    await outreach.launched(incident)
    await outreach.all_due()
    [listed] = told_about(await outreach.emitted(CallListed), person)
    path = f"/calls/{listed.contact_id}"
    if in_hand != "listed":
        claim = await outreach.answer("POST", f"{path}/claim", json=FROM_LIST)
    if in_hand == "put back":
        await outreach.answer("POST", f"{path}/release", json={"epoch": claim["epoch"]})
    seen = len(told_about(await outreach.emitted(PersonalDataSeen), person))

    await outreach.consume(STATES[state](incident, person))
    refused = [await outreach.ask("POST", f"{path}/claim", json=FROM_LIST, by=who) for who in ("anna", "bo")]
    await outreach.sweeper.round()

    assert {answer.status_code for answer in refused} == {409}
    assert not any("name" in answer.json() for answer in refused)
    assert len(told_about(await outreach.emitted(PersonalDataSeen), person)) == seen
