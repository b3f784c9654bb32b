"""Workers, facts, answers and clocks all at once: nobody waits for another for ever, and it adds up."""

import asyncio
import random
from collections.abc import Sequence
from datetime import timedelta

from contracts.events.registration import (
    ConsentGiven,
    ContactBarLifted,
    ContactBarred,
    PersonCorrected,
    PersonMerged,
    PersonRegistered,
    PersonUnmerged,
)
from contracts.events.vocabulary import BarReason, CallOutcome
from contracts.wire.event import Event
from kit.runtime.ids import new_id
from services.routing.domain.deadlines import Deadlines
from services.routing.domain.handover import HandoverDeadlines
from services.routing.workers.escalation import EscalationWorker
from tests.integration.routing.handovers import (
    AARHUS,
    HERLEV,
    HOUR,
    WHY,
    called,
    consent,
    counted,
    of,
    withdrawn,
)
from tests.unit.routing.running import AT, Routing, forgotten, incident_id

PEOPLE = 40
# each row says what must never be found
_WRONG = {
    "an offer nobody counts": """
        select 1 from handover h join standing s using (registration_id)
        where h.state = 'offered' and s.handover_id is distinct from h.handover_id""",
    "an authority that accepted and is not responsible": """
        select 1 from handover h join standing s using (registration_id)
        where h.state in ('accepted', 'contacted') and s.held_id is distinct from h.handover_id""",
    "a responsible authority that has not accepted": """
        select 1 from standing s join handover h on h.handover_id = s.held_id
        where h.state not in ('accepted', 'contacted')""",
    "an open handover of somebody it is stopped for": """
        select 1 from standing s join handover h using (registration_id)
        where s.status in ('restricted', 'merged', 'forgotten') and h.state in ('offered', 'accepted')""",
    "an offer without its passing on": """
        select 1 from handover h where not exists (
            select from passing_on p where p.handover_id = h.handover_id)""",
    "a refusal nobody is asked about": """
        select 1 from standing s join home_case c using (registration_id)
        where s.status = 'refused' and c.queue is distinct from 'handover'""",
}


def facts_about(person: PersonRegistered, dice: random.Random) -> list[Event]:
    """Make the later facts of one person, in some order."""
    corrected = PersonCorrected(
        **of(person), role=person.role, language="da", age_band=person.age_band, channels=(),
        contact=person.contact, changed=("addresses",), corrected_at=AT + HOUR,
    )  # fmt: skip
    facts: list[Event] = [
        withdrawn(person),
        ConsentGiven(**of(person), consent=consent(AT + 2 * HOUR)),
        ContactBarred(**of(person), reason=BarReason.RESTRICTED, barred_at=AT + HOUR),
        ContactBarLifted(**of(person), reason=BarReason.RESTRICTED, lifted_at=AT + 2 * HOUR),
        PersonMerged(**of(person), into=new_id(), merged_at=AT + HOUR),
        PersonUnmerged(**of(person), out_of=new_id(), unmerged_at=AT + 2 * HOUR),
        corrected,
        called(person, CallOutcome.SPOKE),
    ]
    if dice.random() < 0.1:
        facts.append(forgotten(person))
    return facts


async def work(routing: Routing) -> None:
    worker = routing.worker(batch=7)
    for _ in range(40):
        await worker.round()


async def tell(routing: Routing, facts: Sequence[Event]) -> None:
    for start in range(0, len(facts), 9):
        await routing.tell(*facts[start : start + 9])


async def answer(routing: Routing, path: str, dice: random.Random) -> None:
    for _ in range(15):
        rows = await routing.answer("GET", f"/incidents/{path}/handovers?state=offered")
        for row in dice.sample(rows, min(3, len(rows))):
            what, body = dice.choice([("accept", None), ("refuse", WHY)])
            said = await routing.ask("POST", f"/handovers/{row['handover_id']}/{what}", json=body)
            assert said.status_code in {200, 409}
        await routing.answer("POST", f"/incidents/{path}/handovers/accept", json={"authority": "0163"})


async def escalate(routing: Routing) -> None:
    deadlines = Deadlines(HandoverDeadlines(timedelta(), timedelta()))
    for _ in range(15):
        await EscalationWorker(routing.database, routing.directory, routing.clock, deadlines, batch=5).round()


async def test_everybody_at_once_leaves_each_person_with_one_who_answers(routing: Routing) -> None:
    incident, dice = incident_id(), random.Random(11)
    routing.deadlines = HandoverDeadlines(timedelta(), timedelta())
    people = [
        (await routing.person(incident, addresses=[dice.choice([AARHUS, HERLEV])])).model_copy(
            update={"consents": (consent(),)}
        )
        for _ in range(PEOPLE)
    ]
    await routing.tell(*people)
    facts = [fact for person in people for fact in facts_about(person, dice)]
    dice.shuffle(facts)
    half = len(facts) // 2

    await asyncio.gather(
        work(routing),
        work(routing),
        tell(routing, facts[:half]),
        tell(routing, facts[half:]),
        *(answer(routing, str(incident), random.Random(seed)) for seed in range(3)),
        escalate(routing),
    )
    while await routing.worker(batch=50).round():
        pass

    assert sum((await counted(routing, incident)).values()) == PEOPLE
    async with routing.database.transaction() as session:
        found = {what: await session.fetch(sql) for what, sql in _WRONG.items()}
    assert {what: len(rows) for what, rows in found.items() if rows} == {}
