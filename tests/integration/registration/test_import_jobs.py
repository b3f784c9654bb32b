"""Import jobs: progress, dry run, interruption, repetition, and correction of rejected rows."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest

from contracts.events.audit import BadRowsSeen
from deploy.local.driving import csv_of
from deploy.local.people import invent
from kit.runtime.clock import SystemClock
from kit.runtime.ids import new_id
from services.registration import metrics
from services.registration.workers.duplicate_matcher import DuplicateMatcher
from services.registration.workers.import_cleanup import ImportCleanup
from tests.conftest import Databases
from tests.integration.registration.api_client import CPR, RegistrationOffice, opened

HEADER = "name;role;place;phone"
GOOD = "Ida Ibsen;victim;epc;20123456"
BAD = "Bo Bohr;helt;epc;123"


def lines(*rows: str) -> bytes:
    return "\n".join([HEADER, *rows]).encode()


@pytest.fixture(scope="module")
async def office(databases: Databases) -> AsyncIterator[RegistrationOffice]:
    async with opened(databases) as made:
        yield made


async def events(office: RegistrationOffice) -> int:
    async with office.resources.database.transaction() as session:
        return int(await session.fetchval("select count(*) from outbox"))


async def test_a_job_shows_who_imported_which_file_and_the_result(office: RegistrationOffice) -> None:
    incident, chosen = await office.open_incident(), str(new_id())

    answer = await office.http.post(
        f"/incidents/{incident}/imports",
        params={"import_id": chosen},
        headers={"X-File-Name": "familien%20%C3%85b%C3%B8.csv"},
        content=lines(GOOD, BAD),
    )
    told = (await office.http.get(f"/imports/{chosen}")).json()
    (summary,) = (await office.http.get(f"/incidents/{incident}/imports")).json()

    assert told == answer.json()
    assert summary == {name: value for name, value in told.items() if name in summary}
    assert (told["state"], told["way"], told["name"], told["by"]) == (
        "done",
        "csv",
        "familien Åbø.csv",
        "Hanne Hotline",
    )
    assert (told["rows"], told["registered"], told["bad_rows"]) == (2, 1, 1)
    assert told["bytes_read"] == len(lines(GOOD, BAD))
    assert {(bad["line"], bad["column"]) for bad in told["bad"]} == {(3, "role"), (3, "phone")}


async def test_an_import_id_can_be_used_only_once(office: RegistrationOffice) -> None:
    incident, chosen = await office.open_incident(), str(new_id())
    path = f"/incidents/{incident}/imports?import_id={chosen}"
    await office.http.post(path, content=lines(GOOD))

    again = await office.http.post(path, content=lines(GOOD))

    assert again.status_code == 409


async def test_a_dry_run_predicts_the_import_and_writes_nothing(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    path = f"/incidents/{incident}/imports"
    await office.register(incident)
    with_header = "reference;name;role;place;cpr;phone"
    rows = [
        f"1;Nancy;victim;epc;{CPR};",  # registered before
        "2;Ida;victim;epc;0104909989;",
        "3;Ida igen;witness;epc;010490-9989;",  # the same person within the file
        "2;Ida;victim;epc;0104909989;",
        "2;En anden;victim;epc;;",  # other cells under a reference
        "4;Bo;helt;epc;;",
        *(
            f"{number};Person {number};victim;scene;;" for number in range(10, 260)
        ),  # over more than one batch
        "2;Ida;victim;epc;0104909989;",
        "300;Ida til sidst;victim;epc;0104909989;",
    ]
    content = "\n".join([with_header, *rows]).encode()
    before, people = await events(office), await office.counts(incident)

    rehearsed = (await office.http.post(path, params={"dry_run": True}, content=content)).json()
    after, still = await events(office), await office.counts(incident)
    done = (await office.http.post(path, content=content)).json()
    rehearsed_again = (await office.http.post(path, params={"dry_run": True}, content=content)).json()

    figures = ("rows", "registered", "already_there", "bad_rows", "bad")
    assert {name: rehearsed[name] for name in figures} == {name: done[name] for name in figures}
    assert (done["registered"], done["already_there"], done["bad_rows"]) == (251, 5, 2)
    assert (before, people) == (after, still)
    assert (rehearsed_again["registered"], rehearsed_again["already_there"]) == (0, 256)


async def test_rejected_rows_are_stored_encrypted_and_can_be_corrected_and_imported(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()
    report = (await office.import_csv(incident, lines(GOOD, BAD, "Kun et navn", '"åben;x;y;z'))).json()

    async with office.resources.database.transaction() as session:
        kept = await session.fetch(
            "select cells from import_bad_row where import_id = $1", report["import_id"]
        )
    answer = await office.http.get(f"/imports/{report['import_id']}/bad-rows.csv")
    refused = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    async with office.resources.database.transaction() as session:
        seen = await session.fetchval(
            "select value from outbox where ce_type = $1 and key = $2", BadRowsSeen.type(), incident
        )
    corrected = answer.content.decode().replace("helt", "witness").replace(";123;", ";20123457;")
    again = (await office.import_csv(incident, corrected.encode())).json()

    assert len(kept) == 3
    assert not any(b"Bohr" in row["cells"] for row in kept)
    assert refused[0] == ["name", "role", "place", "phone", "line", "reason"]
    assert refused[1][:5] == ["Bo Bohr", "helt", "epc", "123", "3"]
    assert [row[4] for row in refused[2:]] == ["4", "5"]
    assert all(row[5] for row in refused[1:])
    event = BadRowsSeen.model_validate_json(seen)
    assert (str(event.import_id), event.actor, event.rows) == (report["import_id"], "Hanne Hotline", 3)
    assert (again["registered"], again["bad_rows"]) == (1, 2)
    assert (await office.counts(incident))["registered"] == 2


async def test_an_interrupted_import_is_reported_and_the_same_file_adds_the_missing_rows(
    office: RegistrationOffice,
) -> None:
    incident, chosen = await office.open_incident(), str(new_id())
    pieces = list(csv_of(invent(1000)))
    looked = asyncio.Event()

    async def half() -> AsyncIterator[bytes]:
        for piece in pieces[:2]:
            yield piece
        await looked.wait()
        raise ConnectionResetError

    path = f"/incidents/{incident}/imports"
    cut = asyncio.create_task(office.http.post(path, params={"import_id": chosen}, content=half()))
    while not (running := (await office.http.get(f"/imports/{chosen}")).json()).get("registered"):
        assert not cut.done()
    looked.set()
    await asyncio.wait([cut])
    told = (await office.http.get(f"/imports/{chosen}")).json()
    whole = (await office.import_csv(incident, b"".join(pieces))).json()

    assert running["state"] == "running"
    assert cut.exception() is not None or cut.result().is_error
    assert told["state"] == "interrupted"
    assert 0 < told["registered"] < 1000
    assert whole["registered"] == 1000 - told["registered"]
    assert (await office.counts(incident))["registered"] == 1000


async def test_duplicates_are_sought_after_an_import_and_not_beside_it(office: RegistrationOffice) -> None:
    incident, chosen = await office.open_incident(), str(new_id())
    looked = asyncio.Event()
    matcher = DuplicateMatcher(office.resources, SystemClock())

    async def slowly() -> AsyncIterator[bytes]:
        for piece in csv_of(invent(300)):
            yield piece
        await looked.wait()

    async def uncompared() -> int:
        async with office.resources.database.transaction() as session:
            query = "select count(*) from registration where incident_id = $1 and compared_at is null"
            return int(await session.fetchval(query, UUID(incident)))

    path = f"/incidents/{incident}/imports"
    importing = asyncio.create_task(office.http.post(path, params={"import_id": chosen}, content=slowly()))
    while not (registered := await uncompared()):
        assert not importing.done()
    await matcher.unhurried_round()
    beside = await uncompared()
    looked.set()
    await importing
    while await matcher.round():
        continue

    assert beside >= registered
    assert await uncompared() == 0


async def test_an_import_whose_process_died_is_marked_interrupted(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    report = (await office.import_csv(incident, lines(GOOD))).json()
    async with office.resources.database.transaction() as session:
        await session.execute(
            "update import_job set state = 'running', beat_at = now() - interval '2 minutes' where id = $1",
            report["import_id"],
        )

    told = (await office.http.get(f"/imports/{report['import_id']}")).json()
    await ImportCleanup(office.resources, SystemClock(), days=14).round()
    async with office.resources.database.transaction() as session:
        kept = await session.fetchval("select state from import_job where id = $1", report["import_id"])

    assert told["state"] == "interrupted"
    assert kept == "interrupted"


async def test_rejected_rows_are_deleted_with_their_key_after_some_days(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    report = (await office.import_csv(incident, lines(GOOD, BAD))).json()
    path = f"/imports/{report['import_id']}/bad-rows.csv"
    before = await office.http.get(path)

    await ImportCleanup(office.resources, SystemClock(timedelta(days=15)), days=14).round()
    after = await office.http.get(path)

    assert (before.status_code, after.status_code) == (200, 410)
    assert not await office.resources.keyring.read([report["import_id"]])
    assert (await office.http.get(f"/imports/{report['import_id']}")).json()["bad_rows"] == 1


async def test_rows_and_imports_of_an_exercise_are_counted_separately(office: RegistrationOffice) -> None:
    incident = await office.open_incident()
    labels = [
        (metrics.ROWS.labels("registered", word), metrics.IMPORTS.labels("done", word))
        for word in ("yes", "no")
    ]
    before = [(rows._value.get(), imports._value.get()) for rows, imports in labels]

    await office.import_csv(incident, b"".join(csv_of(invent(5))))

    after = [(rows._value.get(), imports._value.get()) for rows, imports in labels]
    assert after == [(before[0][0] + 5, before[0][1] + 1), before[1]]
