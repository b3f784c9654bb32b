"""The passing-on record: what the authority reads, on whose consent, and who looked."""

from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from contracts.events import personal
from contracts.events.audit import PersonalDataSeen
from contracts.events.ids import AuthorityId, ConsentId
from contracts.events.registration import (
    ConsentFact,
    ConsentsRestated,
    ConsentWithdrawn,
    IncidentOpened,
    PersonCorrected,
    PersonRegistered,
)
from contracts.events.vocabulary import Channel, IncidentKind, ObtainedBy, Purpose
from kit.runtime.ids import new_id
from tests import pdf_text
from tests.unit.routing.cases import PERSON, at
from tests.unit.routing.register_server import Register
from tests.unit.routing.register_server import person as resident
from tests.unit.routing.running import AT, Routing, forgotten, incident_id

HOME = at("0751", line="Møllestien 7", postcode="8000")
_PROTECTED = "<adressebeskyttelse><beskyttet>true</beskyttet></adressebeskyttelse>"
TOLD = personal.Circumstances("Så det fra perronen", "Sover ikke, bor alene")


async def offered(routing: Routing, *cprs: str) -> tuple[PersonRegistered, str]:
    """Hand somebody over who has told what they went through; give the person and the handover's id."""
    incident = incident_id()
    opened = IncidentOpened(
        incident_id=incident, exercise=True, name="Togulykke", kind=IncidentKind.TRANSPORT,
        place="Aarhus H", started_at=AT, event_authority=AuthorityId("0751"),
    )  # fmt: skip
    person = await routing.person(incident, *cprs, addresses=[HOME])
    key = (await routing.keys.read([person.registration_id]))[person.registration_id]
    consent = ConsentFact(
        consent_id=ConsentId(new_id()), purpose=Purpose.REGISTRATION, channels=(), given_at=AT,
        expires_at=AT + timedelta(days=365),
    )  # fmt: skip
    contact = personal.ContactDetails(
        "Nancy Ann Berggren", "+4520123456", "nancy@example.dk", (HOME,), interpreter=True,
        preferred_time="evening",
    )  # fmt: skip
    more = {
        "consents": (consent,),
        "contact": key.seal(personal.CONTACT, contact),
        "circumstances": key.seal(personal.CIRCUMSTANCES, TOLD),
        "preferred_channel": Channel.CALL,
    }
    person = person.model_copy(update=more)
    await routing.tell(opened, person)
    await routing.work.round()
    [row] = await routing.answer("GET", f"/incidents/{incident}/handovers")
    return person, row["handover_id"]


async def seen(routing: Routing, person: PersonRegistered) -> list[PersonalDataSeen]:
    said = await routing.said_of(person.registration_id)
    return [event for event in said if isinstance(event, PersonalDataSeen)]


async def test_the_record_holds_what_the_journal_needs_and_says_who_looked(routing: Routing) -> None:
    person, handover = await offered(routing, PERSON)

    record: dict[str, Any] = await routing.answer("GET", f"/handovers/{handover}/record", by="Kira")

    whom = record["person"]
    assert (whom["name"], whom["phone"], whom["interpreter"], whom["preferred_time"]) == (
        "Nancy Ann Berggren", "+4520123456", True, "evening",
    )  # fmt: skip
    assert [one["value"] for one in whom["identifiers"]] == [PERSON]
    assert [one["line"] for one in whom["addresses"]] == ["Møllestien 7"]
    assert (record["circumstances"], record["concerns"]) == (TOLD.circumstances, TOLD.concerns)
    assert record["incident"]["name"] == "Togulykke"
    assert record["registered"]["place"] == "scene"
    [passed] = record["passed_on"]
    assert passed["field_sets"] == ["contact", "identity", "circumstances"]
    assert (passed["authority"], passed["actor"]) == ("0751", "routing")
    assert passed["consent_id"] == str(person.consents[0].consent_id)
    assert len(record["decisions"]) == 1
    assert "Aarhus" in record["decisions"][0]
    [look] = await seen(routing, person)
    assert (look.actor, look.purpose) == ("Kira", "handover record")
    assert set(look.field_sets) == {"contact", "identity", "circumstances", "recipient"}


async def test_the_printed_record_says_the_same_and_that_it_is_an_exercise(routing: Routing) -> None:
    person, handover = await offered(routing, PERSON)

    answer = await routing.ask("GET", f"/handovers/{handover}/record.pdf", by="Kira")

    assert answer.headers["content-type"] == "application/pdf"
    text = pdf_text.text(answer.content)
    for words in (
        "ØVELSE", "Aarhus Kommune (0751)", "Togulykke, Aarhus H", "Nancy Ann Berggren", PERSON, "+4520123456",
        "Møllestien 7", "Så det fra perronen", "Sover ikke, bor alene", "aften", "CPR-registeret",
        "kontaktoplysninger, identitet", "sundhedsloven § 43",
    ):  # fmt: skip
        assert words in text, words
    assert [look.purpose for look in await seen(routing, person)] == ["handover record printed"]


async def test_a_protected_address_is_passed_on_neither_on_paper_nor_otherwise(
    routing: Routing, register: Register
) -> None:
    async def protected(cpr: str) -> Any:
        return resident(cpr, _PROTECTED)

    register.reply = protected  # type: ignore[method-assign]  # the test tells it how to behave
    _, handover = await offered(routing, PERSON)

    record = await routing.answer("GET", f"/handovers/{handover}/record")
    paper = await routing.ask("GET", f"/handovers/{handover}/record.pdf")

    assert (record["person"]["protected"], record["person"]["addresses"]) == (True, [])
    assert "Møllestien" not in pdf_text.text(paper.content)
    assert "Beskyttet" in pdf_text.text(paper.content)


async def test_a_correction_is_what_the_authority_reads_from_then_on(routing: Routing) -> None:
    person, handover = await offered(routing)
    key = (await routing.keys.read([person.registration_id]))[person.registration_id]
    better = personal.Circumstances("Var i toget", None)
    routing.clock.at = AT + timedelta(hours=2)

    correction = (
        PersonCorrected(
            incident_id=person.incident_id, exercise=True, registration_id=person.registration_id,
            role=person.role, language="uk", age_band=person.age_band, channels=(),
            contact=person.contact, circumstances=key.seal(personal.CIRCUMSTANCES, better),
            changed=("circumstances", "language"), corrected_at=AT + timedelta(hours=1),
        ),
        person,
    )  # fmt: skip
    await routing.tell(*correction)
    await routing.tell(*correction)

    record = await routing.answer("GET", f"/handovers/{handover}/record")
    assert (record["circumstances"], record["concerns"]) == ("Var i toget", None)
    assert record["person"]["language"] == "uk"
    assert [one["passed_on_at"] for one in record["passed_on"]] == [
        stamp.isoformat().replace("+00:00", "Z") for stamp in (AT, AT + timedelta(hours=2))
    ]
    told = [type(event).__name__ for event in await routing.said_of(person.registration_id)]
    assert told.count("PersonalDataPassedOn") == 2


async def test_when_the_consent_has_expired_the_authority_reads_nothing_more(routing: Routing) -> None:
    _, handover = await offered(routing)
    await routing.answer("POST", f"/handovers/{handover}/accept")
    routing.clock.at = AT + timedelta(days=365)

    answer = await routing.ask("GET", f"/handovers/{handover}/record")

    assert (answer.status_code, answer.json()["type"]) == (409, "urn:folgeskab:expired")


async def test_the_words_of_a_refusal_are_read_by_who_decides_anew_and_that_is_on_record(
    routing: Routing,
) -> None:
    person, handover = await offered(routing)
    why = {"reason": "wrong_person", "why": "Det er en anden Nancy"}
    await routing.answer("POST", f"/handovers/{handover}/refuse", json=why)

    [row] = await routing.answer("GET", f"/registrations/{person.registration_id}/handovers", by="Bo")

    assert (row["state"], row["refusal"], row["why"]) == ("refused", "wrong_person", "Det er en anden Nancy")
    [look] = await seen(routing, person)
    assert (look.actor, look.field_sets) == ("Bo", ("note",))


async def test_who_has_refused_reads_nothing_more_and_nobody_reads_who_is_forgotten(
    routing: Routing,
) -> None:
    person, refused = await offered(routing)
    why = {"reason": "wrong_person", "why": "Det er en anden"}
    await routing.answer("POST", f"/handovers/{refused}/refuse", json=why)
    gone, called_off = await offered(routing)
    keyless, open_ = await offered(routing)
    await routing.tell(forgotten(gone))
    await routing.keys.forget([keyless.registration_id])

    for handover in (refused, called_off, open_):
        for path in ("record", "record.pdf"):
            answer = await routing.ask("GET", f"/handovers/{handover}/{path}")
            assert answer.status_code == 409
    assert await seen(routing, person) == []
    async with routing.database.transaction() as session:
        left = await session.fetchval(
            "select count(*) from standing where registration_id = $1 and circumstances is not null",
            gone.registration_id,
        )
    assert left == 0


async def test_what_was_passed_on_stays_as_it_was_written(routing: Routing) -> None:
    await offered(routing)

    for statement in ("update passing_on set actor = 'another'", "delete from passing_on"):
        with pytest.raises(asyncpg.RaiseError, match="only ever added"):
            async with routing.database.transaction() as session:
                await session.execute(statement)


async def test_both_consents_stand_in_the_record_with_scope_and_documentation(routing: Routing) -> None:
    person, handover = await offered(routing)
    other = await routing.person(person.incident_id)  # the paper form was registered a second time
    keys = await routing.keys.read([person.registration_id, other.registration_id])
    passing_on, contact = ConsentId(new_id()), ConsentId(new_id())
    given = {
        "given_at": AT, "expires_at": AT + timedelta(days=365), "wording": "2026-11", "language": "da",
    }  # fmt: skip
    facts = (
        ConsentFact(
            **given, consent_id=passing_on, purpose=Purpose.REGISTRATION, channels=(),
            authorities=(AuthorityId("1082"),), obtained=ObtainedBy.ORAL_WITNESSED,
            documentation=keys[person.registration_id].seal(
                personal.consent_documentation(passing_on),
                personal.ConsentDocumentation("Ida Ravn", witness="Bo Friis"),
            ),
        ),
        ConsentFact(
            **given, consent_id=contact, purpose=Purpose.CONTACT, channels=(Channel.CALL, Channel.SMS),
            obtained=ObtainedBy.PAPER_FORM, form_number="F-0042", sealed_for=other.registration_id,
            documentation=keys[other.registration_id].seal(
                personal.consent_documentation(contact), personal.ConsentDocumentation("Kim Holm")
            ),
        ),
    )  # fmt: skip
    about = {
        "incident_id": person.incident_id, "exercise": True, "registration_id": person.registration_id,
    }  # fmt: skip
    at_once, ended = AT + timedelta(minutes=1), AT + timedelta(hours=2)
    await routing.tell(
        ConsentsRestated(**about, consents=facts, restated_at=at_once),
        ConsentWithdrawn(**about, purpose=Purpose.CONTACT, withdrawn_at=ended),
    )

    record = await routing.answer("GET", f"/handovers/{handover}/record")
    pdf = pdf_text.text((await routing.ask("GET", f"/handovers/{handover}/record.pdf")).content)

    first, second = record["consents"]
    assert [one["consent_id"] for one in (first, second)] == [str(passing_on), str(contact)]
    assert [(one["purpose"], one["by"], one["witness"], one["form_number"]) for one in (first, second)] == [
        ("registration", "Ida Ravn", "Bo Friis", None), ("contact", "Kim Holm", None, "F-0042"),
    ]  # fmt: skip
    assert first["authorities"] == [{"authority": "1082", "name": "Region Midtjylland"}]
    assert (second["channels"], second["obtained"]) == (["call", "sms"], "paper_form")
    assert (first["withdrawn_at"], second["withdrawn_at"] is not None) == (None, True)
    assert {(one["wording"], one["language"]) for one in (first, second)} == {("2026-11", "da")}
    for words in ("Bo Friis", "Ida Ravn", "F-0042", "Region Midtjylland (1082)", "mundtligt, med vidne",
                  "opkald, sms", "version 2026-11", "Trukket tilbage"):  # fmt: skip
        assert words in pdf
