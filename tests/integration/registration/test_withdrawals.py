"""A withdrawal, by whichever way it comes in: with the day it was said and the day it was recorded."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from contracts.events.ids import AuthorityId, ContactId, RegistrationId, WaveId
from contracts.events.outreach import CallConcluded
from contracts.events.registration import ConsentWithdrawn, ContactBarred
from contracts.events.vocabulary import CallOutcome, Purpose
from kit.runtime.clock import SystemClock
from kit.runtime.ids import new_id
from services.registration import api
from services.registration.handlers import handler
from tests.commands import folgeskab, registration_on_a_socket
from tests.conftest import Databases
from tests.deliveries import deliveries
from tests.integration.registration.api_client import CONSENT, RegistrationOffice, opened
from tests.integration.registration.pairs import FIRST, HERE, THERE, events, merged, person, shown, step

SAID_AT = datetime(2026, 11, 25, 8, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
async def office(databases: Databases) -> AsyncIterator[RegistrationOffice]:
    async with opened(databases) as made:
        yield made


async def said_by_telephone(
    office: RegistrationOffice, incident: str, who: str, outcome: CallOutcome, at: datetime = SAID_AT
) -> None:
    """Tell it as outreach does, and as a broker may: twice at once, and once more."""
    told = CallConcluded(
        incident_id=UUID(incident),
        exercise=True,
        registration_id=RegistrationId(UUID(who)),
        contact_id=ContactId(new_id()),
        wave_id=WaveId(new_id()),
        municipality=AuthorityId("0751"),
        outcome=outcome,
        concluded_at=at,
        concluded_by="Nora Nurse",
    )
    for batch in ([told, told], [told]):
        async with office.resources.database.transaction() as session:
            await handler(SystemClock())(session, deliveries(batch))


def ends(registration: dict[str, Any]) -> list[dict[str, Any]]:
    return [entry for entry in registration["consents"] if entry["kind"] == "withdrawn"]


async def test_what_is_said_to_a_nurse_ends_the_consent_once_with_both_dates(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    who = await person(office, incident)
    before = datetime.now(UTC) - timedelta(seconds=1)

    await said_by_telephone(office, incident, who, CallOutcome.WITHDRAWS_CONSENT)

    (event,) = await events(office, who, ConsentWithdrawn)
    assert (event.purpose, event.withdrawn_at) == (Purpose.CONTACT, SAID_AT)
    assert event.recorded_at > before
    (entry,) = ends(await shown(office, who))
    assert (entry["withdrawn_by"], entry["recorded_by"]) == ("call", "Nora Nurse")
    assert datetime.fromisoformat(entry["withdrawn_on"]) == SAID_AT
    assert datetime.fromisoformat(entry["recorded_at"]) == event.recorded_at


async def test_who_does_not_want_to_be_contacted_is_barred(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    who = await person(office, incident)

    await said_by_telephone(office, incident, who, CallOutcome.DO_NOT_CONTACT)

    (event,) = await events(office, who, ContactBarred)
    assert (await shown(office, who))["bars"] == [event.reason]


@pytest.mark.parametrize("outcome", [CallOutcome.SPOKE, CallOutcome.DECLINED])
async def test_another_outcome_ends_no_consent(office: RegistrationOffice, outcome: CallOutcome) -> None:
    incident = await office.open_incident()
    who = await person(office, incident)

    await said_by_telephone(office, incident, who, outcome)

    assert ends(await shown(office, who)) == []
    assert (await shown(office, who))["bars"] == []


async def test_it_counts_for_the_registration_that_speaks_for_the_person(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    one, other = await person(office, incident, **HERE), await person(office, incident, **THERE)
    await merged(office, incident, one, other)
    away, speaker = (one, other) if (await shown(office, one))["merged_into"] else (other, one)

    await said_by_telephone(office, incident, away, CallOutcome.WITHDRAWS_CONSENT)

    told = [event for event in await events(office, speaker, ConsentWithdrawn) if event.recorded_at]
    assert [(event.withdrawn_at, event.purpose) for event in told] == [(SAID_AT, Purpose.CONTACT)]


async def unlinked(office: RegistrationOffice) -> tuple[str, str, str, datetime]:
    """Link two people and unlink them. Return the incident, both people and a time between."""
    incident = await office.open_incident()
    one, other = await person(office, incident, **HERE), await person(office, incident, **THERE)
    pair = await merged(office, incident, one, other)
    between = datetime.now(UTC)
    assert (await step(office, pair, "undo", FIRST)).status_code == 200
    return incident, one, other, between


@pytest.mark.parametrize("called", [0, 1])
@pytest.mark.parametrize("later", [timedelta(), timedelta(minutes=5)], ids=["before", "soon after"])
async def test_a_call_to_a_linked_person_that_is_known_after_the_undo_counts_for_both(
    office: RegistrationOffice, called: int, later: timedelta
) -> None:
    incident, *pair, between = await unlinked(office)

    for outcome in (CallOutcome.WITHDRAWS_CONSENT, CallOutcome.DO_NOT_CONTACT):
        await said_by_telephone(office, incident, pair[called], outcome, between + later)

    for one in pair:
        after = await shown(office, one)
        assert (len(ends(after)), after["contact_until"], after["bars"]) == (1, None, ["do_not_contact"])


@pytest.mark.parametrize("later", [timedelta(hours=-1), timedelta(hours=1)], ids=["before", "long after"])
async def test_a_call_outside_the_time_of_a_link_counts_for_the_one_called(
    office: RegistrationOffice, later: timedelta
) -> None:
    incident, one, other, between = await unlinked(office)

    await said_by_telephone(office, incident, one, CallOutcome.WITHDRAWS_CONSENT, between + later)

    assert [len(ends(await shown(office, each))) for each in (one, other)] == [1, 0]


async def test_of_somebody_forgotten_nothing_is_recorded(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    who = await person(office, incident)
    await office.http.post(f"/registrations/{who}/forget", json={"why": "beder om det"})

    await said_by_telephone(office, incident, who, CallOutcome.WITHDRAWS_CONSENT)

    assert await events(office, who, ConsentWithdrawn) == []


async def test_a_withdrawal_dated_before_a_later_consent_keeps_the_day_it_was_said(
    office: RegistrationOffice,
) -> None:
    """It ends the later consent from when it was recorded; the citizen's own day is not lost."""
    incident = await office.open_incident()
    later = CONSENT | {"at": "2026-11-28T12:00:00+01:00"}
    consents = [{"purpose": "registration", **later}, {"purpose": "contact", "channels": ["sms"], **later}]
    who = await person(office, incident, consents=consents)

    said = {"purpose": "contact", "how": "letter", "at": SAID_AT.isoformat()}
    answer = await office.http.post(f"/registrations/{who}/withdrawals", json=said)

    assert answer.json()["contact_until"] is None
    (event,) = await events(office, who, ConsentWithdrawn)
    assert (event.withdrawn_at, event.withdrawn_on) == (event.recorded_at, SAID_AT)
    (entry,) = ends(await shown(office, who))
    assert datetime.fromisoformat(entry["withdrawn_on"]) == SAID_AT


@pytest.mark.parametrize("way", ["--how", "--channel"])
async def test_the_command_records_a_withdrawal_with_its_day(office: RegistrationOffice, way: str) -> None:
    incident = await office.open_incident()
    who = await person(office, incident)
    router = api.routes(office.resources, SystemClock(), import_batch=100)

    async with registration_on_a_socket(router) as url:
        words = (who, "--purpose", "registration", way, "letter", "--on", "2026-11-26")
        code, said = await folgeskab("person", "withdraw", *words, registration_url=url, actor="Bo Vagt")
        wrong = await folgeskab("person", "withdraw", who, way, "pigeon", registration_url=url)

    assert (code, wrong[0]) == (0, 1), said
    assert "hotline" in wrong[1]
    (entry,) = ends(await shown(office, who))
    assert (entry["purpose"], entry["withdrawn_by"], entry["recorded_by"]) == (
        "registration", "letter", "Bo Vagt",
    )  # fmt: skip
    assert datetime.fromisoformat(entry["withdrawn_on"]) == datetime(2026, 11, 25, 23, 0, tzinfo=UTC)
