"""The command's exit codes, and its error lines from the services' error responses."""

from collections.abc import AsyncIterator

import pytest

from deploy.local.ports import free_port
from kit.http.web import Problem, WithCaller, make_app
from kit.runtime.ids import new_id
from tests.commands import folgeskab, on_a_socket

WAVE = str(new_id())


@pytest.fixture
async def outreach() -> AsyncIterator[str]:
    """Serve a stand-in for outreach: it has one wave, and launches it for some callers only."""
    app = make_app("outreach")

    @app.post("/waves/{wave_id}/launch")
    async def launch(wave_id: str, caller: WithCaller) -> dict[str, str]:
        if caller.name not in {"Anna", "Åse Sørensen", "Ase Dvorak"}:
            raise Problem(
                409, "The wave is not approved.", errors=[("state", "previewed")], code="not-approved"
            )
        return {"state": "running"}

    @app.get("/incidents/{incident_id}/waves")
    async def waves(incident_id: str) -> list[dict[str, str | int | None]]:
        return [
            {
                "wave_id": WAVE, "plan": "information", "state": "previewed", "people": 1400,
                "created_by": "Anna [i]", "approved_by": None,
            }
        ]  # fmt: skip

    async with on_a_socket(app) as address:
        yield address


async def test_success_exits_with_0(outreach: str) -> None:
    code, said = await folgeskab("wave", "launch", WAVE, "--as", "Anna", outreach_url=outreach)

    assert (code, said.strip()) == (0, "The wave is running.")


@pytest.mark.parametrize("name", ["Åse Sørensen", "Åse Dvořák"])
async def test_an_actor_name_may_contain_any_letters(outreach: str, name: str) -> None:
    code, said = await folgeskab("wave", "launch", WAVE, "--as", name, outreach_url=outreach)

    assert (code, said.strip()) == (0, "The wave is running.")


async def test_the_waves_of_an_incident_are_listed(outreach: str) -> None:
    code, said = await folgeskab("wave", "list", str(new_id()), outreach_url=outreach)

    assert code == 0
    assert all(word in said for word in (WAVE, "information", "previewed", "1400", "Anna [i]"))


async def test_a_refusal_exits_with_1_and_names_field_and_reason(outreach: str) -> None:
    code, said = await folgeskab("wave", "launch", WAVE, outreach_url=outreach, actor="Bo")

    assert code == 1
    assert "The wave is not approved." in said
    assert "state: previewed" in said


@pytest.fixture
async def nothing_known() -> AsyncIterator[str]:
    """Serve a stand-in for services that know no incident: empty lists, and registration's 404."""
    app = make_app("registration")

    @app.get("/incidents/{incident_id}")
    async def incident(incident_id: str) -> None:
        raise Problem(404, "There is no such incident.", code="unknown-incident")

    @app.get("/api/incidents/{incident_id}/funnel")
    async def funnel(incident_id: str) -> None:
        raise Problem(404, "There is no incident with that id.", code="unknown-incident")

    @app.get("/incidents/{incident_id}/{what}")
    async def nothing(incident_id: str, what: str) -> list[str]:
        return []

    @app.get("/authorities")
    async def authorities() -> list[str]:
        return []

    async with on_a_socket(app) as address:
        yield address


@pytest.mark.parametrize(
    "words", [["status"], ["wave", "list"], ["triage", "list"], ["handover", "list"]], ids=" ".join
)
async def test_an_unknown_incident_is_an_error_instead_of_an_empty_list(
    words: list[str], nothing_known: str
) -> None:
    names = ("console", "registration", "routing", "outreach")
    urls = {f"{name}_url": nothing_known for name in names}

    code, said = await folgeskab(*words, str(new_id()), **urls)

    assert code == 1
    assert "There is no incident with" in said


@pytest.mark.parametrize(
    "words", [["wave", "launch", "7"], ["wave", "lunch", WAVE], ["import", WAVE, "/no/file"]]
)
async def test_wrong_usage_exits_with_2(words: list[str]) -> None:
    code, said = await folgeskab(*words)

    assert code == 2
    assert "Traceback" not in said


async def test_a_service_that_does_not_answer_exits_with_3_and_names_the_address() -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"

    code, said = await folgeskab("wave", "launch", WAVE, outreach_url=nowhere)

    assert code == 3
    assert nowhere in said
    assert "FOLGESKAB_OUTREACH_URL" in said


async def test_help_names_every_command() -> None:
    code, said = await folgeskab("--help")

    assert code == 0
    for command in (
        "incident",
        "import",
        "wave",
        "routing",
        "status",
        "republish",
        "parked",
        "keys",
        "provision",
        "serve",
    ):
        assert f" {command} " in said
