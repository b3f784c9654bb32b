"""The clocks of a handover: what is late is told to the region, once."""

import asyncio
from typing import Any

from contracts.events.registration import ContactBarred
from contracts.events.routing import HandoverAccepted, HandoverOffered
from contracts.events.vocabulary import BarReason
from services.routing import metrics
from services.routing.domain.deadlines import DEFAULT_DEADLINES
from services.routing.workers.escalation import EscalationWorker
from services.routing.workers.gauges import set_gauges
from tests.integration.routing.handovers import HOUR, answer, handovers, of, resolved, told
from tests.unit.routing.running import AT, Routing


def escalation(routing: Routing, batch: int = 100) -> EscalationWorker:
    return EscalationWorker(
        routing.database, routing.directory, routing.clock, DEFAULT_DEADLINES, batch=batch
    )


async def test_each_late_step_is_told_to_the_region_once(routing: Routing) -> None:
    person, quiet = await resolved(routing), await resolved(routing)
    await routing.tell(ContactBarred(**of(quiet), reason=BarReason.DO_NOT_CONTACT, barred_at=AT + HOUR))
    await answer(routing, quiet, "accept")

    async def rounds() -> list[Any]:
        for _ in range(2):
            await asyncio.gather(*(escalation(routing).round() for _ in range(3)))
        events = await routing.said_of(person.registration_id)
        return [event for event in events if type(event).__name__ == "HandoverEscalated"]

    routing.clock.at = AT + 23 * HOUR
    in_time = await rounds()
    routing.clock.at = AT + 24 * HOUR
    [unanswered] = await rounds()
    [row] = await handovers(routing, person)
    await answer(routing, person, "accept")
    after_the_answer = (await handovers(routing, person))[0]["overdue"]
    routing.clock.at = AT + 24 * 5 * HOUR
    [_, uncontacted] = await rounds()

    assert in_time == []
    assert (unanswered.step, unanswered.region, unanswered.due_at) == (
        "acceptance", "1082", AT + 24 * HOUR,
    )  # fmt: skip
    assert (row["overdue"], after_the_answer) == (True, False)
    assert uncontacted.step == "first_contact"
    assert "HandoverEscalated" not in await told(routing, quiet)
    assert not (await handovers(routing, quiet))[0]["overdue"]
    async with routing.database.transaction() as session:
        await set_gauges(session)
    assert metrics.HANDOVERS_OVERDUE.labels("first_contact", "yes")._value.get() >= 1


async def test_an_answer_is_never_dated_before_the_offer(routing: Routing) -> None:
    """After a switch to a server whose clock is an hour behind."""
    person = await resolved(routing)
    routing.clock.at = AT - HOUR

    await answer(routing, person, "accept")

    offered, accepted = [
        event
        for event in await routing.said_of(person.registration_id)
        if isinstance(event, HandoverOffered | HandoverAccepted)
    ]
    assert accepted.accepted_at >= offered.offered_at
