"""The commands check authority codes against routing, and maintain contact points."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from typer.testing import CliRunner

from cli.main import app
from kit.database.database import Database
from kit.runtime.clock import SystemClock
from services.registration import api
from tests.commands import on_a_socket, registration_on_a_socket
from tests.conftest import Databases
from tests.integration.registration.api_client import opened
from tests.integration.routing.handovers import routing_on
from tests.unit.routing.running import Routing


@dataclass(frozen=True)
class Commands:
    registration: str
    routing: str

    async def ran(self, *words: str) -> tuple[int, str]:
        env = {
            "FOLGESKAB_REGISTRATION_URL": self.registration, "FOLGESKAB_ROUTING_URL": self.routing,
            "FOLGESKAB_ACTOR": "Bo", "COLUMNS": "240",
        }  # fmt: skip
        result = await asyncio.to_thread(CliRunner(env=env).invoke, app, words)
        return result.exit_code, " ".join(result.output.split())

    async def to_input(self, *words: str) -> str:
        code, text = await self.ran(*words)
        assert code == 0, text
        return text


@pytest.fixture(scope="module")
async def commands(databases: Databases) -> AsyncIterator[Commands]:
    database = Database(await databases.migrate("routing"), name="routing-test")
    async with (
        opened(databases) as registration,
        routing_on(databases, database) as routing,
        registration_on_a_socket(
            api.routes(registration.resources, SystemClock(), import_batch=100)
        ) as first,
        on_a_socket(routing.app) as second,
    ):
        yield Commands(first, second)
    await database.close()


def opening(code: str, *more: str) -> tuple[str, ...]:
    started = ("--started-at", "2026-12-20T10:00:00")
    return ("incident", "open", "Brand", "--place", "Aarhus H", "--event-authority", code, *started, *more)


async def test_an_incident_is_opened_and_corrected_only_with_authorities_that_exist(
    commands: Commands,
) -> None:
    said = await commands.to_input(*opening("0751", "--also", "0740"))
    incident = said.split()[-1]

    refused = [
        await commands.ran(*opening("0715")),
        await commands.ran(*opening("0751", "--also", "Silkeborg")),
        await commands.ran("incident", "correct", incident, "--event-authority", "751"),
        await commands.ran("incident", "correct", incident, "--started-at", "1999-12-20"),
    ]
    corrected = await commands.to_input("incident", "correct", incident, "--event-authority", "0746")
    moved = await commands.to_input("incident", "correct", incident, "--hotline", "70 20 12 34")

    assert "Event authority: 0751 Aarhus Kommune, 0740 Silkeborg Kommune" in said
    assert [code for code, _ in refused] == [1] * 4, refused
    for (_, text), meant in zip(refused, ("0751 Aarhus", "0740 Silkeborg", "0751 Aarhus", ""), strict=True):
        assert "Nothing was changed." in text
        assert meant in text
    assert "1999-12-20" in refused[3][1]
    assert "Event authority: 0746 Skanderborg Kommune, 0740 Silkeborg Kommune" in corrected
    assert "Event authority" not in moved
    assert (await commands.to_input("incident", "list")).count("Brand") == 1


async def test_an_incident_is_opened_although_routing_does_not_answer(commands: Commands) -> None:
    away = Commands(commands.registration, "http://127.0.0.1:1")

    said = await away.to_input(*opening("0715"))

    assert "Routing does not answer, so these codes were not checked: 0715." in said


async def test_contact_points_are_added_and_ended_and_their_history_keeps_the_reasons(
    commands: Commands,
) -> None:
    ways = ("routing", "authorities")
    of = ("0740", "phone", "+45 89 70 10 00")

    await commands.to_input(*ways, "add-contact-point", *of, "--from", "2020-01-01", "--why", "Oprettet")
    mail = ("0740", "secure_mail", "krise@example.dk")
    both = await commands.to_input(*ways, "add-contact-point", *mail, "--why", "Ny postkasse")
    ended = await commands.to_input(
        *ways, "end-contact-point", "0740", "phone", "+4589701000", "--why", "Nedlagt"
    )
    gone = await commands.ran(*ways, "end-contact-point", *of, "--on", "2030-01-01", "--why", "Igen")
    named = await commands.ran(*ways, "add-contact-point", *of, "--why", "se 010158-5018")
    kept = await commands.to_input(*ways, "contact-points", "0740", "--history")

    assert "0740 Silkeborg Kommune" in (await commands.to_input(*ways, "list", "silkeb")).replace(" │ ", " ")
    assert "+45 89 70 10 00" in both
    assert "krise@example.dk" in both
    assert "+45" not in ended
    assert (gone[0], named[0]) == (1, 1)
    assert "stored unencrypted" in named[1]
    for word in ("Oprettet", "Ny postkasse", "Nedlagt", "by Bo", "+45 89 70 10 00"):
        assert word in kept


async def test_a_change_of_contact_points_does_not_overwrite_a_concurrent_change(
    databases: Databases,
) -> None:
    database = Database(await databases.migrate("routing"), name="routing-test")
    async with routing_on(databases, database) as routing:
        answers = [await _changed(routing, changes) for changes in (0, 0, 1)]
    await database.close()

    assert answers == [200, 409, 200]


async def _changed(routing: Routing, changes: int) -> int:
    body = {"contact_points": [], "why": "Prøve", "changes": changes}
    return (await routing.ask("PUT", "/authorities/0766/contact-points", json=body)).status_code
