"""`folgeskab incident` against registration over a real socket."""

from collections.abc import AsyncIterator

import pytest

from kit.runtime.clock import SystemClock
from services.registration import api
from tests.commands import folgeskab, registration_on_a_socket
from tests.conftest import Databases
from tests.integration.registration.api_client import RegistrationOffice, opened


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


async def incident_command(url: str, *words: str) -> tuple[int, str]:
    return await folgeskab(
        "incident", *words, registration_url=url, routing_url="http://127.0.0.1:1", actor="Bo Vagt"
    )


async def test_an_incident_is_opened_closed_reopened_corrected_and_its_history_told(url: str) -> None:
    opening = await incident_command(
        url, "open", "Brand", "--place", "Vejle", "--event-authority", "0630", "--also", "0607"
    )
    incident = opening[1].split()[-1]  # beside it: that routing does not answer

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
