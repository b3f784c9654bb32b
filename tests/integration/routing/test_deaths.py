"""A death that the register tells ends the handover, and who follows up the relatives is told."""

from datetime import timedelta

from contracts.events.registration import PersonRegistered, RelationFact, RelationsTold
from contracts.events.routing import RelativeDeathUndone, RelativeDied
from contracts.events.vocabulary import CalledOffReason, Relation
from services.routing.domain.deadlines import DEFAULT_DEADLINES
from services.routing.workers.escalation import EscalationWorker
from tests.integration.routing.cases import HERE, all_rounds, answering, corrected
from tests.integration.routing.handovers import answer, consent, counted, decide, handovers, of, states
from tests.unit.routing.register_server import Register, Reply
from tests.unit.routing.register_server import person as resident
from tests.unit.routing.running import AT, Routing, incident_id

DEAD, LIVING = "0101585018", "0101585026"


def told_by_register(cpr: str, dead: set[str]) -> Reply:
    status, body = resident(cpr)
    return status, body.replace(b"<status>1</status>", b"<status>90</status>") if cpr in dead else body


async def asked_again(routing: Routing, person: PersonRegistered) -> None:
    asked = {"incident_id": str(person.incident_id), "why": "Ny udgave af registeret"}
    await routing.answer("POST", "/reresolution", json=asked)
    while await routing.reopening.round():
        await all_rounds(routing)


async def family(routing: Routing) -> tuple[PersonRegistered, PersonRegistered]:
    incident = incident_id()
    one, other = [await routing.person(incident, cpr) for cpr in (DEAD, LIVING)]
    people = [each.model_copy(update={"consents": (consent(),)}) for each in (one, other)]
    links = [
        RelationsTold(
            **of(each),
            relations=(RelationFact(registration_id=relative.registration_id, word=Relation.FAMILY),),
            told_at=AT,
        )
        for each, relative in ((one, other), (other, one))
    ]
    await routing.tell(*people, *links, *links)
    await all_rounds(routing)
    await answer(routing, other, "accept")
    return one, other


async def test_it_ends_the_handover_with_that_reason(routing: Routing, register: Register) -> None:
    dead: set[str] = set()
    answering(register, lambda cpr: told_by_register(cpr, dead))
    person, _ = await family(routing)

    dead.add(DEAD)
    await asked_again(routing, person)

    [off] = [e for e in await routing.said_of(person.registration_id) if "CalledOff" in type(e).__name__]
    assert off.reason is CalledOffReason.DIED
    assert await states(routing, person) == [("0751", "called_off")]
    assert await counted(routing, person.incident_id) == {"died": 1, "accepted": 1}


async def test_a_mistake_of_the_register_is_undone_with_it(routing: Routing, register: Register) -> None:
    dead = {DEAD}
    answering(register, lambda cpr: told_by_register(cpr, dead))
    person, _ = await family(routing)
    before = await states(routing, person)

    dead.clear()
    routing.clock.at += timedelta(minutes=1)
    await asked_again(routing, person)

    assert before == []
    assert await states(routing, person) == [("0751", "offered")]


async def test_a_number_of_somebody_dead_is_taken_out_again(routing: Routing, register: Register) -> None:
    answering(register, lambda cpr: told_by_register(cpr, {DEAD}))
    person, _ = await family(routing)
    before = await counted(routing, person.incident_id)

    routing.clock.at += timedelta(minutes=10)
    news = await corrected(routing, person, HERE, changed=("identifiers", "addresses"), when=routing.clock.at)
    await routing.tell(news.model_copy(update={"identity": None}))
    await all_rounds(routing)

    assert before == {"died": 1, "accepted": 1}
    assert await states(routing, person) == [("0751", "offered")]
    assert await counted(routing, person.incident_id) == {"offered": 1, "accepted": 1}


async def test_a_person_who_names_the_authority_undoes_it(routing: Routing, register: Register) -> None:
    answering(register, lambda cpr: told_by_register(cpr, {DEAD}))
    person, _ = await family(routing)
    before = await states(routing, person)

    await decide(routing, person, "0751")

    assert before == []
    assert await states(routing, person) == [("0751", "offered")]


async def test_a_register_that_still_says_dead_does_not_overrule_the_person_who_decided(
    routing: Routing, register: Register
) -> None:
    answering(register, lambda cpr: told_by_register(cpr, {DEAD}))
    person, _ = await family(routing)
    await decide(routing, person, "0751")

    for _ in range(2):
        routing.clock.at += timedelta(minutes=1)
        await asked_again(routing, person)

    assert await states(routing, person) == [("0751", "offered")]


async def test_a_death_after_a_person_decided_ends_the_handover(routing: Routing, register: Register) -> None:
    dead: set[str] = set()
    answering(register, lambda cpr: told_by_register(cpr, dead))
    person, _ = await family(routing)
    await decide(routing, person, "0751")

    dead.add(DEAD)
    for _ in range(2):
        routing.clock.at += timedelta(minutes=1)
        await asked_again(routing, person)

    assert await states(routing, person) == [("0751", "called_off")]


async def test_a_register_that_does_not_answer_keeps_the_death(routing: Routing, register: Register) -> None:
    answering(register, lambda cpr: told_by_register(cpr, {DEAD}))
    person, _ = await family(routing)

    answering(register, lambda _cpr: None)
    asked = {"incident_id": str(person.incident_id), "why": "Ny udgave af registeret"}
    await routing.answer("POST", "/reresolution", json=asked)
    while await routing.reopening.round():
        pass
    for _ in range(5):
        await routing.work.round()

    assert await routing.buckets(person.incident_id) == {"register_away": 2}
    assert await counted(routing, person.incident_id) == {"died": 1, "accepted": 1}


async def test_who_follows_up_a_relative_is_told_once(routing: Routing, register: Register) -> None:
    dead: set[str] = set()
    answering(register, lambda cpr: told_by_register(cpr, dead))
    person, relative = await family(routing)
    escalating = EscalationWorker(
        routing.database, routing.directory, routing.clock, DEFAULT_DEADLINES, batch=100
    )
    await escalating.round()
    [before] = await handovers(routing, relative)

    dead.add(DEAD)
    await asked_again(routing, person)
    for _ in range(2):
        await escalating.round()

    [row] = await handovers(routing, relative)
    record = await routing.answer("GET", f"/handovers/{row['handover_id']}/record")
    [event] = [e for e in await routing.said_of(relative.registration_id) if isinstance(e, RelativeDied)]
    assert (before["relative_died_at"], row["relative_died_at"] is not None) == (None, True)
    assert (event.authority, event.relative) == ("0751", person.registration_id)
    assert record["relations"] == [{"word": "family", "registration_id": str(person.registration_id)}]
    assert not [e for e in await routing.said_of(person.registration_id) if isinstance(e, RelativeDied)]


async def test_a_relative_who_lives_after_all_is_said_to_be_dead_no_more(
    routing: Routing, register: Register
) -> None:
    dead = {DEAD}
    answering(register, lambda cpr: told_by_register(cpr, dead))
    person, relative = await family(routing)
    escalating = EscalationWorker(
        routing.database, routing.directory, routing.clock, DEFAULT_DEADLINES, batch=100
    )
    said = []
    for now_dead in ({DEAD}, set(), {DEAD}):
        dead.clear()
        dead.update(now_dead)
        routing.clock.at += timedelta(minutes=1)
        await asked_again(routing, person)
        await escalating.round()
        [row] = await handovers(routing, relative)
        said.append(row["relative_died_at"] is not None)

    events = await routing.said_of(relative.registration_id)
    told = [type(e) for e in events if isinstance(e, RelativeDied | RelativeDeathUndone)]
    [undone] = [e for e in events if isinstance(e, RelativeDeathUndone)]
    assert said == [True, False, True]
    assert told == [RelativeDied, RelativeDeathUndone, RelativeDied]
    assert undone.authority == "0751"
