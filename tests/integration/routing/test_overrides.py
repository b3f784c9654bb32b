"""What people decide: founded, on record, before any worker, and upheld as far as it can be."""

from contracts.events import personal
from contracts.events.audit import PersonalDataSeen
from contracts.events.registration import PersonRegistered
from contracts.events.vocabulary import AgeBand, Contactability
from contracts.wire.sealed import Sealed
from kit.runtime.ids import new_id
from tests.integration.routing.cases import HERE, SPANS, THERE, all_rounds, answering, corrected, kinds
from tests.unit.routing.cases import MOTHER, PERSON, at
from tests.unit.routing.register_server import Register, Reply
from tests.unit.routing.register_server import person as resident
from tests.unit.routing.running import Routing, forgotten, incident_id


async def test_a_person_decides_what_the_rules_cannot_and_the_old_decision_stays(routing: Routing) -> None:
    person = await routing.person(incident_id(), addresses=[SPANS])
    await routing.tell(person)
    await routing.work.round()
    path = f"/triage/{person.registration_id}/resolve"
    ruling = {"municipality": "0151", "reason": "Talte med søsteren"}

    refused = await routing.ask("POST", path, json=ruling | {"municipality": "9999"})
    region = await routing.ask("POST", path, json=ruling | {"municipality": "1084"})
    unfounded = await routing.ask("POST", path, json=ruling | {"reason": " "})
    nobody = await routing.http.post(path, json=ruling)
    await routing.answer("POST", path, by="bo", json=ruling)

    assert (refused.status_code, unfounded.status_code, nobody.status_code) == (422, 422, 401)
    assert refused.json()["type"].endswith("unknown-authority")
    assert "Use a kommunekode" in refused.json()["errors"][0]["reason"]
    assert "delegates_to" in region.json()["errors"][0]["reason"]
    told = await routing.said_of(person.registration_id)
    assert kinds(told) == ["HomeAuthorityUnresolved", "HomeAuthorityResolved"]
    assert (told[1].municipality, told[1].region, told[1].reason) == ("0151", "1084", "decided_by_person")
    assert told[1].contactability is Contactability.OPEN
    decisions = await routing.answer("GET", f"/registrations/{person.registration_id}/decisions")
    assert [(d["outcome"], d["municipality"], d["reason"], d["by"]) for d in decisions] == [
        ("ambiguous", None, "postcode_spans", None),
        ("resolved", "0151", "Talte med søsteren", "bo"),
    ]
    seen = (await routing.said_of(person.registration_id))[-1]
    assert isinstance(seen, PersonalDataSeen)
    assert (seen.actor, seen.field_sets) == ("anna", ("note",))
    assert await routing.triage(person.incident_id) == {}
    assert await routing.buckets(person.incident_id) == {"resolved": 1}


async def test_a_person_who_decides_comes_before_the_worker_that_has_the_case_in_hand(
    routing: Routing,
) -> None:
    person = await routing.person(incident_id(), addresses=[HERE])
    await routing.tell(person)
    in_hand = await routing.work.claim()
    ruling = {"municipality": "0151", "reason": "Bor hos søsteren"}
    await routing.answer("POST", f"/triage/{person.registration_id}/resolve", json=ruling)

    await routing.work.work(in_hand)

    told = await routing.said_of(person.registration_id)
    assert [event.municipality for event in told] == ["0151"]


async def test_there_is_nothing_to_decide_about_somebody_forgotten_or_unknown(routing: Routing) -> None:
    person = await routing.person(incident_id(), addresses=[SPANS])
    await routing.tell(person)
    await routing.work.round()
    await routing.tell(forgotten(person))
    ruling = {"municipality": "0151", "reason": "Talte med søsteren"}

    gone = await routing.ask("POST", f"/triage/{person.registration_id}/resolve", json=ruling)
    unheard_of = await routing.ask("POST", f"/triage/{new_id()}/resolve", json=ruling)

    assert (gone.status_code, unheard_of.status_code) == (409, 404)
    assert await routing.triage(person.incident_id) == {}


async def test_a_persons_word_holds_against_corrected_facts_and_is_looked_at_again(routing: Routing) -> None:
    person = await routing.person(incident_id(), addresses=[SPANS])
    await routing.tell(person)
    await all_rounds(routing)
    path, ruling = (
        f"/triage/{person.registration_id}/resolve",
        {"municipality": "0151", "reason": "Talte med søsteren"},
    )
    await routing.answer("POST", path, json=ruling)

    await routing.tell(await corrected(routing, person, THERE))
    await all_rounds(routing)
    doubted = await routing.triage(person.incident_id)
    await routing.answer("POST", path, json=ruling | {"municipality": "0851"})
    await all_rounds(routing)

    assert doubted == {person.registration_id: ("doubt", "facts_changed")}
    told = await routing.said_of(person.registration_id)
    assert [getattr(event, "municipality", None) for event in told] == [None, "0151", "0151", "0851"]
    assert await routing.triage(person.incident_id) == {}


async def test_facts_that_lead_where_the_person_decided_leave_no_doubt(routing: Routing) -> None:
    person = await routing.person(incident_id(), addresses=[SPANS])
    await routing.tell(person)
    await all_rounds(routing)
    ruling = {"municipality": "0151", "reason": "Talte med søsteren"}
    await routing.answer("POST", f"/triage/{person.registration_id}/resolve", json=ruling)

    await routing.tell(await corrected(routing, person, at("0151")))
    await all_rounds(routing)

    assert await routing.triage(person.incident_id) == {}
    assert (await routing.said_of(person.registration_id))[-1].reason == "decided_by_person"


async def test_who_decides_about_a_child_is_told_that_no_wave_contacts_it_before_custody_is_known(
    routing: Routing,
) -> None:
    incident = incident_id()
    child = await routing.person(incident, addresses=[HERE], age_band=AgeBand.UNDER_15)
    adult = await routing.person(incident, addresses=[SPANS])
    await routing.tell(child, adult)
    await all_rounds(routing)
    ruling = {"municipality": "0751", "reason": "Talt med mor"}

    async def asked(person: PersonRegistered) -> tuple[list[str], bool]:
        answer = await routing.answer("POST", f"/triage/{person.registration_id}/resolve", json=ruling)
        path = f"/registrations/{person.registration_id}/explanation?language=en"
        said = (await routing.answer("GET", path))["sentences"]
        return [one["en"] for one in answer["warnings"]], any("No wave contacts" in one for one in said)

    [warning], explained = await asked(child)

    assert "correct the registration" in warning
    assert explained
    assert await asked(adult) == ([], False)


async def test_a_childs_number_that_is_told_later_ends_the_warning_when_the_register_names_a_custody_holder(
    routing: Routing, register: Register
) -> None:
    child = await routing.person(incident_id(), addresses=[HERE], age_band=AgeBand.UNDER_15)
    await routing.tell(child)
    await all_rounds(routing)
    ruling = {"municipality": "0751", "reason": "Talt med mor"}
    await routing.answer("POST", f"/triage/{child.registration_id}/resolve", json=ruling)
    answering(register, {PERSON: with_mother(PERSON), MOTHER: resident(MOTHER)}.get)
    key = (await routing.keys.read([child.registration_id]))[child.registration_id]
    identity = key.seal(personal.IDENTITY, personal.Identity((personal.Identifier("cpr", PERSON),)))

    numbered = await corrected(routing, child, HERE, changed=("identifiers",))
    await routing.tell(numbered.model_copy(update={"identity": Sealed(identity)}))
    await all_rounds(routing)

    said = await routing.said_of(child.registration_id)
    assert [event.recipient is not None for event in said if hasattr(event, "recipient")][-1]
    told = await routing.answer("GET", f"/registrations/{child.registration_id}/explanation?language=en")
    assert not any("No wave contacts" in sentence for sentence in told["sentences"])


def with_mother(cpr: str) -> Reply:
    born = "<foedselsdato><dato>2018-04-05</dato></foedselsdato>"
    status, content = resident(cpr, born)
    custody = (
        "<relationer><foraeldremyndighed><foraeldremyndighedtype>3</foraeldremyndighedtype>"
        f"<relationPersonnummer>{MOTHER}</relationPersonnummer></foraeldremyndighed></relationer>"
    )
    return status, content.replace(b"</PersonLookupResponse>", f"{custody}</PersonLookupResponse>".encode())
