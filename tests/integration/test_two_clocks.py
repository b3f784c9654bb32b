"""A second process whose clock is wrong ends nothing, deletes nothing, and dates nothing by it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import httpx
import pytest

from contracts.events.outreach import WavePaused, WaveResumed
from contracts.events.registration import ContactBarLifted, ContactBarred
from contracts.wire.event import Event
from kit.database.database import Database
from kit.http.web import make_app
from kit.runtime.clock import ClocksDisagree, GuardedClock, SystemClock
from kit.runtime.loops import Loop
from services.notify.workers.send_messages import MessageSender
from services.outreach.api import waves
from services.outreach.plans import files
from services.registration import api
from services.registration.resources import Resources
from services.registration.store.blind_index import BlindIndex
from services.registration.workers.import_cleanup import ImportCleanup
from services.registration.workers.retention import Retention
from tests.conftest import Databases
from tests.deliveries import sent
from tests.integration.notify.notify_service import NotifyService
from tests.integration.outreach.outreach_service import Outreach
from tests.integration.registration.api_client import CONSENT, RegistrationOffice, opened
from tests.unit.notify.cases import Scripted, Story

EventT = TypeVar("EventT", bound=Event)


def clock_off_by(wrong: timedelta) -> GuardedClock:
    return GuardedClock(wall=lambda: datetime.now(UTC) + wrong)


async def test_a_process_a_month_ahead_forgets_nobody(databases: Databases) -> None:
    clock = clock_off_by(timedelta(days=32))
    async with opened(databases) as right:
        incident = await right.open_incident()
        registered = await right.register(incident, identifiers=[], phone=None)
        await right.http.post(f"/incidents/{incident}/close")
        last_day = (datetime.now(UTC).date() + timedelta(days=30)).isoformat()
        decided = await right.http.post(
            f"/incidents/{incident}/retention", json={"keep_until": last_day, "why": "aftalt"}
        )
        assert decided.status_code == 201
        second = Database(databases.url("registration"), name="second", clock=clock)
        resources = Resources(second, right.resources.keyring, BlindIndex(databases.master()))

        with pytest.raises(ClocksDisagree):
            await Retention(resources, clock).round()
        with pytest.raises(ClocksDisagree):
            await ImportCleanup(resources, clock, days=14).round()

        keys = await right.resources.keyring.read([registered.json()["registration_id"]])
        await second.close()
    assert len(keys) == 1


async def test_a_process_a_year_ahead_withholds_no_message(
    notify: NotifyService, notify_database: Database
) -> None:
    story = Story()
    notify.use(Scripted())
    await notify.plan(story)
    clock = clock_off_by(timedelta(days=400))
    second = Database(notify_database.url, name="second", clock=clock)

    with pytest.raises(ClocksDisagree):
        await MessageSender(second, clock, notify.composer, notify.gateways, batch=100).round()

    await second.close()
    assert await notify.state(story) == "waiting"


BEHIND = SystemClock(wall=lambda: datetime.now(UTC) - timedelta(minutes=2))


@asynccontextmanager
async def two_offices(databases: Databases) -> AsyncIterator[tuple[RegistrationOffice, httpx.AsyncClient]]:
    """registration twice on one database: the second process is two minutes behind."""
    async with opened(databases) as right:
        app = make_app("registration")
        app.include_router(api.routes(right.resources, BEHIND, import_batch=100))
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://test", headers={"X-Actor": "Bo"}
        ) as behind:
            yield right, behind


async def emitted(office: RegistrationOffice, registration_id: str, kind: type[EventT]) -> list[EventT]:
    async with office.resources.database.transaction() as session:
        events = [one for one in await sent(session) if isinstance(one, kind)]
    return [one for one in events if str(getattr(one, "registration_id", "")) == registration_id]


async def test_a_withdrawal_told_to_a_process_that_is_behind_is_not_lost(databases: Databases) -> None:
    async with two_offices(databases) as (right, behind):
        incident = await right.open_incident()
        person = (await right.register(incident, identifiers=[], phone=None)).json()["registration_id"]
        consent = {"purpose": "contact", "channels": ["sms"], **CONSENT, "at": datetime.now(UTC).isoformat()}
        given = await right.http.post(f"/registrations/{person}/consents", json=consent)
        assert given.json()["stands"]

        withdrawn = await behind.post(
            f"/registrations/{person}/withdrawals", json={"purpose": "contact", "how": "call"}
        )
        again = await right.http.post(f"/registrations/{person}/consents", json=consent)

    assert withdrawn.json()["withdrawn"]
    assert not again.json()["stands"]


async def test_a_bar_put_up_by_a_process_that_is_behind_stands_for_every_reader(databases: Databases) -> None:
    async with two_offices(databases) as (right, behind):
        incident = await right.open_incident()
        person = (await right.register(incident, identifiers=[], phone=None)).json()["registration_id"]
        bar = {"reason": "do_not_contact", "why": "vil ikke"}
        await right.http.post(f"/registrations/{person}/contact-restrictions", json=bar)
        await right.http.post(
            f"/registrations/{person}/contact-restrictions/do_not_contact/lift", json={"why": "vil gerne"}
        )

        await behind.post(f"/registrations/{person}/contact-restrictions", json=bar)

        barred = await emitted(right, person, ContactBarred)
        [lifted] = await emitted(right, person, ContactBarLifted)
    assert barred[0].barred_at < lifted.lifted_at < barred[1].barred_at


async def test_recorded_time_never_goes_back_for_a_person_where_the_database_clock_does(
    databases: Databases,
) -> None:
    """After a switch to a server whose clock is an hour behind."""
    async with opened(databases) as right:
        incident = await right.open_incident()
        person = (await right.register(incident, identifiers=[], phone=None)).json()["registration_id"]
        async with right.resources.database.transaction() as session:
            await session.execute(
                "update registration set changed_at = now() + interval '1 hour' where id = $1", person
            )
            before = session.now + timedelta(hours=1)

        await right.http.post(
            f"/registrations/{person}/contact-restrictions",
            json={"reason": "do_not_contact", "why": "vil ikke"},
        )

        [barred] = await emitted(right, person, ContactBarred)
    assert barred.barred_at > before


async def test_a_wave_resumed_by_a_process_that_is_behind_is_resumed_after_it_was_paused(
    outreach: Outreach,
) -> None:
    incident, _ = await outreach.incident(people=2)
    wave = await outreach.launched(incident)
    right, behind = make_app("outreach"), make_app("outreach")
    for app, clock in ((right, SystemClock()), (behind, BEHIND)):
        loop = Loop("launch", outreach.launcher.round, every=1.0)
        app.include_router(waves.routes(outreach.database, clock, files.load(), loop))
    for app, move in ((right, "pause"), (behind, "resume")):
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://test", headers={"X-Actor": "Bo"}
        ) as http:
            assert (await http.post(f"/waves/{wave}/{move}")).status_code == 200

    [paused], [resumed] = await outreach.emitted(WavePaused), await outreach.emitted(WaveResumed)
    assert paused.paused_at < resumed.resumed_at


async def test_no_real_incident_is_opened_where_an_exercise_moves_the_clock(databases: Databases) -> None:
    async with opened(databases) as right:
        app = make_app("registration")
        app.include_router(api.routes(right.resources, SystemClock(timedelta(days=90)), import_batch=100))
        body = {
            "name": "Togulykke", "place": "Aarhus H", "event_authority": "0751", "exercise": False,
            "started_at": "2026-11-24T10:00:00+01:00",
        }  # fmt: skip
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://test", headers={"X-Actor": "Bo"}
        ) as moved:
            real = await moved.post("/incidents", json=body)
            exercise = await moved.post("/incidents", json=body | {"exercise": True})

    assert (real.status_code, real.json()["type"]) == (409, "urn:folgeskab:moved-clock")
    assert exercise.status_code == 201
