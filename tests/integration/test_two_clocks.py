"""A second process whose clock is wrong ends nothing, deletes nothing, and dates nothing by it."""

from datetime import UTC, datetime, timedelta

import pytest

from kit.clock import ClocksDisagree, GuardedClock
from kit.database import Database
from services.notify.sending import Sending
from services.registration.blind_index import BlindIndex
from services.registration.importing.tidying import ImportTidying
from services.registration.registering import Desk
from services.registration.retaining import Retention
from tests.conftest import Databases
from tests.integration.notify_running import Office
from tests.integration.registration_office import opened
from tests.unit.notify.cases import Scripted, Story


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
        desk = Desk(second, right.desk.keyring, BlindIndex(databases.master()))

        with pytest.raises(ClocksDisagree):
            await Retention(desk, clock).round()
        with pytest.raises(ClocksDisagree):
            await ImportTidying(desk, clock, days=14).round()

        keys = await right.desk.keyring.read([registered.json()["registration_id"]])
        await second.close()
    assert len(keys) == 1


async def test_a_process_a_year_ahead_withholds_no_message(office: Office, notify_database: Database) -> None:
    story = Story()
    office.use(Scripted())
    await office.plan(story)
    clock = clock_off_by(timedelta(days=400))
    second = Database(notify_database.url, name="second", clock=clock)

    with pytest.raises(ClocksDisagree):
        await Sending(second, clock, office.composer, office.edges, batch=100).round()

    await second.close()
    assert await office.state(story) == "waiting"
