"""Looking for people: found by whatever is known of them, within the incident only, and always on record."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from contracts.events.audit import PeopleSearched, PersonalDataSeen
from kit.runtime.ids import new_id
from services.registration.use_cases.search_people import SHOWN
from services.registration.workers.index_upgrade import IndexUpgrade
from tests.conftest import Databases
from tests.deliveries import sent
from tests.integration.registration.api_client import CPR, RegistrationOffice, opened

REPLACEMENT = "8512489996"  # the published one of PERSON as a replacement: day + 60


@pytest.fixture(scope="module")
async def office(databases: Databases) -> AsyncIterator[RegistrationOffice]:
    async with opened(databases) as made:
        yield made


async def look(office: RegistrationOffice, incident: str, by: str, value: str, **more: Any) -> dict[str, Any]:
    body = {"incident_id": incident, "by": by, "value": value, "purpose": "hotline", **more}
    answer = await office.http.post("/searches", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def on_record(office: RegistrationOffice, incident: str, of: type) -> list[Any]:
    async with office.resources.database.transaction() as session:
        events = await sent(session)
    return [event for event in events if isinstance(event, of) and str(event.incident_id) == incident]


@pytest.mark.parametrize(
    ("by", "value"),
    [
        ("cpr", "251248-9996"),
        ("identifier", CPR),
        ("phone", "+45 20123456"),
        ("phone", "0045 20 12 34 56"),
        ("name", "Nancy Ann Test Berggren"),
        ("name", "berggren, nancy"),
        ("name", "BERGGREN"),
    ],
)
async def test_a_person_is_found_by_every_spelling_of_what_is_known(
    office: RegistrationOffice, by: str, value: str
) -> None:
    incident, elsewhere = await office.open_incident(), await office.open_incident()
    person = (await office.register(incident)).json()["registration_id"]
    await office.register(elsewhere)

    found = await look(office, incident, by, value)

    assert [one["registration_id"] for one in found["found"]] == [person]
    assert (found["found"][0]["name"], found["found"][0]["birth_year"]) == ("Nancy Ann Test Berggren", 1948)
    assert found["more"] is False


@pytest.mark.parametrize(
    ("said", "by", "scope"),
    [
        ({"system": "replacement_cpr", "value": REPLACEMENT}, "cpr", None),
        ({"system": "passport", "value": "x1234567", "scope": "UA"}, "identifier", "ua"),
        ({"system": "d_ecpr", "value": "1206550VK9", "scope": "1084"}, "identifier", "1084"),
    ],
)
async def test_other_numbers_than_a_cpr_number_are_found(
    office: RegistrationOffice, said: dict[str, str], by: str, scope: str | None
) -> None:
    incident = await office.open_incident()
    answer = await office.register(incident, identifiers=[said])

    found = await look(office, incident, by, said["value"], scope=scope)

    assert [one["registration_id"] for one in found["found"]] == [answer.json()["registration_id"]]


async def test_every_word_given_must_be_in_the_name(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    await office.register(incident)

    found = await look(office, incident, "name", "Nancy Møller")

    assert found == {"found": [], "more": False}


async def test_a_search_is_on_record_found_or_not_and_so_is_everybody_it_shows(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    person = (await office.register(incident)).json()["registration_id"]

    await look(office, incident, "cpr", "0101585018", purpose="rights")
    await look(office, incident, "name", "Berggren")

    searched = await on_record(office, incident, PeopleSearched)
    seen = await on_record(office, incident, PersonalDataSeen)
    assert [(e.actor, e.by, e.found, e.purpose) for e in searched] == [
        ("Hanne Hotline", "cpr", 0, "rights"),
        ("Hanne Hotline", "name", 1, "hotline"),
    ]
    assert [(str(e.registration_id), e.purpose) for e in seen] == [(person, "search/hotline")]
    assert "0101585018" not in str(searched)
    assert "Berggren" not in str(searched)


async def test_a_repeat_leads_to_the_first_registration(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    first = (await office.register(incident)).json()["registration_id"]
    await office.register(incident, name="Nancy Bergmann", phone="30 12 34 56", place="hospital")

    found = [
        await look(office, incident, "phone", "30123456"),
        await look(office, incident, "name", "Bergmann"),
    ]

    assert [[one["registration_id"] for one in answer["found"]] for answer in found] == [[first], [first]]


async def test_the_forgotten_are_never_found(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    person = (await office.register(incident)).json()["registration_id"]
    await office.register(incident, name="Nancy Bergmann", place="hospital")
    await office.http.post(f"/registrations/{person}/forget", json={"why": "bad om det"})

    found = [
        (await look(office, incident, by, value))["found"]
        for by, value in (
            ("cpr", CPR),
            ("phone", "20123456"),
            ("name", "Nancy Berggren"),
            ("name", "Bergmann"),
        )
    ]

    assert found == [[], [], [], []]


async def test_of_many_the_first_are_shown_and_that_there_are_more_is_said(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    rows = "".join(f"r{n},Person Nummer{n} Hansen,victim,paper\n" for n in range(SHOWN + 3))
    await office.import_csv(incident, f"reference,name,role,place\n{rows}".encode())

    found = await look(office, incident, "name", "hansen")

    assert len(found["found"]) == SHOWN
    assert found["more"] is True
    assert len(await on_record(office, incident, PersonalDataSeen)) == SHOWN


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"by": "cpr", "value": "251248-999"}, "value"),
        ({"by": "cpr", "value": "2512481AB9"}, "value"),
        ({"by": "identifier", "value": "1206550VK9"}, "scope"),
        ({"by": "phone", "value": "070 123 45 67"}, "value"),
        ({"by": "name", "value": " - "}, "value"),
        ({"by": "shoe size", "value": "forty-three"}, "by"),
        ({"purpose": "Nancy Berggren"}, "purpose"),
        ({"purpose": None}, "purpose"),
    ],
)
async def test_an_invalid_search_is_reported_by_field_without_its_value(
    office: RegistrationOffice, wrong: dict[str, Any], field: str
) -> None:
    incident = await office.open_incident()
    body = {"incident_id": incident, "by": "name", "value": "x", "purpose": "hotline"} | wrong

    answer = await office.http.post("/searches", json=body)

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert wrong.get("value", "Berggren") not in answer.text


async def test_an_unknown_incident_is_said_to_be(office: RegistrationOffice) -> None:
    body = {"incident_id": str(new_id()), "by": "name", "value": "x", "purpose": "hotline"}

    assert (await office.http.post("/searches", json=body)).status_code == 404


SPOKEN = {
    "ß written ss": ("Jürgen Groß", "gross"),
    "ü written ue": ("Jürgen Groß", "Juergen"),
    "eth written d": ("Guðrún Þórsdóttir", "Gudrun Thorsdottir"),
    "Æ written AE": ("Åse Ærtesen", "AERTESEN aase"),
    "ø written o": ("Søren Østby", "soren ostby"),
    "letters of another alphabet": ("ნინო ბერიძე", "Nino Beridze"),
    "Latin letters looked for in another alphabet": ("Nino Beridze", "ბერიძე"),
    "the apostrophe of another keyboard": ("Siobhan O\u2019Brien", "O'Brien"),
    "a joiner that nobody sees": ("Ali\u200creza Hosseini", "Alireza"),
    "a letter other": ("Kirsten Holm", "Kirstin"),
    "a letter missing": ("Kirsten Holm", "Kirstn Holm"),
    "a letter too many": ("Kirsten Holm", "Kirsten Hoolm"),
    "two letters changed places": ("Kirsten Holm", "Kirtsen"),
    "the first letter other": ("Kirsten Holm", "Cirsten"),
    "a typo in each word": ("Kirsten Holm", "Kristen Holn"),
    "an initial": ("Kirsten Holm", "K. Holm"),
}


@pytest.mark.parametrize(("name", "said"), SPOKEN.values(), ids=SPOKEN)
async def test_a_name_is_found_as_it_is_spoken(office: RegistrationOffice, name: str, said: str) -> None:
    incident = await office.open_incident()
    person = (await office.register(incident, name=name, identifiers=[])).json()["registration_id"]
    await office.register(incident, name="Ib Bo Fjern", identifiers=[])

    found = await look(office, incident, "name", said)

    assert [one["registration_id"] for one in found["found"]] == [person]


@pytest.mark.parametrize("said", ["Kerstan", "Kirsten Bay", "Hlom Krsten Bo", "Bo"])
async def test_two_typos_and_short_words_are_other_names(office: RegistrationOffice, said: str) -> None:
    incident = await office.open_incident()
    await office.register(incident, name="Kirsten Holm Ib", identifiers=[])

    assert await look(office, incident, "name", said) == {"found": [], "more": False}


async def test_after_a_correction_the_new_name_is_found_as_spoken_and_the_old_one_is_not(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    person = (await office.register(incident, name="Kirsten Holm")).json()["registration_id"]
    await office.http.post(
        f"/registrations/{person}/corrections", json={"name": "Birgit Bay", "why": "x y z"}
    )

    old, new = [await look(office, incident, "name", said) for said in ("Kirstem", "Birgitt")]

    assert (len(old["found"]), len(new["found"])) == (0, 1)


async def test_a_forgotten_person_is_not_found_by_a_name_as_spoken(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    person = (await office.register(incident, name="Kirsten Holm")).json()["registration_id"]

    await office.http.post(f"/registrations/{person}/forget", json={"why": "bad om det"})

    async with office.resources.database.transaction() as session:
        left = await session.fetchval("select count(*) from blind_index where registration_id = $1", person)
    assert left == 0
    assert (await look(office, incident, "name", "Kirstem"))["found"] == []


async def test_who_was_registered_before_is_indexed_anew_and_the_forgotten_are_not(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    person, gone = [
        (await office.register(incident, name=name, identifiers=[])).json()["registration_id"]
        for name in ("Søren Holm", "Søren Bay")
    ]
    await office.http.post(f"/registrations/{gone}/forget", json={"why": "bad om det"})
    async with office.resources.database.transaction() as session:
        await session.execute("update registration set index_version = 0 where incident_id = $1", incident)
        await session.execute("delete from blind_index where registration_id = $1", person)
        await session.execute("insert into blind_index values ('old digest', $1)", person)
    before = await look(office, incident, "name", "Soren")

    while await IndexUpgrade(office.resources).round():
        pass

    after = await look(office, incident, "name", "Soren")
    assert (before["found"], [one["registration_id"] for one in after["found"]]) == ([], [person])
    async with office.resources.database.transaction() as session:
        rows = await session.fetch(
            "select registration_id, digest from blind_index where registration_id in ($1, $2)", person, gone
        )
        assert b"old digest" not in {row["digest"] for row in rows}
        assert {str(row["registration_id"]) for row in rows} == {person}
        waiting = "select count(*) from registration where id = $1 and compared_at is null"
        assert await session.fetchval(waiting, person) == 1
