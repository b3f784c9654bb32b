"""A dry run predicts the result of the import for every row."""

import random
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from contracts.events.ids import IncidentId
from deploy.local.people import invent
from kit.runtime.ids import new_id
from services.registration.imports.erasure import erase_rejected_rows, traces_of
from tests.conftest import Databases
from tests.integration.registration.api_client import RegistrationOffice, opened

FIGURES = ("rows", "registered", "already_there", "bad_rows", "bad", "hints")
NUMBERS = [person.cpr for person in invent(12)]


@pytest.fixture(scope="module")
async def office(databases: Databases) -> AsyncIterator[RegistrationOffice]:
    async with opened(databases) as made:
        yield made


async def both(
    office: RegistrationOffice, incident: str, content: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give what the dry run says, and what the import then did."""
    path = f"/incidents/{incident}/imports"
    rehearsed = (await office.http.post(path, params={"dry_run": True}, content=content.encode())).json()
    done = (await office.http.post(path, content=content.encode())).json()
    for report in (rehearsed, done):
        report["hints"] = [hint for hint in report["hints"] if hint["code"] != "id_mistyped"]
    return {name: rehearsed[name] for name in FIGURES}, {name: done[name] for name in FIGURES}


def csv(*rows: str, header: str = "name;role;place;cpr") -> str:
    return "\n".join([header, *rows])


async def test_known_numbers_under_other_names_are_new_people_in_the_dry_run_too(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    await both(office, incident, csv(*(f"Anna Holm {at};victim;epc;{cpr}" for at, cpr in enumerate(NUMBERS))))

    rehearsed, done = await both(
        office, incident, csv(*(f"Bo Prøvesen {at};witness;hospital;{cpr}" for at, cpr in enumerate(NUMBERS)))
    )

    assert rehearsed == done
    assert (done["registered"], done["already_there"], len(done["hints"])) == (12, 0, 12)


async def test_repeated_rows_in_a_file_get_a_hint_with_the_first_line(
    office: RegistrationOffice,
) -> None:
    incident, cpr = await office.open_incident(), NUMBERS[0]
    rows = (
        f"Ida Ibsen;victim;epc;{cpr}",
        "Bo Bohr;victim;epc;",
        f"IDA  IBSEN;berørt;epc;{cpr[:6]}-{cpr[6:]}",
        f"Ida Ibsen;witness;hospital;{cpr}",
        *(f"Person {number};victim;epc;" for number in range(150)),  # more than one batch
        "Bo Bohr;victim;epc;",
        f"Ole Prøvesen;victim;epc;{cpr}",
    )

    rehearsed, done = await both(office, incident, csv(*rows))

    assert rehearsed == done
    assert (done["registered"], done["already_there"]) == (153, 3)
    assert [(hint["line"], hint["code"], hint["params"]["line"]) for hint in done["hints"]] == [
        (4, "row_repeated", 2),
        (5, "row_same_person", 2),
        (156, "row_repeated", 3),
        (157, "row_number_of_line", 2),
    ]


async def test_dry_run_and_import_agree_for_whatever_rows(office: RegistrationOffice) -> None:
    dice = random.Random(8)
    names = ("Ida Ibsen", "IDA IBSEN", "Ida Marie Ibsen", "Bo Bohr", "Bo Ibsen", "Ukendt", "Ole Ø")
    for _ in range(6):
        incident = await office.open_incident()
        for _ in range(3):
            rows = [
                f"{dice.choice(names)};{dice.choice(('victim', 'witness', 'helt'))};"
                f"{dice.choice(('epc', 'hospital', 'self'))};{dice.choice(('', '', *NUMBERS[:5]))}"
                for _ in range(130)
            ]

            rehearsed, done = await both(office, incident, csv(*rows))

            assert rehearsed == done


async def test_the_good_rows_can_be_imported_after_a_dry_run_without_a_new_upload(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    content = csv(
        "Ida Ibsen;offer;epc;", "Bo Bohr;helt;epc;", "Ea Ek;vidne;epc;", header="Navn;Rolle;Sted;CPR"
    )
    path = f"/incidents/{incident}/imports"
    tried = (await office.http.post(path, params={"dry_run": True}, content=content.encode())).json()
    async with office.resources.database.transaction() as session:
        pieces = await session.fetch("select piece from import_file where import_id = $1", tried["import_id"])

    done = (await office.http.post(f"/imports/{tried['import_id']}/good-rows")).json()
    again = await office.http.post(f"/imports/{tried['import_id']}/good-rows")

    assert tried["file_kept"]
    assert pieces
    assert not any(b"Ibsen" in row["piece"] for row in pieces), "sealed"
    assert (done["dry_run"], {name: tried[name] for name in FIGURES}) == (
        False, {name: done[name] for name in FIGURES}
    )  # fmt: skip
    assert (await office.counts(incident))["registered"] == 2
    assert again.status_code == 410


async def in_pieces(rows: int) -> AsyncIterator[bytes]:
    yield b"Navn;Rolle;Sted\n"
    for first in range(0, rows, 100):
        yield "".join(f"Person {at};offer;epc\n" for at in range(first, first + 100)).encode()


async def kept_pieces(office: RegistrationOffice, incident: str) -> int:
    async with office.resources.database.transaction() as session:
        count = await session.fetchval(
            "select count(*) from import_file f join import_job j on j.id = f.import_id"
            " where j.incident_id = $1",
            incident,
        )
    return int(count)


async def test_an_import_of_good_rows_is_interrupted_when_its_file_is_deleted(
    office: RegistrationOffice,
) -> None:
    incident, made = await office.open_incident(), str(new_id())
    path = f"/incidents/{incident}/imports"
    tried = (await office.http.post(path, params={"dry_run": True}, content=in_pieces(400))).json()
    async with office.resources.database.transaction() as session:  # as it is to who has read that far
        await session.execute(
            "delete from import_file where import_id = $1 and seq > 3", UUID(tried["import_id"])
        )

    answer = await office.http.post(f"/imports/{tried['import_id']}/good-rows?new_import_id={made}")

    told = (await office.http.get(f"/imports/{made}")).json()
    assert (tried["registered"], answer.status_code, told["state"]) == (400, 410, "interrupted")
    (why,) = told["bad"]
    assert why["code"] == "file_deleted"


async def test_a_running_dry_run_stores_nothing_after_its_file_was_deleted(
    office: RegistrationOffice,
) -> None:
    incident, before = IncidentId(UUID(await office.open_incident())), []

    async def forgetting() -> AsyncIterator[bytes]:
        async for piece in in_pieces(400):
            if b"Person 200;" in piece:
                before.append(await kept_pieces(office, incident))
                await erase_rejected_rows(office.resources, incident, traces_of([]))
            yield piece

    path = f"/incidents/{incident}/imports"
    tried = (await office.http.post(path, params={"dry_run": True}, content=forgetting())).json()

    assert (tried["state"], tried["registered"], tried["file_kept"]) == ("done", 400, False)
    assert before[0] > 0
    assert await kept_pieces(office, incident) == 0
