"""Events of contacts have the time of the database, read after the rows are locked."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta

from contracts.events.ids import RegistrationId
from contracts.events.outreach import CallListed, ContactRequested, ContactWithheld
from contracts.wire.event import Event
from tests.integration.outreach.outreach_service import Outreach
from tests.unit.outreach.cases import withdrawn


async def while_the_person_is_locked(
    outreach: Outreach, person: RegistrationId, work: Awaitable[None]
) -> None:
    """Run the work while another transaction locks the person for a minute."""
    async with outreach.database.transaction() as session:
        await session.execute("select from person where registration_id = $1 for update", person)
        running = asyncio.ensure_future(work)
        await _until_blocked(outreach, running)
        outreach.clock.forward(timedelta(minutes=1))
    await running


async def _until_blocked(outreach: Outreach, running: "asyncio.Future[None]") -> None:
    while not running.done():
        async with outreach.database.transaction() as session:
            if await session.fetchval("select count(*) from pg_locks where not granted"):
                return


async def test_a_withdrawal_withholds_at_the_time_of_the_lock_on_the_person(outreach: Outreach) -> None:
    incident, (person,) = await outreach.incident(people=1)
    await outreach.launched(incident)
    event: Event = withdrawn(incident, person)

    await while_the_person_is_locked(outreach, person, outreach.consume(event))

    times = {e.withheld_at for e in await outreach.emitted(ContactWithheld) if e.incident_id == incident}
    assert times == {outreach.clock.now()}


async def test_a_due_contact_is_requested_at_the_time_of_the_lock_on_the_person(outreach: Outreach) -> None:
    incident, (person,) = await outreach.incident(people=1)
    await outreach.launched(incident)
    claims = await outreach.due.claim()

    await while_the_person_is_locked(outreach, person, outreach.due.decide(claims))

    events = [e for e in await outreach.emitted(ContactRequested, CallListed) if e.incident_id == incident]
    times = {e.requested_at if isinstance(e, ContactRequested) else e.listed_at for e in events}
    assert times == {outreach.clock.now()}


async def test_the_times_of_a_person_never_go_back_where_the_database_clock_does(outreach: Outreach) -> None:
    """After a switch to a server whose clock is an hour behind."""
    incident, (person,) = await outreach.incident(people=1)
    await outreach.launched(incident)
    last = outreach.clock.now() + timedelta(hours=1)
    async with outreach.database.transaction() as session:
        await session.execute("update person set recorded_at = $2 where registration_id = $1", person, last)

    await outreach.consume(withdrawn(incident, person))

    times = [e.withheld_at for e in await outreach.emitted(ContactWithheld) if e.incident_id == incident]
    assert times
    assert min(times) > last
