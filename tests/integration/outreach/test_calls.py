"""The call list: one holder at a time, no call after a withdrawal, a fixed set of outcomes."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from contracts.events.audit import PersonalDataSeen
from contracts.events.ids import IncidentId, RegistrationId
from contracts.events.outreach import CallConcluded
from contracts.events.personal import CONTACT, NOTE, RECIPIENT, ContactDetails, Note, Recipient
from contracts.events.vocabulary import CallOutcome, Purpose
from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError
from kit.runtime.clock import SystemClock
from kit.runtime.ids import new_id
from services.outreach.dependencies import Dependencies
from services.outreach.use_cases.record_call_outcome import CallReport, record_outcome
from tests.integration.outreach.outreach_service import FROM_LIST, Outreach
from tests.unit.outreach.cases import (
    consent,
    forgotten,
    given,
    incident_id,
    merged,
    opened,
    registered,
    registration_id,
    resolved,
    withdrawn,
)
from tests.unit.routing.cases import AUTHORITIES

NAME, PHONE = "Nancy Ann Test Berggren", "+4520123456"


async def listed(outreach: Outreach, people: int = 1) -> tuple[IncidentId, list[RegistrationId]]:
    """List calls in Aarhus for people with sealed contact details."""
    incident, ids = incident_id(), [registration_id() for _ in range(people)]
    await outreach.consume(opened(incident))
    for person, key in (await outreach.keyring.issue(ids)).items():
        who = RegistrationId(person)
        contact = key.seal(CONTACT, ContactDetails(NAME, PHONE, interpreter=True))
        recipient = key.seal(RECIPIENT, Recipient(protected=True))
        await outreach.consume(
            registered(incident, who, contact=contact), resolved(incident, who, recipient=recipient)
        )
    await outreach.launched(incident)
    await outreach.all_due()
    return incident, ids


async def on_list(outreach: Outreach, incident: UUID) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (
        await outreach.answer("GET", f"/authorities/0751/calls?incident_id={incident}")
    )["calls"]
    return found


async def test_the_list_has_no_names_and_a_claim_opens_the_person(outreach: Outreach) -> None:
    incident, (person,) = await listed(outreach)

    (row,) = await on_list(outreach, incident)
    call = await outreach.answer("POST", f"/calls/{row['contact_id']}/claim", json=FROM_LIST)

    assert not {"name", "phone"} & row.keys()
    assert (call["name"], call["phone"], call["protected"]) == (NAME, PHONE, True)
    assert (call["language"], call["interpreter"]) == ("da", True)
    (seen,) = [e for e in await outreach.emitted(PersonalDataSeen) if e.registration_id == person]
    assert (seen.actor, seen.field_sets) == ("anna", ("contact", "recipient"))


async def test_one_person_holds_a_call_until_it_is_released(outreach: Outreach) -> None:
    incident, _ = await listed(outreach)
    (row,) = await on_list(outreach, incident)
    call = await outreach.answer("POST", f"/calls/{row['contact_id']}/claim", json=FROM_LIST)

    refused = await outreach.ask("POST", f"/calls/{row['contact_id']}/claim", json=FROM_LIST, by="bo")
    held = {"epoch": call["epoch"]}
    not_his = await outreach.ask("POST", f"/calls/{row['contact_id']}/release", by="bo", json=held)
    await outreach.answer("POST", f"/calls/{row['contact_id']}/release", json=held)
    taken = await outreach.answer("POST", f"/calls/{row['contact_id']}/claim", json=FROM_LIST, by="bo")

    assert (refused.status_code, not_his.status_code) == (409, 409)
    assert (await on_list(outreach, incident))[0]["claimed_by"] == "bo"
    late = await outreach.answer(
        "POST", f"/calls/{row['contact_id']}/outcome", json={"epoch": call["epoch"], "outcome": "spoke"}
    )
    assert (late["state"], late["unchanged"]) == ("listed", "claim-lost")
    assert taken["epoch"] > call["epoch"]


async def test_a_concluded_call_is_emitted_and_its_note_is_sealed_with_the_persons_key(
    outreach: Outreach,
) -> None:
    incident, (person,) = await listed(outreach)
    (row,) = await on_list(outreach, incident)
    call = await outreach.answer("POST", f"/calls/{row['contact_id']}/claim", json=FROM_LIST)

    told = {"epoch": call["epoch"], "outcome": "wants_help", "note": "vil gerne ringes op af lægen"}
    state = await outreach.answer("POST", f"/calls/{row['contact_id']}/outcome", json=told)

    assert state == {"state": "concluded", "unchanged": None, "kept": ["outcome", "note"]}
    assert await on_list(outreach, incident) == []
    (event,) = [e for e in await outreach.emitted(CallConcluded) if e.registration_id == person]
    assert event.outcome == "wants_help"
    async with outreach.database.transaction() as session:
        sealed = await session.fetchval(
            "select note from call_attempt where contact_id = $1", event.contact_id
        )
    assert b"ringes" not in sealed
    key = (await outreach.keyring.read([person]))[person]
    assert key.open(NOTE, sealed, Note).text == told["note"]


async def test_unanswered_calls_are_repeated_up_to_the_limit(outreach: Outreach) -> None:
    incident, _ = await listed(outreach)
    states = []
    for _ in range(5):
        (row,) = await on_list(outreach, incident)
        call = await outreach.answer("POST", f"/calls/{row['contact_id']}/claim", json=FROM_LIST)
        told = {"epoch": call["epoch"], "outcome": "no_answer"}
        states.append(
            (await outreach.answer("POST", f"/calls/{row['contact_id']}/outcome", json=told))["state"]
        )

    assert states == ["listed"] * 4 + ["concluded"]


@pytest.mark.parametrize("ahead", [None, timedelta(hours=-1), timedelta(days=30)])
async def test_an_invalid_time_to_call_back_is_refused(outreach: Outreach, ahead: timedelta | None) -> None:
    incident, _ = await listed(outreach)
    (row,) = await on_list(outreach, incident)
    call = await outreach.answer("POST", f"/calls/{row['contact_id']}/claim", json=FROM_LIST)

    back_at = (outreach.clock.now() + ahead).isoformat() if ahead else None
    told = {"epoch": call["epoch"], "outcome": "call_back", "call_back_at": back_at}
    refused = await outreach.ask("POST", f"/calls/{row['contact_id']}/outcome", json=told)

    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "call_back_at")
    assert (await on_list(outreach, incident))[0]["attempts"] == 0


async def test_a_withdrawn_person_cannot_be_claimed(outreach: Outreach) -> None:
    incident, (person,) = await listed(outreach)
    (row,) = await on_list(outreach, incident)
    await outreach.consume(withdrawn(incident, person))

    refused = await outreach.ask("POST", f"/calls/{row['contact_id']}/claim", json=FROM_LIST)

    assert refused.status_code == 409
    assert await on_list(outreach, incident) == []


async def test_a_consent_that_expired_while_listed_stops_the_claim(outreach: Outreach) -> None:
    incident, _ = await listed(outreach)
    (row,) = await on_list(outreach, incident)
    async with outreach.database.transaction() as session:
        await session.execute(
            "update person set contact_expires_at = $2 where incident_id = $1", incident, outreach.clock.now()
        )

    refused = await outreach.ask("POST", f"/calls/{row['contact_id']}/claim", json=FROM_LIST)

    assert refused.json()["errors"] == [
        FieldError("contact_id", ErrorCode.CALL_WITHHELD, reason="consent_expired").document()
    ]
    assert (await outreach.buckets(incident))["call", "withheld", "consent_expired"] == 1


async def test_a_call_to_an_erased_person_cannot_be_claimed(outreach: Outreach) -> None:
    incident, (person,) = await listed(outreach)
    (row,) = await on_list(outreach, incident)
    await outreach.keyring.forget([person])

    refused = await outreach.ask("POST", f"/calls/{row['contact_id']}/claim", json=FROM_LIST)

    assert refused.status_code == 410
    assert (await on_list(outreach, incident))[0]["claimed_by"] is None
    assert not [e for e in await outreach.emitted(PersonalDataSeen) if e.registration_id == person]


async def test_the_code_of_every_existing_authority_is_accepted(outreach: Outreach) -> None:
    """Region Østdanmark has no official code of four digits."""
    codes = {row.id for row in AUTHORITIES.table.authorities}
    lists = [await outreach.ask("GET", f"/authorities/{code}/calls") for code in sorted(codes)]

    assert {answer.json()["type"] for answer in lists if answer.is_error} <= {
        "urn:folgeskab:unknown-authority"
    }


async def test_an_unknown_call_is_reported(outreach: Outreach) -> None:
    told = {"epoch": 1, "outcome": "spoke"}

    answers = [
        await outreach.ask("POST", f"/calls/{new_id()}/claim", json=FROM_LIST),
        await outreach.ask("POST", f"/calls/{new_id()}/outcome", json=told),
        await outreach.ask("POST", f"/calls/{new_id()}/release", json={"epoch": 1}),
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 404]


LINES = "mor er indlagt\nakut: har brug for hjælp i dag"


async def in_hand(outreach: Outreach) -> tuple[IncidentId, RegistrationId, str, int]:
    incident, (person,) = await listed(outreach)
    (row,) = await on_list(outreach, incident)
    claim = await outreach.answer("POST", f"/calls/{row['contact_id']}/claim", json=FROM_LIST)
    return incident, person, row["contact_id"], claim["epoch"]


async def notes(outreach: Outreach, person: RegistrationId) -> list[tuple[str, str, str | None, str | None]]:
    """Return the author, the outcome, the opened note and the reason of an unchanged state."""
    key = (await outreach.keyring.read([person])).get(person)
    async with outreach.database.transaction() as session:
        rows = await session.fetch(
            "select actor, outcome, note, unchanged from call_attempt where registration_id = $1 "
            "order by attempt_id",
            person,
        )
    opened_note = [key.open(NOTE, row["note"], Note).text if key and row["note"] else None for row in rows]
    return [(r["actor"], r["outcome"], n, r["unchanged"]) for r, n in zip(rows, opened_note, strict=True)]


async def withdraws(outreach: Outreach, incident: IncidentId, person: RegistrationId, _: str) -> None:
    await outreach.consume(withdrawn(incident, person))


async def becomes_another(outreach: Outreach, incident: IncidentId, person: RegistrationId, _: str) -> None:
    """Merge the person while the call to the primary is claimed, which ends this call."""
    other = registration_id()
    key = (await outreach.keyring.issue([other]))[other]
    contact = key.seal(CONTACT, ContactDetails(NAME, PHONE))
    await outreach.consume(
        registered(incident, other, contact=contact), resolved(incident, other, recipient=None)
    )
    await outreach.launched(incident)
    await outreach.all_due()
    rows = [row for row in await on_list(outreach, incident) if row["registration_id"] == str(other)]
    await outreach.answer("POST", f"/calls/{rows[0]['contact_id']}/claim", json=FROM_LIST, by="bo")
    await outreach.consume(merged(incident, person, other))


async def is_cancelled(outreach: Outreach, incident: IncidentId, _: RegistrationId, __: str) -> None:
    (wave,) = await outreach.answer("GET", f"/incidents/{incident}/waves")
    await outreach.answer("POST", f"/waves/{wave['wave_id']}/cancel")
    await outreach.sweeper.round()


async def is_taken_by_another(outreach: Outreach, _: IncidentId, __: RegistrationId, call: str) -> None:
    async with outreach.database.transaction() as session:
        await session.execute("update contact set lease_until = now() where contact_id = $1", UUID(call))
    await outreach.answer("POST", f"/calls/{call}/claim", json=FROM_LIST, by="bo")


MEANWHILE = {
    "withdrew": (withdraws, "withheld", "withheld"),
    "merged": (becomes_another, "withheld", "withheld"),
    "cancelled": (is_cancelled, "withheld", "withheld"),
    "taken": (is_taken_by_another, "listed", "claim-lost"),
}


@pytest.mark.parametrize("meanwhile", MEANWHILE)
async def test_a_report_is_kept_even_if_the_call_changed_meanwhile(
    outreach: Outreach, meanwhile: str
) -> None:
    incident, person, call, epoch = await in_hand(outreach)
    change, state, why = MEANWHILE[meanwhile]
    await change(outreach, incident, person, call)
    before = await outreach.buckets(incident)

    told = {"epoch": epoch, "outcome": "spoke", "note": LINES}
    answer = await outreach.answer("POST", f"/calls/{call}/outcome", json=told)

    assert (answer["state"], answer["unchanged"], answer["kept"]) == (state, why, ["outcome", "note"])
    assert await notes(outreach, person) == [("anna", "spoke", LINES, why)]
    assert await outreach.buckets(incident) == before
    assert [e for e in await outreach.emitted(CallConcluded) if e.registration_id == person] == []


async def test_an_expired_lease_without_another_caller_changes_nothing(outreach: Outreach) -> None:
    _, person, call, epoch = await in_hand(outreach)
    async with outreach.database.transaction() as session:
        await session.execute("update contact set lease_until = now() where contact_id = $1", UUID(call))

    told = {"epoch": epoch, "outcome": "spoke", "note": LINES}
    answer = await outreach.answer("POST", f"/calls/{call}/outcome", json=told)

    assert (answer["state"], answer["unchanged"]) == ("concluded", None)
    assert await notes(outreach, person) == [("anna", "spoke", LINES, None)]


async def test_an_equal_report_is_kept_once_and_a_different_one_is_added(outreach: Outreach) -> None:
    _, person, call, epoch = await in_hand(outreach)
    told = {"epoch": epoch, "outcome": "spoke", "note": LINES}

    answers = [await outreach.answer("POST", f"/calls/{call}/outcome", json=told) for _ in range(2)]
    more = {**told, "note": "og en ting til"}
    after = await outreach.answer("POST", f"/calls/{call}/outcome", json=more)

    assert [(a["state"], a["unchanged"]) for a in answers] == [("concluded", None)] * 2
    assert after["unchanged"] == "concluded"
    assert await notes(outreach, person) == [
        ("anna", "spoke", LINES, None),
        ("anna", "spoke", "og en ting til", "concluded"),
    ]


async def test_a_note_written_at_the_release_is_kept(outreach: Outreach) -> None:
    _, person, call, epoch = await in_hand(outreach)

    await outreach.answer("POST", f"/calls/{call}/release", json={"epoch": epoch, "note": LINES})
    late = {"epoch": epoch, "note": "mere"}
    lost = await outreach.answer("POST", f"/calls/{call}/release", json=late)

    assert lost["unchanged"] == "claim-lost"
    assert await notes(outreach, person) == [
        ("anna", None, LINES, None),
        ("anna", None, "mere", "claim-lost"),
    ]


async def test_after_an_erasure_the_outcome_is_kept_and_the_note_is_not(
    outreach: Outreach,
) -> None:
    incident, person, call, epoch = await in_hand(outreach)
    await outreach.keyring.forget([person])
    await outreach.consume(forgotten(incident, person))

    told = {"epoch": epoch, "outcome": "declined", "note": LINES}
    answer = await outreach.answer("POST", f"/calls/{call}/outcome", json=told)

    assert (answer["unchanged"], answer["kept"]) == ("withheld", ["outcome"])
    assert await notes(outreach, person) == [("anna", "declined", None, "withheld")]


STOPS = {CallOutcome.WITHDRAWS_CONSENT: "consent_withdrawn", CallOutcome.DO_NOT_CONTACT: "do_not_contact"}


@pytest.mark.parametrize("outcome", STOPS)
async def test_a_withdrawal_on_the_telephone_stops_all_contacts_at_once(
    outreach: Outreach, outcome: CallOutcome
) -> None:
    incident, person, call, epoch = await in_hand(outreach)
    await outreach.launched(incident)  # another wave: its message and its call are planned, and stop too

    answer = await outreach.answer(
        "POST", f"/calls/{call}/outcome", json={"epoch": epoch, "outcome": outcome}
    )

    assert answer["state"] == "concluded"
    (told,) = [e for e in await outreach.emitted(CallConcluded) if e.registration_id == person]
    assert (told.outcome, told.concluded_by) == (outcome, "anna")
    buckets = await outreach.buckets(incident)
    assert not {state for _, state, _ in buckets} & {"waiting", "listed"}
    wave = await outreach.answer("POST", f"/waves/{await outreach.draft(incident)}/preview")
    assert wave["excluded"] == {STOPS[outcome]: 1}


@pytest.mark.parametrize("meanwhile", ["cancelled", "taken"])
async def test_a_withdrawal_counts_in_every_state_of_the_call(outreach: Outreach, meanwhile: str) -> None:
    incident, person, call, epoch = await in_hand(outreach)
    await MEANWHILE[meanwhile][0](outreach, incident, person, call)

    told = {"epoch": epoch, "outcome": "withdraws_consent", "note": LINES}
    answers = [await outreach.answer("POST", f"/calls/{call}/outcome", json=told) for _ in range(2)]

    assert {answer["state"] for answer in answers} == {"concluded"}
    assert len([e for e in await outreach.emitted(CallConcluded) if e.registration_id == person]) == 1
    assert await notes(outreach, person) == [("anna", "withdraws_consent", LINES, None)]
    wave = await outreach.answer("POST", f"/waves/{await outreach.draft(incident)}/preview")
    assert wave["excluded"] == {"consent_withdrawn": 1}


async def test_a_consent_given_after_the_withdrawal_counts_again(outreach: Outreach) -> None:
    incident, person, call, epoch = await in_hand(outreach)
    told = {"epoch": epoch, "outcome": "withdraws_consent"}
    await outreach.answer("POST", f"/calls/{call}/outcome", json=told)
    at = outreach.clock.now()

    await outreach.consume(withdrawn(incident, person, at=at))
    later = at + timedelta(minutes=5)
    await outreach.consume(given(incident, person, consent(Purpose.CONTACT, given_at=later)))

    wave = await outreach.answer("POST", f"/waves/{await outreach.draft(incident)}/preview")
    assert wave["excluded"] == {"already_contacted": 1}


async def test_a_withdrawal_on_one_registration_stops_the_calls_of_the_other(outreach: Outreach) -> None:
    incident, person, call, epoch = await in_hand(outreach)
    other = registration_id()
    await outreach.consume(registered(incident, other), resolved(incident, other))
    await outreach.launched(incident)
    await outreach.consume(merged(incident, person, other))

    told = {"epoch": epoch, "outcome": "withdraws_consent"}
    await outreach.answer("POST", f"/calls/{call}/outcome", json=told)

    assert not {state for _, state, _ in await outreach.buckets(incident)} & {"waiting", "listed"}


async def test_a_report_has_the_time_of_the_database(outreach: Outreach) -> None:
    """A process with a slow clock must not date a withdrawal before earlier events."""
    _, person, call, epoch = await in_hand(outreach)
    behind = SystemClock(wall=lambda: datetime.now(UTC) - timedelta(minutes=2))
    board = Dependencies(outreach.database, outreach.keyring, behind, timedelta(minutes=15))
    async with outreach.database.transaction() as session:
        before = session.now

    await record_outcome(board, UUID(call), "anna", CallReport(epoch, CallOutcome.WITHDRAWS_CONSENT))

    (told,) = [e for e in await outreach.emitted(CallConcluded) if e.registration_id == person]
    assert told.concluded_at > before
