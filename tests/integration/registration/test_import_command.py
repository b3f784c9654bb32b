"""`folgeskab import` against registration over a real socket."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kit.runtime.clock import SystemClock
from services.registration import api
from tests.commands import folgeskab, registration_on_a_socket
from tests.conftest import Databases
from tests.integration.registration.api_client import RegistrationOffice, opened

ROWS = "name;role;place\nIda;victim;epc\nBo;helt;epc\n"


@pytest.fixture(scope="module")
async def office(databases: Databases) -> AsyncIterator[RegistrationOffice]:
    async with opened(databases) as made:
        yield made


@pytest.fixture(scope="module")
async def url(office: RegistrationOffice) -> AsyncIterator[str]:
    async with registration_on_a_socket(
        api.routes(office.resources, SystemClock(), import_batch=100)
    ) as address:
        yield address


async def folgeskab_import(url: str, *words: str) -> tuple[int, str]:
    return await folgeskab("import", *words, registration_url=url)


async def test_a_dry_run_registers_nobody_and_bad_rows_are_written_to_be_corrected(
    office: RegistrationOffice, url: str, tmp_path: Path
) -> None:
    incident = await office.open_incident()
    people, bad = tmp_path / "liste.csv", tmp_path / "bad.csv"
    people.write_text(ROWS)

    rehearsed = await folgeskab_import(url, incident, str(people), "--dry-run")
    after_rehearsal = (await office.counts(incident))["registered"]
    imported = await folgeskab_import(url, incident, str(people), "--bad-rows", str(bad))
    bad.write_text(bad.read_text(encoding="utf-8").replace("helt", "witness"), encoding="utf-8")
    corrected = await folgeskab_import(url, incident, str(bad))

    assert (rehearsed[0], after_rehearsal) == (1, 0)
    assert "1 to be registered, 0 already there, 1 bad" in rehearsed[1]
    assert imported[0] == 1
    assert "1 registered, 0 already there, 1 bad" in imported[1]
    assert corrected[0] == 0
    assert (await office.counts(incident))["registered"] == 2


async def test_people_come_in_from_a_pipe(office: RegistrationOffice, url: str, tmp_path: Path) -> None:
    incident, pipe = await office.open_incident(), tmp_path / "pipe"
    os.mkfifo(pipe)
    writing = asyncio.create_task(asyncio.to_thread(pipe.write_text, ROWS.replace("helt", "witness")))

    code, said = await folgeskab_import(url, incident, str(pipe))
    await writing

    assert (code, (await office.counts(incident))["registered"]) == (0, 2), said
