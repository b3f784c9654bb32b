"""Why an authority is responsible, told to people: on record that they look, and what is protected masked."""

from contracts.events.audit import PersonalDataSeen
from contracts.events.registration import PersonRegistered
from kit.runtime.ids import new_id
from tests.integration.routing.cases import HERE, all_rounds
from tests.unit.routing.cases import PERSON, REFORM
from tests.unit.routing.register_server import Register, Reply
from tests.unit.routing.register_server import person as resident
from tests.unit.routing.running import Routing, incident_id

_PROTECTED = "<adressebeskyttelse><beskyttet>true</beskyttet></adressebeskyttelse>"


async def test_the_explanation_opens_what_people_and_the_register_said_and_that_is_on_record(
    routing: Routing,
) -> None:
    person = await routing.person(incident_id(), PERSON)
    await routing.tell(person)
    await all_rounds(routing)
    ruling = {"municipality": "0151", "reason": "Bor hos søsteren"}
    await routing.answer("POST", f"/triage/{person.registration_id}/resolve", json=ruling)

    told = await routing.answer("GET", f"/registrations/{person.registration_id}/explanation?on={REFORM}")
    unheard_of = await routing.ask("GET", f"/registrations/{new_id()}/explanation")

    assert (told["municipality"], told["region"], told["decisions"]) == ("0151", "region-oestdanmark", 2)
    assert "Begrundelsen: Bor hos søsteren" in told["sentences"]
    assert "CPR-status 01: bopæl i Danmark." in told["sentences"]
    seen = (await routing.said_of(person.registration_id))[-1]
    assert isinstance(seen, PersonalDataSeen)
    assert (seen.purpose, seen.field_sets) == ("explanation", ("identity", "recipient", "note"))
    assert unheard_of.status_code == 404


async def test_an_address_is_masked_while_protected_or_while_the_register_was_not_heard(
    routing: Routing, register: Register
) -> None:
    incident = incident_id()
    open_one, hidden, unnumbered = [
        await routing.person(incident, *cprs, addresses=[HERE]) for cprs in ((PERSON,), ("0201609996",), ())
    ]

    async def masked(person: PersonRegistered) -> bool:
        path = f"/registrations/{person.registration_id}/explanation"
        return bool((await routing.answer("GET", path))["address_masked"])

    async def protected(cpr: str) -> Reply:
        return resident(cpr, _PROTECTED if cpr == "0201609996" else "")

    register.reply = protected  # type: ignore[method-assign]  # the test tells it how to behave
    await routing.tell(open_one, hidden, unnumbered)
    unheard = [await masked(one) for one in (open_one, hidden, unnumbered)]
    await all_rounds(routing)

    assert unheard == [True, True, False]
    assert [await masked(one) for one in (open_one, hidden, unnumbered)] == [False, True, False]
