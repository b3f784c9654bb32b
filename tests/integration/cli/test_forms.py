"""The commands for the public page, the paper form and the receipt."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deploy.local.assets import assets_dir
from kit.runtime.clock import SystemClock
from services.registration import api
from services.registration.api import printed_forms
from services.registration.documents.pdf_renderer import PdfRenderer
from services.registration.documents.texts import labels
from tests import pdf_text
from tests.commands import folgeskab, registration_on_a_socket
from tests.conftest import Databases
from tests.integration.registration.api_client import RegistrationOffice, opened


@pytest.fixture(scope="module")
async def office(databases: Databases) -> AsyncIterator[RegistrationOffice]:
    async with opened(databases) as made:
        yield made


@pytest.fixture
async def url(office: RegistrationOffice) -> AsyncIterator[str]:
    press = PdfRenderer(assets_dir(), "https://example.dk")
    of_papers = printed_forms.routes(office.resources, SystemClock(), press)
    of_people = api.routes(office.resources, SystemClock(), import_batch=100)
    async with registration_on_a_socket(of_people, of_papers) as address:
        yield address


async def test_the_command_opens_and_closes_the_page_and_writes_form_and_receipt(
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
    read = pdf_text.text(form.read_bytes())
    assert labels("uk")["form"]["title"] in read
    assert read.count(f"{address}?language=uk") == 2
    assert labels("da")["receipt"]["title"] in pdf_text.text(receipt.read_bytes())
    assert not (tmp_path / "none.pdf").exists()
