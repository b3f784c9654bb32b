"""Corrections, merges and contact restrictions with a real database: who is contacted afterwards."""

from datetime import timedelta
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest

from contracts.events.ids import AttemptId, IncidentId, RegistrationId
from contracts.events.outreach import CallListed, ContactRequested, ContactWithheld
from contracts.events.personal import CONTACT, ContactDetails
from contracts.events.vocabulary import AgeBand, BarReason, CallOutcome, Channel, Purpose, WithheldReason
from contracts.wire.event import Event
from kit.runtime.ids import new_id
from services.outreach.store import people
from tests.integration.outreach.outreach_service import FROM_LIST, Outreach
from tests.unit.outreach.cases import (
    AARHUS,
    NOW,
    ODENSE,
    STARTED,
    bar_lifted,
    barred,
    both_consents,
    closed,
    consent,
    corrected,
    failed,
    forgotten,
    handed_over,
    merged,
    opened,
    registered,
    registration_id,
    reopened,
    resolved,
    restated,
    unmerged,
    whole,
    withdrawn,
)

LATER = NOW + timedelta(hours=1)


async def contacted(outreach: Outreach, incident: IncidentId) -> list[tuple[type[Event], UUID]]:
    told = await outreach.emitted(ContactRequested, CallListed)
    return [(type(event), event.registration_id) for event in told if event.incident_id == incident]


async def withheld(outreach: Outreach, incident: IncidentId) -> list[tuple[UUID, WithheldReason]]:
    told = await outreach.emitted(ContactWithheld)
    return [(event.registration_id, event.reason) for event in told if event.incident_id == incident]


async def requests(outreach: Outreach, incident: IncidentId) -> list[ContactRequested]:
    return [e for e in await outreach.emitted(ContactRequested) if e.incident_id == incident]


async def decided(outreach: Outreach, person: RegistrationId) -> Any:
    async with outreach.database.transaction() as session:
        return people.read_person((await people.lock(session, [person]))[person])


async def preview(outreach: Outreach, incident: IncidentId) -> dict[str, Any]:
    seen = await outreach.answer("POST", f"/waves/{await outreach.draft(incident)}/preview")
    return {"people": seen["people"], "planned": seen["planned"], "excluded": seen["excluded"]}


async def test_two_registrations_merged_between_preview_and_launch_are_contacted_once(
    outreach: Outreach,
) -> None:
    incident, (one, other) = await outreach.incident(people=2)
    wave = await outreach.approved(incident)
    await outreach.consume(merged(incident, other, one))

    await outreach.answer("POST", f"/waves/{wave}/launch")
    while await outreach.launcher.round():
        pass
    await outreach.all_due()

    assert sorted(await contacted(outreach, incident), key=str) == [
        (CallListed, one),
        (ContactRequested, one),
    ]
    assert await withheld(outreach, incident) == [(other, WithheldReason.MERGED)] * 2


async def test_the_primary_waits_for_a_message_under_way_and_is_not_contacted_if_it_arrives(
    outreach: Outreach,
) -> None:
    incident, (one, other) = await outreach.incident(people=2)
    await outreach.launched(incident)
    await outreach.worker(batch=1).round()
    first = (await requests(outreach, incident))[0]
    rest = one if first.registration_id == other else other
    await outreach.consume(merged(incident, RegistrationId(first.registration_id), rest))

    await outreach.all_due()
    asked = [request.registration_id for request in await requests(outreach, incident)]
    await outreach.consume(handed_over(first, AttemptId(new_id())))
    outreach.clock.forward(timedelta(minutes=2))
    await outreach.all_due()

    assert asked == [first.registration_id]
    assert [request.registration_id for request in await requests(outreach, incident)] == asked
    assert (rest, WithheldReason.MERGED) in await withheld(outreach, incident)


async def test_the_primary_is_contacted_if_the_merged_registration_was_not_reached(
    outreach: Outreach,
) -> None:
    incident, (one, other) = await outreach.incident(people=2)
    await outreach.launched(incident)
    await outreach.worker(batch=1).round()
    first = (await requests(outreach, incident))[0]
    rest = one if first.registration_id == other else other
    await outreach.consume(merged(incident, RegistrationId(first.registration_id), rest), failed(first))

    await outreach.all_due()

    assert [request.registration_id for request in await requests(outreach, incident)] == [
        first.registration_id,
        rest,
    ]


async def called(outreach: Outreach, people: list[RegistrationId], incident: IncidentId) -> dict[UUID, UUID]:
    """List a call for each person, with sealed contact details."""
    for who, key in (await outreach.keyring.issue(people)).items():
        contact = key.seal(CONTACT, ContactDetails("Nancy Ann Test Berggren", "+4520123456"))
        person = RegistrationId(who)
        await outreach.consume(
            registered(incident, person, contact=contact), resolved(incident, person, recipient=None)
        )
    await outreach.launched(incident)
    await outreach.all_due()
    return {e.registration_id: e.contact_id for e in await outreach.emitted(CallListed)}


@pytest.mark.parametrize(
    ("outcome", "survivor"), [(CallOutcome.SPOKE, "merged"), (CallOutcome.WRONG_NUMBER, None)]
)
async def test_a_call_claimed_at_the_merge_ends_and_its_answer_counts_for_the_primary(
    outreach: Outreach, outcome: CallOutcome, survivor: str | None
) -> None:
    incident, _ = await outreach.incident()
    people = [registration_id(), registration_id()]
    calls = await called(outreach, people, incident)
    one, other = people
    claim = await outreach.answer("POST", f"/calls/{calls[other]}/claim", json=FROM_LIST)
    await outreach.consume(merged(incident, other, one))
    await outreach.sweeper.round()

    meanwhile = await outreach.ask("POST", f"/calls/{calls[one]}/claim", json=FROM_LIST, by="bo")
    told = {"epoch": claim["epoch"], "outcome": outcome}
    await outreach.answer("POST", f"/calls/{calls[other]}/outcome", json=told)
    outreach.clock.forward(timedelta(minutes=2))
    await outreach.all_due()
    after = await outreach.ask("POST", f"/calls/{calls[one]}/claim", json=FROM_LIST, by="bo")

    assert (meanwhile.status_code, meanwhile.json()["type"]) == (409, "urn:folgeskab:claimed")
    assert after.is_error == (survivor is not None)
    assert await withheld(outreach, incident) == ([(one, survivor)] if survivor else [])


async def test_a_call_claimed_at_the_merge_and_released_is_withheld(outreach: Outreach) -> None:
    incident, _ = await outreach.incident()
    people = [registration_id(), registration_id()]
    calls = await called(outreach, people, incident)
    one, other = people
    claim = await outreach.answer("POST", f"/calls/{calls[other]}/claim", json=FROM_LIST)
    await outreach.consume(merged(incident, other, one))

    await outreach.answer("POST", f"/calls/{calls[other]}/release", json={"epoch": claim["epoch"]})
    await outreach.sweeper.round()

    assert await withheld(outreach, incident) == [(other, WithheldReason.MERGED)]


async def test_a_merged_registration_is_left_out_until_the_merge_is_undone_in_any_order(
    outreach: Outreach,
) -> None:
    incident, (one,) = await outreach.incident(people=1)
    other = registration_id()
    await outreach.consume(merged(incident, other, one))
    await outreach.consume(*whole(incident, other))

    while_merged = await preview(outreach, incident)
    await outreach.consume(unmerged(incident, other, one, at=LATER), merged(incident, other, one))

    assert while_merged == {"people": 2, "planned": 1, "excluded": {"merged": 1}}
    assert await preview(outreach, incident) == {"people": 2, "planned": 2, "excluded": {}}


@pytest.mark.parametrize("reason", list(BarReason))
async def test_a_contact_restriction_withholds_planned_contacts(
    outreach: Outreach, reason: BarReason
) -> None:
    incident, (one,) = await outreach.incident(people=1)
    await outreach.launched(incident)

    await outreach.consume(barred(incident, one, reason=reason))
    await outreach.all_due()

    assert await contacted(outreach, incident) == []
    assert await withheld(outreach, incident) == [(one, WithheldReason(reason))] * 2
    assert (await preview(outreach, incident))["excluded"] == {reason: 1}
    await outreach.consume(bar_lifted(incident, one, reason=reason, at=LATER))
    assert (await preview(outreach, incident))["planned"] == 1


async def test_a_contact_restriction_from_the_registration_holds_until_lifted_in_any_order(
    outreach: Outreach,
) -> None:
    incident, _ = await outreach.incident()
    wish, lifted = registration_id(), registration_id()
    first = registered(incident, wish, bars=(BarReason.DO_NOT_CONTACT,))

    await outreach.consume(first, resolved(incident, wish), first)
    await outreach.consume(bar_lifted(incident, lifted, at=NOW))
    await outreach.consume(
        registered(incident, lifted, bars=(BarReason.DO_NOT_CONTACT,)), resolved(incident, lifted)
    )

    assert (await decided(outreach, wish)).barred is BarReason.DO_NOT_CONTACT
    assert (await decided(outreach, lifted)).barred is None


async def test_two_contact_restrictions_are_lifted_one_by_one(outreach: Outreach) -> None:
    incident, (one,) = await outreach.incident(people=1)
    await outreach.consume(barred(incident, one), barred(incident, one, reason=BarReason.RESTRICTED))

    await outreach.consume(bar_lifted(incident, one, reason=BarReason.RESTRICTED, at=LATER))
    still = (await decided(outreach, one)).barred
    await outreach.consume(bar_lifted(incident, one, at=LATER), barred(incident, one))

    assert still is BarReason.DO_NOT_CONTACT
    assert (await decided(outreach, one)).barred is None


async def test_a_restatement_without_contact_consent_withholds_planned_contacts(outreach: Outreach) -> None:
    incident, (one,) = await outreach.incident(people=1)
    await outreach.launched(incident)
    narrowed = [consent(Purpose.REGISTRATION, given_at=STARTED)]

    await outreach.consume(restated(incident, one, narrowed))
    await outreach.consume(registered(incident, one))
    await outreach.all_due()

    assert await contacted(outreach, incident) == []
    assert set(await withheld(outreach, incident)) == {(one, WithheldReason.NO_CONSENT)}


async def test_a_restatement_narrows_the_channels_of_planned_contacts(outreach: Outreach) -> None:
    incident, (one,) = await outreach.incident(people=1)
    await outreach.launched(incident)

    await outreach.consume(restated(incident, one, both_consents((Channel.SMS,))))
    await outreach.all_due()

    assert [request.channels for request in await requests(outreach, incident)] == [(Channel.SMS,)]
    assert await withheld(outreach, incident) == [(one, WithheldReason.CHANNEL_NOT_CONSENTED)]


@pytest.mark.parametrize("purpose", list(Purpose))
async def test_an_authority_that_the_consent_does_not_name_contacts_nobody(
    outreach: Outreach, purpose: Purpose
) -> None:
    incident, _ = await outreach.incident()
    here, there = registration_id(), registration_id()
    for person, named in ((here, AARHUS), (there, ODENSE)):
        consents = tuple([consent(p, authorities=(named,) if p is purpose else ()) for p in Purpose])
        await outreach.consume(registered(incident, person, consents=consents), resolved(incident, person))

    assert await preview(outreach, incident) == {"people": 2, "planned": 1, "excluded": {"no_consent": 1}}


async def test_a_correction_holds_in_any_order_and_never_restores_an_erased_person(
    outreach: Outreach,
) -> None:
    incident, _ = await outreach.incident()
    for order in permutations(range(3)):
        person, gone = registration_id(), registration_id()
        facts = [
            registered(incident, person, age_band=AgeBand.UNDER_15),
            corrected(incident, person, language="uk", channels=(Channel.SMS,), at=LATER),
            corrected(incident, person, language="en", at=NOW),
        ]
        await outreach.consume(
            forgotten(incident, gone), corrected(incident, gone), registered(incident, gone)
        )
        outreach.people.know(*facts)
        for number in (*order, *order):
            await outreach.consume(facts[number])

        now = await decided(outreach, person)
        async with outreach.database.transaction() as session:
            rows = await people.lock(session, [person, gone])
        assert (now.age_band, now.possible, rows[person].language) == (
            AgeBand.ADULT, (Channel.SMS,), "uk",
        ), order  # fmt: skip
        assert rows[gone].contact is None


async def test_the_channel_a_person_prefers_comes_first_where_the_plan_has_it(outreach: Outreach) -> None:
    incident, (one,) = await outreach.incident(people=1)
    await outreach.consume(corrected(incident, one, preferred=Channel.EMAIL))

    await outreach.launched(incident)
    await outreach.all_due()

    assert [request.channels for request in await requests(outreach, incident)] == [
        (Channel.EMAIL, Channel.DIGITAL_POST, Channel.SMS)
    ]


async def test_after_an_identity_correction_nothing_is_sent_before_a_new_routing_decision(
    outreach: Outreach,
) -> None:
    incident, (one,) = await outreach.incident(people=1)
    await outreach.launched(incident)

    await outreach.consume(corrected(incident, one, changed=("identifiers",)))
    await outreach.all_due()
    before = await contacted(outreach, incident)
    await outreach.consume(resolved(incident, one, municipality=ODENSE, decided_at=LATER))
    outreach.clock.forward(timedelta(minutes=2))
    await outreach.all_due()

    assert before == []
    assert {e.municipality for e in await requests(outreach, incident)} == {ODENSE}


async def test_a_withdrawal_counts_at_once_during_a_pending_routing_decision(outreach: Outreach) -> None:
    incident, (one,) = await outreach.incident(people=1)
    await outreach.launched(incident)

    await outreach.consume(corrected(incident, one, changed=("identifiers",)), withdrawn(incident, one))

    assert set(await withheld(outreach, incident)) == {(one, WithheldReason.CONSENT_WITHDRAWN)}


async def test_a_reopened_incident_can_have_waves_in_any_order_of_events(outreach: Outreach) -> None:
    incident, _ = await outreach.incident(people=1)
    await outreach.consume(reopened(incident), closed(incident), opened(incident))

    await outreach.draft(incident)


async def test_people_merged_with_a_registration_outside_the_wave_are_listed_until_it_is_contacted(
    outreach: Outreach,
) -> None:
    incident, (member,) = await outreach.incident(people=1)
    outside = registration_id()
    wave = await outreach.launched(incident)
    await outreach.consume(*whole(incident, outside))

    async def merged_out() -> list[str]:
        found: list[str] = (await outreach.answer("GET", f"/waves/{wave}/merged-out"))["registrations"]
        return found

    await outreach.consume(merged(incident, member, outside))
    before = await merged_out()
    drafted = await outreach.draft(incident, registrations=[str(outside)])
    seen = await outreach.answer("POST", f"/waves/{drafted}/preview")
    approval = {"frozen_hash": seen["frozen_hash"]}
    await outreach.answer("POST", f"/waves/{drafted}/approve", by="bo", json=approval)
    await outreach.answer("POST", f"/waves/{drafted}/launch")
    while await outreach.launcher.round():
        pass

    assert (before, seen["planned"]) == ([str(outside)], 1)
    assert await merged_out() == []


async def test_people_whose_merge_was_undone_are_listed_until_the_wave_is_cancelled(
    outreach: Outreach,
) -> None:
    incident, (member,) = await outreach.incident(people=1)
    outside = registration_id()
    wave = await outreach.launched(incident)
    await outreach.consume(*whole(incident, outside))
    await outreach.consume(merged(incident, member, outside))
    await outreach.consume(unmerged(incident, member, outside, at=LATER))

    undone = await outreach.answer("GET", f"/waves/{wave}/merged-out")
    await outreach.answer("POST", f"/waves/{wave}/cancel")
    cancelled = await outreach.answer("GET", f"/waves/{wave}/merged-out")

    assert undone == {"registrations": [str(member)]}
    assert cancelled == {"registrations": []}


async def test_people_merged_out_who_may_not_be_contacted_are_not_listed(outreach: Outreach) -> None:
    incident, (member,) = await outreach.incident(people=1)
    outside = registration_id()
    wave = await outreach.launched(incident)
    await outreach.consume(*whole(incident, outside))
    await outreach.consume(merged(incident, member, outside))

    await outreach.consume(withdrawn(incident, outside))

    assert await outreach.answer("GET", f"/waves/{wave}/merged-out") == {"registrations": []}


async def test_people_merged_within_the_wave_are_not_listed(outreach: Outreach) -> None:
    incident, (member, other) = await outreach.incident(people=2)
    wave = await outreach.launched(incident)

    await outreach.consume(merged(incident, member, other))

    assert await outreach.answer("GET", f"/waves/{wave}/merged-out") == {"registrations": []}
