"""`folgeskab incident` against registration over a real socket."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator

import pytest
import uvicorn

from deploy.local.assets import ROOT
from deploy.local.ports import free_port
from kit.clock import SystemClock
from kit.web import make_app
from services.registration import api
from tests.conftest import Databases
from tests.integration.registration_office import RegistrationOffice, opened


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


async def incident_command(url: str, *words: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cli.main", "incident", *words,
        cwd=ROOT,
        env={
            "PATH": "/usr/bin:/bin", "COLUMNS": "200", "FOLGESKAB_REGISTRATION_URL": url,
            "FOLGESKAB_ACTOR": "Bo Vagt",
        },
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    async with asyncio.timeout(60):
        said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


async def test_an_incident_is_opened_closed_reopened_corrected_and_its_history_told(url: str) -> None:
    opening = await incident_command(
        url, "open", "Brand", "--place", "Vejle", "--event-authority", "0630", "--also", "0607"
    )
    incident = opening[1].strip()

    done = [
        await incident_command(url, "close", incident, "--why", "slukket"),
        await incident_command(url, "reopen", incident, "--why", "blussede op"),
        await incident_command(url, "correct", incident, "--place", "Fredericia", "--why", "præcist"),
        await incident_command(url, "history", incident),
    ]

    assert [code for code, _ in done] == [0] * 4, done
    assert "Brand, Fredericia: corrected." in done[2][1]
    for word in ("opened", "closed", "slukket", "blussede op", "place: Vejle", "præcist", "Bo Vagt"):
        assert word in done[3][1]


async def test_a_correction_that_does_not_fit_is_1_and_names_the_field(
    office: RegistrationOffice, url: str
) -> None:
    incident = await office.open_incident()

    code, said = await incident_command(url, "correct", incident, "--hotline", "ring til os")

    assert code == 1
    assert "hotline:" in said
