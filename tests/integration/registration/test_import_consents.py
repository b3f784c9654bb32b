"""Properties of all consents of a file, stated once."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from kit.runtime.clock import SystemClock
from services.registration import api
from tests.commands import folgeskab, registration_on_a_socket
from tests.conftest import Databases
from tests.integration.registration.api_client import RegistrationOffice, opened

STATEMENT = {
    "wording": "2026-1", "obtained_by": "mundtligt med vidne", "witness": "Åse Vidne",
    "consented_at": "24-11-2026 12:00",
}  # fmt: skip
LIST = "\n".join(
    [
        "Navn;Rolle;Sted;Telefon;E-mail;Samtykke",
        *(f"Person {at};offer;epc;2012{at:04};;ja" for at in range(1000, 1300)),
        "Bo Bohr;vidne;epc;20123456;bo@example.dk;nej",
        "Ida Ibsen;vidne;epc;;ida@example.dk;JA",
        "Ea Uden;vidne;epc;;;ja",
    ]
)


@pytest.fixture(scope="module")
async def office(databases: Databases) -> AsyncIterator[RegistrationOffice]:
    async with opened(databases) as made:
        yield made


async def send(office: RegistrationOffice, incident: str, content: str, **stated: str) -> httpx.Response:
    headers = {"X-List-Consent": quote(json.dumps(stated))} if stated else {}
    return await office.http.post(f"/incidents/{incident}/imports", content=content.encode(), headers=headers)


async def consents(office: RegistrationOffice, incident: str, name: str) -> dict[str, dict[str, Any]]:
    async with office.resources.database.transaction() as session:
        ids = await session.fetch("select id from registration where incident_id = $1", incident)
    people = [(await office.http.get(f"/registrations/{row['id']}")).json() for row in ids]
    (person,) = [one for one in people if one["name"] == name]
    return {entry["purpose"]: entry for entry in person["consents"]}


async def test_a_list_with_consents_is_imported_with_the_stated_properties(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()

    report = (await send(office, incident, LIST, **STATEMENT)).json()

    assert (report["registered"], report["bad"]) == (303, [])
    ida = await consents(office, incident, "Ida Ibsen")
    assert {purpose: one["channels"] for purpose, one in ida.items()} == {
        "registration": [],
        "contact": ["email"],
    }
    assert (ida["contact"]["wording"], ida["contact"]["witness"]) == ("2026-1", "Åse Vidne")
    assert (await consents(office, incident, "Person 1000"))["contact"]["channels"] == ["call", "sms"]
    assert await consents(office, incident, "Bo Bohr") == {}
    assert (await consents(office, incident, "Ea Uden")).keys() == {"registration"}
    assert [(hint["line"], hint["code"]) for hint in report["hints"]] == [(304, "contact_without_details")]


async def test_a_list_with_undocumented_consents_is_refused_once_with_what_to_do(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()

    answer = await send(office, incident, LIST)

    assert answer.status_code == 422
    errors = {one["field"]: one["code"] for one in answer.json()["errors"]}
    assert errors == dict.fromkeys(("samtykketekst", "indhentet", "samtykke_tidspunkt"), "column_needed")


async def test_a_rows_own_cells_take_precedence_over_the_stated_properties(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    content = (
        "Navn;Rolle;Sted;Telefon;Samtykke registrering;Samtykke kontakt;Kanaler;Samtykketekst\n"
        "Ida Ibsen;offer;epc;20123456;ja;ja;sms;2025-4\nBo Bohr;offer;epc;20123457;ja;ja;;\n"
    )

    report = (await send(office, incident, content, **STATEMENT)).json()

    assert (report["registered"], report["bad"]) == (2, [])
    ida, bo = [(await consents(office, incident, name))["contact"] for name in ("Ida Ibsen", "Bo Bohr")]
    assert (ida["wording"], ida["channels"]) == ("2025-4", ["sms"])
    assert (bo["wording"], bo["channels"]) == ("2026-1", ["call", "sms"])


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"obtained_by": "helt"}, "obtained_by"), ({"consented_at": "i går"}, "consented_at"),
        ({"witness": ""}, "witness"), ({"channels": "brevdue"}, "channels"), ({"wrong": "x"}, "wrong"),
    ],
)  # fmt: skip
async def test_an_invalid_statement_is_refused_before_the_file_is_read(
    office: RegistrationOffice, changed: dict[str, str], field: str
) -> None:
    incident = await office.open_incident()

    answer = await send(office, incident, LIST, **STATEMENT | changed)

    assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (422, [field])
    assert (await office.http.get(f"/incidents/{incident}/imports")).json() == []


async def test_the_command_states_consent_properties_for_the_whole_list(
    office: RegistrationOffice, tmp_path: Path
) -> None:
    incident, people = await office.open_incident(), tmp_path / "liste.csv"
    people.write_text(LIST, encoding="utf-8")
    words = ("--wording", "2026-1", "--obtained-by", "oral_witnessed", "--witness", "Åse Vidne")

    async with registration_on_a_socket(api.routes(office.resources, SystemClock(), import_batch=100)) as url:
        code, said = await folgeskab(
            "import",
            incident,
            str(people),
            *words,
            "--consented-at",
            "24-11-2026 12:00",
            registration_url=url,
        )

    assert (code, "303 registered" in said) == (0, True), said


@pytest.mark.parametrize(
    "changed",
    [
        {"witness": "Aase Vidne"}, {"consented_at": "24-11-2026 12:30"}, {"wording": "2026-2"},
        {"consent_language": "en"}, {"channels": "sms"}, {"consent_by": "Ole Hotline"},
    ],
)  # fmt: skip
async def test_a_list_sent_again_with_another_statement_registers_nobody_twice(
    office: RegistrationOffice, changed: dict[str, str]
) -> None:
    incident = await office.open_incident()
    content = (
        "Navn;Rolle;Sted;Telefon;Samtykke;Vidne\nIda Ibsen;offer;epc;20123456;ja;\n"
        "Bo Bohr;offer;epc;20123457;ja;\nBo Bohr;offer;epc;20123457;ja;Eva Vidne\n"
    )
    first = (await send(office, incident, content, **STATEMENT)).json()

    again = (await send(office, incident, content, **STATEMENT | changed)).json()

    assert (first["registered"], first["already_there"]) == (3, 0), (
        "a witness of the row's own tells it apart"
    )
    assert (again["registered"], again["already_there"], again["bad"]) == (0, 3, [])
