"""The commands for handovers and the triage queue, against routing over a real socket."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app
from contracts.events.registration import IncidentOpened, PersonRegistered
from tests import pdf_text
from tests.commands import on_a_socket
from tests.integration.routing.handovers import resolved
from tests.integration.routing.test_unknown_authorities import said as opened
from tests.unit.routing.cases import at
from tests.unit.routing.running import Routing


@pytest.fixture
async def url(routing: Routing) -> AsyncIterator[str]:
    async with on_a_socket(routing.app) as address:
        yield address


async def test_a_case_without_a_municipality_gets_its_outcome_by_command(routing: Routing, url: str) -> None:
    people = [await resolved(routing, address=at(country="GL")) for _ in range(3)]
    await routing.tell(*(IncidentOpened(**opened(one.incident_id, "0751")) for one in people))
    outcomes = (("--event-authority",), ("--foreign-follow-up", "Landslægen i Nuuk"), ("--close",))

    async def said(person: PersonRegistered, *words: str) -> str:
        env = {"FOLGESKAB_ROUTING_URL": url, "FOLGESKAB_ACTOR": "Kira", "COLUMNS": "240"}
        command = ("triage", "resolve", str(person.registration_id), *words, "--reason", "Bor i Nuuk")
        return (await asyncio.to_thread(CliRunner(env=env).invoke, app, command)).output

    told = [await said(person, *words) for person, words in zip(people, outcomes, strict=True)]
    both = await said(people[0], "0751", "--close")

    assert [await routing.buckets(one.incident_id) for one in people] == [
        {"resolved": 1}, {"closed": 1}, {"closed": 1},
    ]  # fmt: skip
    assert "0751 follows up, where it happened." in told[0]
    assert "The case is closed: Landslægen i Nuuk follows up." in told[1]
    assert "The case is closed." in told[2]
    assert "one of" in both


async def test_a_case_goes_from_the_triage_queue_to_the_journal_by_command(
    routing: Routing, url: str, tmp_path: Path
) -> None:
    person = await resolved(routing, address=at(postcode="2750"))
    incident, registration, paper = (
        str(person.incident_id),
        str(person.registration_id),
        tmp_path / "record.pdf",
    )

    async def ran(*words: str) -> tuple[int, str]:
        env = {"FOLGESKAB_ROUTING_URL": url, "FOLGESKAB_ACTOR": "Kira", "COLUMNS": "240"}
        result = await asyncio.to_thread(CliRunner(env=env).invoke, app, words)
        return result.exit_code, result.output

    async def said(*words: str) -> str:
        code, text = await ran(*words)
        assert code == 0, text
        return text

    assert "0151" in await said("triage", "list", incident)
    assert "Vagtholdet" in await said("triage", "assign", registration, "Vagtholdet")
    assert "0151" in await said("triage", "resolve", registration, "0151", "--reason", "Bor der")
    assert "1 offered" in await said("handover", "list", incident)
    [row] = await routing.answer("GET", f"/incidents/{incident}/handovers")
    handover = row["handover_id"]
    assert "responsible" in await said("handover", "accept", handover)
    assert "First contact" in await said("handover", "first-contact", handover)
    await said("handover", "record", handover, "--pdf", str(paper))
    assert "Nancy Ann Berggren" in pdf_text.text(paper.read_bytes())
    code, refusal = await ran("handover", "refuse", handover, "--reason", "other", "--why", "For sent")
    assert (code, "accepted" in refusal) == (1, True)
