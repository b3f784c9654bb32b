"""A wave with a real database: previewed, approved by a second person, launched, handed over."""

import random
from datetime import timedelta

from contracts.events.ids import AttemptId
from contracts.events.outreach import (
    CallListed,
    ContactRequested,
    ContactWithheld,
    WaveCancelled,
    WaveCompleted,
    WaveDrafted,
    WaveLaunched,
)
from contracts.events.vocabulary import Channel, Contactability, Purpose
from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError
from kit.runtime.ids import new_id
from services.outreach import metrics
from tests.integration.outreach.outreach_service import Outreach
from tests.unit.outreach.cases import (
    closed,
    consent,
    delivered,
    forgotten,
    handed_over,
    in_doubt,
    registered,
    registration_id,
    resolved,
    unresolved,
    whole,
    withdrawn,
)


async def test_a_wave_goes_from_draft_to_requested_messages_and_listed_calls(outreach: Outreach) -> None:
    incident, people = await outreach.incident(people=7)

    wave = await outreach.launched(incident)
    await outreach.all_due()

    requests = [e for e in await outreach.emitted(ContactRequested) if e.incident_id == incident]
    listed = [e for e in await outreach.emitted(CallListed) if e.incident_id == incident]
    assert {e.registration_id for e in requests} == {e.registration_id for e in listed} == set(people)
    assert {e.channels for e in requests} == {(Channel.DIGITAL_POST, Channel.SMS, Channel.EMAIL)}
    assert all(e.template == "information" and e.recipient for e in requests)
    told = [e for e in await outreach.emitted(WaveLaunched) if str(e.wave_id) == wave]
    assert [(s.channel, s.contacts) for s in told[0].planned] == [("call", 7), ("digital_post", 7)]
    assert [str(e.wave_id) for e in await outreach.emitted(WaveDrafted) if e.incident_id == incident] == [
        wave
    ]
    assert await outreach.buckets(incident) == {
        ("message", "requested", None): 7,
        ("call", "listed", None): 7,
    }


async def test_the_preview_shows_excluded_people_with_the_reason(outreach: Outreach) -> None:
    incident, _ = await outreach.incident(people=2)
    none, gone, lost, dead, late = (registration_id() for _ in range(5))
    await outreach.consume(
        registered(incident, none, consents=(consent(Purpose.REGISTRATION),)), resolved(incident, none),
        *whole(incident, gone), withdrawn(incident, gone),
        registered(incident, lost), unresolved(incident, lost),
        registered(incident, dead),
        resolved(incident, dead, contactability=Contactability.SUPPRESSED),
        registered(incident, late, channels=()), resolved(incident, late),
    )  # fmt: skip

    seen = await outreach.answer("POST", f"/waves/{await outreach.draft(incident)}/preview")

    assert (seen["people"], seen["planned"]) == (7, 2)
    assert seen["excluded"] == {
        "no_consent": 1, "consent_withdrawn": 1, "no_home_authority": 1, "suppressed": 1, "no_channel": 1,
    }  # fmt: skip


async def test_the_preview_counts_the_messages_by_template_channel_and_language(outreach: Outreach) -> None:
    incident, _ = await outreach.incident(people=2)
    one = registration_id()
    await outreach.consume(
        registered(incident, one).model_copy(update={"language": "uk"}), resolved(incident, one)
    )

    seen = await outreach.answer("POST", f"/waves/{await outreach.draft(incident)}/preview")

    spoken = {(line["template"], line["language"]): line["contacts"] for line in seen["languages"]}
    assert spoken == {("information", "da"): 2, ("information", "uk"): 1}


async def test_the_author_of_a_wave_may_not_approve_it(outreach: Outreach) -> None:
    incident, _ = await outreach.incident(people=1)
    wave = await outreach.draft(incident)
    seen = await outreach.answer("POST", f"/waves/{wave}/preview")

    refused = await outreach.ask(
        "POST", f"/waves/{wave}/approve", by=" Anna ", json={"frozen_hash": seen["frozen_hash"]}
    )

    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (409, "X-Actor")
    assert (await outreach.answer("GET", f"/waves/{wave}"))["state"] == "previewed"


async def test_an_approval_is_valid_only_for_the_snapshot_that_was_seen(outreach: Outreach) -> None:
    incident, _ = await outreach.incident(people=1)
    wave = await outreach.draft(incident)
    seen = await outreach.answer("POST", f"/waves/{wave}/preview")
    await outreach.consume(*whole(incident, registration_id()))
    await outreach.answer("POST", f"/waves/{wave}/preview")

    refused = await outreach.ask(
        "POST", f"/waves/{wave}/approve", by="bo", json={"frozen_hash": seen["frozen_hash"]}
    )

    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (409, "frozen_hash")
    launch = await outreach.ask("POST", f"/waves/{wave}/launch", by="bo")
    assert launch.status_code == 409


async def test_an_unknown_incident_plan_and_wave_are_reported(outreach: Outreach) -> None:
    incident, _ = await outreach.incident()

    answers = [
        await outreach.ask("POST", f"/incidents/{new_id()}/waves", json={"plan": "exercise"}),
        await outreach.ask("POST", f"/incidents/{incident}/waves", json={"plan": "no such"}),
        await outreach.ask("POST", f"/waves/{new_id()}/preview"),
    ]

    assert [answer.status_code for answer in answers] == [404, 422, 404]


async def test_a_closed_incident_refuses_new_waves_and_launches(outreach: Outreach) -> None:
    incident, _ = await outreach.incident(people=1)
    wave = await outreach.approved(incident)
    await outreach.consume(closed(incident))

    answers = [
        await outreach.ask("POST", f"/incidents/{incident}/waves", json={"plan": "exercise"}),
        await outreach.ask("POST", f"/waves/{wave}/launch"),
    ]

    assert [(answer.status_code, answer.json()["errors"]) for answer in answers] == [
        (409, [FieldError("incident_id", ErrorCode.INCIDENT_CLOSED).document()])
    ] * 2
    waves = await outreach.answer("GET", f"/incidents/{incident}/waves")
    assert [(each["wave_id"], each["state"]) for each in waves] == [(wave, "approved")]
    assert await outreach.buckets(incident) == {}


async def test_a_paused_wave_hands_nothing_over_until_it_is_resumed(outreach: Outreach) -> None:
    incident, _ = await outreach.incident(people=3)
    wave = await outreach.launched(incident)

    await outreach.answer("POST", f"/waves/{wave}/pause")
    await outreach.all_due()
    held = await outreach.buckets(incident)
    await outreach.answer("POST", f"/waves/{wave}/resume")
    await outreach.all_due()

    assert held == {("message", "waiting", None): 3, ("call", "waiting", None): 3}
    assert ("message", "requested", None) in await outreach.buckets(incident)


async def test_a_cancelled_wave_withholds_contacts_not_handed_over(outreach: Outreach) -> None:
    incident, _ = await outreach.incident(people=3)
    wave = await outreach.launched(incident)

    await outreach.answer("POST", f"/waves/{wave}/cancel")
    await outreach.all_due()
    await outreach.sweeper.round()

    assert await outreach.buckets(incident) == {
        ("message", "withheld", "wave_cancelled"): 3,
        ("call", "withheld", "wave_cancelled"): 3,
    }
    assert [e for e in await outreach.emitted(WaveCancelled) if str(e.wave_id) == wave]
    assert len([e for e in await outreach.emitted(ContactWithheld) if e.incident_id == incident]) == 6


async def test_a_withdrawal_after_the_launch_stops_all_requests(outreach: Outreach) -> None:
    incident, people = await outreach.incident(people=2)
    await outreach.launched(incident)

    await outreach.consume(withdrawn(incident, people[0]))
    await outreach.all_due()

    requests = [e for e in await outreach.emitted(ContactRequested) if e.incident_id == incident]
    assert [e.registration_id for e in requests] == [people[1]]
    assert (await outreach.buckets(incident))["message", "withheld", "consent_withdrawn"] == 1


async def test_a_withdrawal_stops_waiting_and_listed_contacts_at_once(outreach: Outreach) -> None:
    incident, (waiting,) = await outreach.incident(people=1)
    elsewhere, (listed,) = await outreach.incident(people=1)
    await outreach.launched(elsewhere)
    await outreach.all_due()
    await outreach.launched(incident)

    await outreach.consume(
        withdrawn(incident, waiting), withdrawn(elsewhere, listed, purpose=Purpose.REGISTRATION)
    )

    told = [e for e in await outreach.emitted(ContactWithheld) if e.incident_id in {incident, elsewhere}]
    assert {(e.registration_id, e.kind, e.reason) for e in told} == {
        (waiting, "message", "consent_withdrawn"),
        (waiting, "call", "consent_withdrawn"),
        (listed, "call", "consent_withdrawn"),
    }
    assert await outreach.buckets(elsewhere) == {
        ("message", "requested", None): 1,
        ("call", "withheld", "consent_withdrawn"): 1,
    }


async def test_a_withdrawal_between_claim_and_decision_wins(outreach: Outreach) -> None:
    incident, (person,) = await outreach.incident(people=1)
    await outreach.launched(incident)
    claims = await outreach.due.claim()

    await outreach.consume(withdrawn(incident, person))
    await outreach.due.decide(claims)

    assert not [e for e in await outreach.emitted(ContactRequested) if e.incident_id == incident]
    withheld = [e for e in await outreach.emitted(ContactWithheld) if e.incident_id == incident]
    assert len(withheld) == 2


async def test_a_worker_with_an_expired_lease_writes_nothing_and_is_counted(outreach: Outreach) -> None:
    incident, _ = await outreach.incident(people=4)
    await outreach.launched(incident)
    zombie, worker = outreach.worker(lease=timedelta(0)), outreach.worker()
    fenced = metrics.FENCED._value.get()

    late = await zombie.claim()
    await worker.decide(await worker.claim())
    await zombie.decide(late)

    assert len(late) == 8
    assert metrics.FENCED._value.get() - fenced == 8
    assert len([e for e in await outreach.emitted(ContactRequested) if e.incident_id == incident]) == 4


async def test_no_wave_waits_for_a_larger_one(outreach: Outreach) -> None:
    large, _ = await outreach.incident(people=30)
    small, _ = await outreach.incident(people=2)
    await outreach.launched(large)
    await outreach.launched(small)

    claims = await outreach.worker(batch=10).claim()

    assert {claim.incident_id for claim in claims} == {large, small}
    await outreach.all_due()


async def test_repeated_and_reordered_events_lead_to_the_same_wave(outreach: Outreach) -> None:
    dice = random.Random(7)
    incident, _ = await outreach.incident()
    people = [registration_id() for _ in range(12)]
    events = [event for person in people for event in whole(incident, person)]
    events += [withdrawn(incident, person) for person in people[:4]]
    events += [forgotten(incident, person) for person in people[4:6]]
    outreach.people.know(*events)
    for size in (1, 5, len(events)):
        shuffled = dice.sample(events, len(events))
        for start in range(0, len(events), size):
            await outreach.consume(*shuffled[start : start + size])

    seen = await outreach.answer("POST", f"/waves/{await outreach.draft(incident)}/preview")

    assert (seen["people"], seen["planned"]) == (12, 6)
    assert seen["excluded"] == {"consent_withdrawn": 4, "forgotten": 2}


async def test_events_of_notify_never_move_a_message_back(outreach: Outreach) -> None:
    incident, _ = await outreach.incident(people=1)
    wave = await outreach.launched(incident)
    await outreach.all_due()
    (request,) = [e for e in await outreach.emitted(ContactRequested) if e.incident_id == incident]
    attempt = AttemptId(new_id())

    await outreach.consume(in_doubt(request, attempt), handed_over(request, attempt))
    await outreach.consume(delivered(request, attempt))
    await outreach.consume(in_doubt(request, attempt), handed_over(request, attempt))

    assert (await outreach.buckets(incident))["message", "delivered", None] == 1
    await outreach.sweeper.round()
    assert (await outreach.answer("GET", f"/waves/{wave}"))["state"] == "running"  # a call is listed
    outreach.clock.forward(timedelta(days=15))
    await outreach.sweeper.round()
    assert (await outreach.answer("GET", f"/waves/{wave}"))["state"] == "completed"
    assert [e for e in await outreach.emitted(WaveCompleted) if str(e.wave_id) == wave]
