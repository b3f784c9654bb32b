"""What is held about a citizen: given to them, forgotten so that nothing opens, kept no longer than said."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from cli.export import omit_mistaken_rows
from contracts.events.audit import PersonalDataSeen
from kit.runtime.ids import new_id
from tests.conftest import Databases
from tests.deliveries import sent
from tests.integration.registration.api_client import CPR, PERSON, RegistrationOffice, opened


@pytest.fixture(scope="module")
async def office(databases: Databases) -> AsyncIterator[RegistrationOffice]:
    async with opened(databases) as made:
        yield made


async def held(office: RegistrationOffice, person: str, purpose: str = "export") -> dict[str, Any]:
    answer = await office.http.get(f"/registrations/{person}/subject-data", params={"purpose": purpose})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def looks(office: RegistrationOffice, person: str) -> list[PersonalDataSeen]:
    async with office.resources.database.transaction() as session:
        events = await sent(session)
    return [e for e in events if isinstance(e, PersonalDataSeen) and str(e.registration_id) == person]


async def a_person(office: RegistrationOffice) -> str:
    """Register somebody twice, correct and restrict them: something in every table; and a relative."""
    incident = await office.open_incident()
    person = (await office.register(incident, note="bange for tog")).json()["registration_id"]
    await office.register(incident, place="hospital", phone="30 12 34 56")
    await office.register(incident, name="Karl Test Berggren", identifiers=[], phone="40 12 34 56")
    for path, body in (
        ("corrections", {"phone": "50 12 34 56", "why": "ringede selv"}),
        ("contact-restrictions", {"reason": "restricted", "why": "klagesag"}),
    ):
        answer = await office.http.post(f"/registrations/{person}/{path}", json=body)
        assert answer.is_success, answer.text
    return str(person)


async def test_everything_about_a_person_is_returned_decrypted_and_nothing_about_others(
    office: RegistrationOffice,
) -> None:
    person = await a_person(office)

    found = await held(office, person)

    tables = found["tables"]
    assert set(tables) >= {
        "registration", "consent_entry", "person_version", "contact_bar", "identity_claim", "blind_index",
        "intake", "outbox",
    }  # fmt: skip
    assert len(found["owners"]) == len(tables["registration"]) == 2
    assert found["opens"] == found["sealed"] > 0
    assert tables["registration"][0]["identity"]["identifiers"][0]["value"] == CPR
    assert {row["contact"]["phone"] for row in tables["person_version"]} == {"+4520123456"}
    assert "bange for tog" in str(tables)
    assert "Registrator" in str(tables)
    assert "Karl" not in str(tables)
    seen = (await looks(office, person))[-1]
    assert (seen.actor, seen.purpose) == ("Hanne Hotline", "export")
    assert set(seen.field_sets) == {"contact", "identity", "note", "consent"}


async def taken_for_one(office: RegistrationOffice, one: str, other: str, incident: str) -> str:
    """Merge two by two people; give the pair."""
    pair = {"one": one, "other": other, "why": "samme stemme"}
    answer = await office.http.post(f"/incidents/{incident}/duplicates", json=pair)
    found = str(answer.json()["id"])
    confirmed = await office.http.post(
        f"/duplicates/{found}/confirm", json={"why": "hun selv"}, headers={"X-Actor": "Karl Koordinator"}
    )
    assert confirmed.is_success, confirmed.text
    return found


async def test_a_merged_person_gets_both_registrations_and_the_reason_of_the_merge(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    here = (await office.register(incident, name="Kirsten Bay Holm", identifiers=[])).json()
    there = (await office.register(incident, phone="60 12 34 56")).json()
    await taken_for_one(office, here["registration_id"], there["registration_id"], incident)

    found = await held(office, there["registration_id"])

    assert found["opens"] == found["sealed"]
    assert {row["contact"]["phone"] for row in found["tables"]["registration"]} == {
        "+4520123456",
        "+4560123456",
    }
    assert "samme stemme" in str(found["tables"]["duplicate_step"])


async def test_what_a_mistaken_merge_brought_is_left_out_of_what_the_citizen_is_given(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    here = (await office.register(incident, name="Kirsten Bay Holm", identifiers=[], phone=None)).json()
    there = (await office.register(incident, phone="60 12 34 56")).json()
    pair = await taken_for_one(office, here["registration_id"], there["registration_id"], incident)
    undone = await office.http.post(f"/duplicates/{pair}/undo", json={"why": "to søstre"})
    assert undone.is_success, undone.text

    found = await held(office, here["registration_id"])
    given = omit_mistaken_rows({"registration": found["tables"]}, found["owners"])

    assert "60123456" in str(await held(office, there["registration_id"]))
    assert "60123456" not in str(given)
    assert CPR not in str(given)


async def test_after_forgetting_what_is_left_is_sealed_for_good_and_no_index_leads_to_it(
    office: RegistrationOffice,
) -> None:
    person = await a_person(office)
    before = await held(office, person, "proof")
    await office.http.post(f"/registrations/{person}/forget", json={"why": "bad om det"})
    looked = len(await looks(office, person))

    after = await held(office, person, "proof")

    assert before["opens"] == before["sealed"]
    assert (after["opens"], after["sealed"]) == (0, before["sealed"] + 2)  # and why they were forgotten
    assert set(before["tables"]) - set(after["tables"]) == {"identity_claim", "blind_index"}
    assert len(await looks(office, person)) == looked
    for secret in ("Berggren", CPR, "20123456", "bange for tog", "ringede selv"):
        assert secret not in str(after)


async def test_an_unknown_id_returns_nothing(office: RegistrationOffice) -> None:
    assert (await office.http.get(f"/registrations/{new_id()}/subject-data")).status_code == 404


async def test_a_file_sent_again_does_not_bring_the_forgotten_back(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    file = b"reference,name,role,place,phone\nr1,Nancy Test Berggren,victim,paper,20 12 34 56\n"
    await office.import_csv(incident, file)
    body = {"incident_id": incident, "by": "name", "value": "Berggren", "purpose": "rights"}
    found = (await office.http.post("/searches", json=body)).json()["found"]
    await office.http.post(f"/registrations/{found[0]['registration_id']}/forget", json={"why": "bad om det"})

    again = await office.import_csv(incident, file)

    assert (again.json()["registered"], again.json()["already_there"]) == (0, 1)
    counts = await office.counts(incident)
    assert (counts["registered"], counts["forgotten"]) == (1, 1)


async def test_mentions_of_an_erased_person_in_other_records_are_listed(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    mother = (await office.register(incident, addresses=[{"line": "Nørregade 12"}])).json()["registration_id"]
    guardian = [{**one, "guardian": "moderen"} for one in PERSON["consents"]]
    others = [
        {"name": "Ida Test", "age_band": "under_15", "consents": guardian},
        {"name": "Bo Test", "note": "bor hos Nancy Berggren, tlf. 20 12 34 56"},
        {"name": "Eva Test", "circumstances": "så nummer 251248-9996 på et armbånd"},
        {"name": "Ib Test", "phone": "20123456", "addresses": [{"line": "Noerregade 12, st."}]},
        {"name": "Ada Test", "consents": [{**PERSON["consents"][0], "witness": "Berggren, Nancy"}]},
        {"name": "Ole Test", "note": "Nancy stod ved siden af"},
        {"name": "Per Test", "note": "Nancy Berggren, mor", "then": {"note": None}},
    ]
    said: dict[str, Any] = {"identifiers": [], "phone": None}
    ids = []
    for other in others:
        then = other.pop("then", None)
        ids.append((await office.register(incident, **said | other)).json()["registration_id"])
        if then:
            await office.http.post(f"/registrations/{ids[-1]}/corrections", json={**then, "why": "rettet"})
    await office.http.post(f"/registrations/{mother}/links", json={"kind": "guardian", "to": ids[0]})
    before = (await office.http.get(f"/registrations/{mother}/mentions")).json()

    await office.http.post(f"/registrations/{mother}/forget", json={"why": "bad om det"})
    await office.http.post(f"/registrations/{mother}/forget", json={"why": "bad om det igen"})

    found = (await office.http.get(f"/registrations/{mother}/mentions")).json()
    assert (before["searched"], before["mentions"]) == (None, [])
    assert (found["searched"], found["people"]) == (7, 7)
    assert {one["registration_id"]: one["places"] for one in found["mentions"]} == {
        ids[0]: ["guardian"], ids[1]: ["note"], ids[2]: ["circumstances"], ids[3]: ["addresses", "phone"],
        ids[4]: ["witness"], ids[6]: ["note"],
    }  # fmt: skip
    assert found["linked"] == [{"registration_id": ids[0], "is_their": "child"}]


async def test_an_erased_record_is_no_longer_listed(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    person = (await office.register(incident)).json()["registration_id"]
    other = await office.register(incident, name="Bo Test", identifiers=[], phone=None, note="Nancy Berggren")
    await office.http.post(f"/registrations/{person}/forget", json={"why": "bad om det"})
    mentioned = (await office.http.get(f"/registrations/{person}/mentions")).json()["mentions"]

    gone = other.json()["registration_id"]
    await office.http.post(f"/registrations/{gone}/forget", json={"why": "bad om det"})

    assert [one["registration_id"] for one in mentioned] == [gone]
    assert (await office.http.get(f"/registrations/{person}/mentions")).json()["mentions"] == []
