"""The commands for duplicates: suggest, confirm, undo; and the list shown before erasure."""

from collections.abc import AsyncIterator

import pytest

from kit.runtime.clock import SystemClock
from services.registration import api
from services.registration.workers.duplicate_matcher import DuplicateMatcher
from tests.commands import folgeskab, registration_on_a_socket
from tests.conftest import Databases
from tests.integration.registration.api_client import CPR, RegistrationOffice, opened
from tests.integration.registration.pairs import merged


@pytest.fixture(scope="module")
async def office(databases: Databases) -> AsyncIterator[RegistrationOffice]:
    async with opened(databases) as made:
        yield made


@pytest.fixture
async def url(office: RegistrationOffice) -> AsyncIterator[str]:
    async with registration_on_a_socket(
        api.routes(office.resources, SystemClock(), import_batch=100)
    ) as address:
        yield address


async def test_two_people_merge_a_pair_by_the_command_and_one_undoes_it(
    office: RegistrationOffice, url: str
) -> None:
    incident = await office.open_incident()
    await office.register(incident, name="Kirsten [b]Holm", identifiers=[])
    await office.register(incident, name="Kirsten [b]Holm", identifiers=[{"value": CPR}])
    await DuplicateMatcher(office.resources, SystemClock()).round()
    pair = (await office.http.get(f"/incidents/{incident}/duplicates")).json()[0]["id"]

    said = [
        await folgeskab("duplicates", *words, registration_url=url)
        for words in (
            ("list", incident),
            ("show", pair, "--as", "Anna"),
            ("suggest", pair, "--why", "samme stemme", "--as", "Anna"),
            ("confirm", pair, "--as", "Anna"),
            ("confirm", pair, "--as", "Bo"),
            ("undo", pair, "--why", "to søstre", "--as", "Anna"),
        )
    ]

    assert [code for code, _ in said] == [0, 0, 0, 1, 0, 0], said
    assert pair in said[0][1], "whole, to be copied, also on a narrow screen"
    assert "0.75" in said[0][1]
    assert "same" in said[0][1]
    assert "Kirsten [b]Holm" in said[1][1]
    assert "A second person must confirm" in said[3][1]
    assert (await office.counts(incident))["registered"] == 2


async def test_undo_names_the_fields_to_ask_both_people_about(office: RegistrationOffice, url: str) -> None:
    incident = await office.open_incident()
    one = (await office.register(incident, name="Kirsten Holm", identifiers=[])).json()["registration_id"]
    other = (await office.register(incident, name="Kirsten Holm")).json()["registration_id"]
    pair = await merged(office, incident, one, other)
    body = {"preferred_time": "evening", "why": "sagde det"}
    await office.http.post(f"/registrations/{one}/corrections", json=body)

    code, said = await folgeskab("duplicates", "undo", pair, "--why", "to søstre", registration_url=url)

    assert code == 0, said
    assert f"Ask {one}: preferred time" in said
    assert f"Ask {other}: preferred time" in said
    assert "evening" not in said


async def test_forget_lists_every_registration_before_it_asks_for_confirmation(
    office: RegistrationOffice, url: str
) -> None:
    incident = await office.open_incident()
    first = (await office.register(incident, name="Kirsten Holm")).json()["registration_id"]
    await office.register(incident, name="Kirsten Prøvesen", place="hotline")

    code, said = await folgeskab("person", "forget", first, "--why", "bad om det", registration_url=url)

    assert code == 1
    assert "Kirsten Holm" in said
    assert "Kirsten Prøvesen" in said
    assert "separate them first" in said
    assert (await office.http.get(f"/registrations/{first}")).status_code == 200
    gone = await folgeskab("person", "forget", first, "--why", "bad om det", "--yes", registration_url=url)
    assert gone[0] == 0
    assert "2 registrations' keys" in gone[1]
