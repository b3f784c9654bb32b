"""The commands for handovers and the triage queue, against routing over a real socket."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import uvicorn
from typer.testing import CliRunner

from cli.main import app
from contracts.ids import ConsentId
from contracts.registration import ConsentFact, PersonRegistered
from contracts.vocabulary import Purpose
from deploy.local.ports import free_port
from kit.database import Database
from kit.ids import new_id
from services.routing.register.sf1520 import Sf1520Register, Sf1520Settings
from tests import printed
from tests.conftest import Databases
from tests.unit.routing.cases import at
from tests.unit.routing.register_server import Register, running
from tests.unit.routing.running import AT, Routing, incident_id


@pytest.fixture
async def routing(databases: Databases) -> AsyncIterator[Routing]:
    keys = databases.keyring("registration")
    database = Database(await databases.migrate("routing"), name="routing-test")
    async with running(Register()) as register, Sf1520Register(Sf1520Settings(register.url)) as client:
        yield Routing(database, keys, client)
    await keys.close()
    await database.close()


@pytest.fixture
async def url(routing: Routing) -> AsyncIterator[str]:
    config = uvicorn.Config(routing.app, port=free_port(), log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(20):
        while not server.started:
            await asyncio.wait({serving}, timeout=0.01)
    yield f"http://127.0.0.1:{config.port}"
    server.should_exit = True
    await serving


async def consented(routing: Routing, person: PersonRegistered) -> PersonRegistered:
    consent = ConsentFact(
        consent_id=ConsentId(new_id()), purpose=Purpose.REGISTRATION, channels=(), given_at=AT,
        expires_at=AT + timedelta(days=365),
    )  # fmt: skip
    person = person.model_copy(update={"consents": (consent,)})
    await routing.tell(person)
    await routing.work.round()
    return person


async def test_a_case_goes_from_the_triage_queue_to_the_journal_by_command(
    routing: Routing, url: str, tmp_path: Path
) -> None:
    person = await consented(routing, await routing.person(incident_id(), addresses=[at(postcode="2750")]))
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
    assert "Nancy Ann Berggren" in printed.text(paper.read_bytes())
    code, refusal = await ran("handover", "refuse", handover, "--reason", "other", "--why", "For sent")
    assert (code, "accepted" in refusal) == (1, True)
