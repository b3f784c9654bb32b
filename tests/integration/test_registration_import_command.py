"""`folgeskab import` against registration over a real socket."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import uvicorn

from deploy.local.assets import ROOT
from deploy.local.ports import free_port
from kit.clock import SystemClock
from kit.web import make_app
from services.registration import api
from tests.conftest import Databases
from tests.integration.registration_office import RegistrationOffice, opened

ROWS = "name;role;place\nIda;victim;epc\nBo;helt;epc\n"


@pytest.fixture(scope="module")
async def office(databases: Databases) -> AsyncIterator[RegistrationOffice]:
    async with opened(databases) as made:
        yield made


@pytest.fixture(scope="module")
async def url(office: RegistrationOffice) -> AsyncIterator[str]:
    app = make_app("registration")
    app.include_router(api.routes(office.desk, SystemClock(), import_batch=100))
    server = uvicorn.Server(uvicorn.Config(app, port=free_port(), log_config=None, lifespan="off"))
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(20):
        while not server.started:
            await asyncio.wait({serving}, timeout=0.01)
    yield f"http://127.0.0.1:{server.config.port}"
    server.should_exit = True
    await serving


async def folgeskab_import(url: str, *words: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cli.main", "import", *words,
        cwd=ROOT, env={"PATH": "/usr/bin:/bin", "COLUMNS": "200", "FOLGESKAB_REGISTRATION_URL": url},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    async with asyncio.timeout(60):
        said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


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
