"""The office opens the page and prints the form by the command."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import uvicorn

from deploy.local.assets import assets_dir
from deploy.local.ports import free_port
from kit.clock import SystemClock
from kit.web import make_app
from services.registration import api
from services.registration.api import papers
from services.registration.printing.press import Press
from services.registration.wording.texts import labels
from tests import printed
from tests.conftest import Databases
from tests.integration.registration_office import RegistrationOffice, opened
from tests.integration.test_cli import folgeskab


@pytest.fixture(scope="module")
async def office(databases: Databases) -> AsyncIterator[RegistrationOffice]:
    async with opened(databases) as made:
        yield made


@pytest.fixture
async def url(office: RegistrationOffice) -> AsyncIterator[str]:
    app = make_app("registration")
    app.include_router(api.routes(office.desk, SystemClock(), import_batch=100))
    app.include_router(papers.routes(office.desk, SystemClock(), Press(assets_dir(), "https://example.dk")))
    server = uvicorn.Server(uvicorn.Config(app, port=free_port(), log_config=None, lifespan="off"))
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(20):
        while not server.started:
            await asyncio.wait({serving}, timeout=0.01)
    yield f"http://127.0.0.1:{server.config.port}"
    server.should_exit = True
    await serving


async def test_the_page_is_opened_and_closed_and_form_and_receipt_are_written_by_the_command(
    office: RegistrationOffice, url: str, tmp_path: Path
) -> None:
    incident = await office.open_incident()
    person = (await office.register(incident)).json()["registration_id"]
    consent = (await office.http.get(f"/registrations/{person}")).json()["consents"][0]["id"]
    form, receipt = tmp_path / "form.pdf", tmp_path / "receipt.pdf"

    said = [
        await folgeskab("form", *words, registration_url=url)
        for words in (
            ("open", incident),
            ("print", incident, "--language", "uk", "--copies", "2", "-o", str(form)),
            ("receipt", person, consent, "-o", str(receipt)),
            ("receipt", person, incident, "-o", str(tmp_path / "none.pdf")),
            ("close", incident),
        )
    ]

    assert [code for code, _ in said] == [0, 0, 0, 1, 0], said
    address = said[0][1].strip()
    assert address.startswith("https://example.dk/tilmeld/")
    read = printed.text(form.read_bytes())
    assert labels("uk")["form"]["title"] in read
    assert read.count(f"{address}?language=uk") == 2
    assert labels("da")["receipt"]["title"] in printed.text(receipt.read_bytes())
    assert not (tmp_path / "none.pdf").exists()
