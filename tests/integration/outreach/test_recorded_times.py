"""What happens to a contact is recorded with the database's time, read after the rows are locked."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta

from contracts.events.ids import RegistrationId
from contracts.events.outreach import CallListed, ContactRequested, ContactWithheld
from contracts.wire.event import Event
from tests.integration.outreach.outreach_service import Outreach
from tests.unit.outreach.cases import withdrawn


async def after_another_has_the_person(
    outreach: Outreach, person: RegistrationId, work: Awaitable[None]
) -> None:
    """Run the work while another transaction holds the person for a minute."""
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


async def test_a_withdrawal_withholds_at_the_time_at_which_the_person_is_locked(outreach: Outreach) -> None:
    incident, (person,) = await outreach.incident(people=1)
    await outreach.launched(incident)
    event: Event = withdrawn(incident, person)

    await after_another_has_the_person(outreach, person, outreach.tell(event))

    times = {e.withheld_at for e in await outreach.said(ContactWithheld) if e.incident_id == incident}
    assert times == {outreach.clock.now()}


async def test_what_is_due_is_requested_at_the_time_at_which_the_person_is_locked(outreach: Outreach) -> None:
    incident, (person,) = await outreach.incident(people=1)
    await outreach.launched(incident)
    claims = await outreach.due.claim()

    await after_another_has_the_person(outreach, person, outreach.due.decide(claims))

    events = [e for e in await outreach.said(ContactRequested, CallListed) if e.incident_id == incident]
    times = {e.requested_at if isinstance(e, ContactRequested) else e.listed_at for e in events}
    assert times == {outreach.clock.now()}
