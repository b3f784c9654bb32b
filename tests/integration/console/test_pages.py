"""The console's pages over HTTP, with a real database and none of the other services there."""

import asyncio
import re
from collections.abc import AsyncIterator
from functools import partial

import httpx
import pytest
import uvicorn

from deploy.local.assets import assets_dir
from deploy.local.ports import free_port
from kit.database.database import Database
from kit.http import operations
from kit.runtime.ids import new_id
from kit.runtime.service import Service
from services.console import app
from services.console.clients.authority_names import AuthorityNames
from services.console.clients.health_monitor import HealthMonitor
from services.console.clients.service_client import ServiceClient
from services.console.pages.incidents.context import live_sections
from services.console.projection import handlers
from services.console.web.dependencies import Dependencies
from services.console.web.live_updates import LiveUpdates
from services.console.web.renderer import Renderer
from tests.conftest import Databases
from tests.deliveries import deliveries
from tests.poison import POISON, record
from tests.unit.console.story import Story

HERE = "http://127.0.0.1:8000"
SIDES = ("doubts", "triage", "handovers", "imports", "duplicates")
ASKED_AT = free_port()  # where the console looks for itself, as it looks for every service


@pytest.fixture(scope="module")
async def service(databases: Databases) -> AsyncIterator[Service]:
    nowhere = f"http://127.0.0.1:{free_port()}"
    settings = {
        "DATABASE_URL": await databases.migrate("console"),
        "KEYRING_URL": databases.keyring_url("console"),
        "MASTER_KEY_FILE": str(databases.master_key_file),
        "BROKER": "127.0.0.1:1",
        "HTTP_PORT": "8000",
        "ASSETS_DIR": str(assets_dir()),
        **{f"{name}_URL": nowhere for name in ("REGISTRATION", "ROUTING", "OUTREACH", "NOTIFY")},
        "CONSOLE_URL": f"http://127.0.0.1:{ASKED_AT}",
    }
    with pytest.MonkeyPatch.context() as environment:
        for name, value in settings.items():
            environment.setenv(f"FOLGESKAB_{name}", value)
        made = app.build()
    yield made
    await made.close()


@pytest.fixture
async def browser(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(service.app)
    async with httpx.AsyncClient(transport=transport, base_url=HERE) as client:
        yield client


@pytest.fixture
async def operated(service: Service) -> AsyncIterator[None]:
    """The console's own operations answer over a real socket."""
    service.include(operations.router(service.database, service.parking, service.relay, service.consumer))
    server = uvicorn.Server(uvicorn.Config(service.app, port=ASKED_AT, log_config=None, lifespan="off"))
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(20):
        while not server.started:
            await asyncio.wait({serving}, timeout=0.01)
    yield
    server.should_exit = True
    await serving


async def tell(database: Database, story: Story) -> None:
    async with database.transaction() as session:
        await handlers.handle(session, deliveries(story.events()))


async def test_a_name_is_shown_as_text_whatever_it_contains(
    service: Service, browser: httpx.AsyncClient
) -> None:
    story = Story(5, name="<script>alert(1)</script>")
    await tell(service.database, story)

    pages = [await browser.get("/"), await browser.get(f"/incidents/{story.incident_id}")]

    for page in pages:
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text


async def test_no_page_has_a_script_or_a_style_of_its_own(
    service: Service, browser: httpx.AsyncClient
) -> None:
    story = Story(5)
    await tell(service.database, story)

    incident = f"/incidents/{story.incident_id}"
    pages = (incident, *(f"{incident}/{side}" for side in SIDES))
    for path in ("/", *pages, "/calls", "/calls/0751", "/parked"):
        page = await browser.get(path)

        assert "default-src 'self'" in page.headers["content-security-policy"]
        assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=", page.text), path


async def test_figures_of_an_unknown_incident_are_404_instead_of_zero(browser: httpx.AsyncClient) -> None:
    answer = await browser.get(f"/api/incidents/{new_id()}/funnel")

    assert answer.status_code == 404
    assert answer.json()["type"] == "urn:folgeskab:unknown-incident"


async def test_the_figures_add_up_on_the_page_and_as_json(
    service: Service, browser: httpx.AsyncClient
) -> None:
    story = Story(1400)
    await tell(service.database, story)

    funnel = (await browser.get(f"/api/incidents/{story.incident_id}/funnel")).json()
    page = await browser.get(f"/incidents/{story.incident_id}")

    assert sum(funnel["buckets"].values()) == funnel["registered"] == 1400
    assert sum(place["registered"] for place in funnel["per_municipality"].values()) == 1400
    assert page.text.count("1.400") >= 2


async def test_an_unavailable_service_is_named_in_the_readers_language(
    service: Service, browser: httpx.AsyncClient
) -> None:
    story = Story(1)
    await tell(service.database, story)

    danish = await browser.get(f"/incidents/{story.incident_id}")
    await browser.get("/?lang=en")
    english = await browser.get(f"/incidents/{story.incident_id}")

    assert "tjenesten for udsendelse ikke svarer" in danish.text
    assert "the outreach service does not answer" in english.text
    assert '<html lang="en">' in english.text


async def test_every_page_of_an_incident_names_the_unavailable_service(
    service: Service, browser: httpx.AsyncClient
) -> None:
    story = Story(1)
    await tell(service.database, story)
    await browser.post("/who", data={"name": "Sif", "back": "/"})

    for side, away in (
        ("triage", "Ansvarlig myndighed"),
        ("handovers", "Ansvarlig myndighed"),
        ("imports", "Registrering"),
        ("duplicates", "Registrering"),
    ):
        page = await browser.get(f"/incidents/{story.incident_id}/{side}")
        unknown = await browser.get(f"/incidents/{new_id()}/{side}")

        assert page.status_code == 200
        assert f"{away} svarer ikke" in page.text, side
        assert unknown.status_code == 404, side


async def test_a_decision_on_a_child_without_custody_holder_says_that_no_wave_contacts_it(
    service: Service, browser: httpx.AsyncClient
) -> None:
    story = Story(1)
    await tell(service.database, story)

    page = await browser.get(f"/incidents/{story.incident_id}/triage?done=resolved_child")

    assert "ingen bølge kontakter barnet" in page.text


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("triage/{id}/assign", {}),
        ("triage/{id}/open", {}),
        ("triage/{id}/resolve", {"municipality": "0751", "reason": "bor der"}),
        ("handovers/{id}/accept", {}),
        ("handovers/of/0751/accept", {"people": "2", "at": "2026-12-20T12:00:00Z"}),
        ("handovers/{id}/refuse", {"reason": "no_capacity", "why": "fuldt hus"}),
        ("handovers/{id}/first-contact", {}),
        ("duplicates/{id}/confirm", {"why": "set selv"}),
    ],
)
async def test_a_decision_needs_a_name_and_is_reported_as_unknown_if_the_service_is_unavailable(
    service: Service, browser: httpx.AsyncClient, path: str, form: dict[str, str]
) -> None:
    story = Story(1)
    await tell(service.database, story)
    decide = partial(browser.post, f"/incidents/{story.incident_id}/{path.format(id=new_id())}", data=form)

    nameless = await decide()
    await browser.post("/who", data={"name": "Sif", "back": "/"})
    named = await decide()

    assert nameless.status_code == 422
    assert "Skriv først dit navn" in nameless.text
    assert named.status_code == 502
    assert "Det vides ikke, om handlingen blev udført" in named.text


async def test_an_upload_that_fails_or_has_no_file_is_reported(
    service: Service, browser: httpx.AsyncClient
) -> None:
    story = Story(1)
    await tell(service.database, story)
    path = f"/incidents/{story.incident_id}/imports"
    send = partial(browser.post, path, data={"import_id": str(new_id())})
    await browser.post("/who", data={"name": "Sif", "back": "/"})

    away = await send(files={"file": ("personer.csv", b"name;role;place\n")})
    none = await send(files={"file": ("", b"")})
    no_form = await browser.post(path, content=b"name;role", headers={"content-type": "text/csv"})

    assert away.status_code == 502
    assert [none.status_code, no_form.status_code] == [422, 422]
    assert "Filen kom ikke rigtigt frem" in no_form.text


async def test_a_refused_form_keeps_its_values(service: Service, browser: httpx.AsyncClient) -> None:
    story = Story(1)
    await tell(service.database, story)
    incident = f"/incidents/{story.incident_id}"
    await browser.post("/who", data={"name": "Sif", "back": "/"})
    wave = {
        "plan": "information", "roles": ["witness"], "municipalities": "0751",
        "registrations": "01a2-her", "repeat": "true",
    }  # fmt: skip
    statement = {"wording": "2026-1", "obtained_by": "paper_form", "witness": "Vidne Prøvesen"}

    drafted = await browser.post(f"{incident}/waves", data=wave)
    imported = await browser.post(
        f"{incident}/imports",
        data={"import_id": str(new_id()), **statement},
        files={"file": ("personer.csv", b"name;role;place\n")},
    )

    assert [drafted.status_code, imported.status_code] == [502, 502]
    for kept in ('value="witness" checked', 'value="0751"', ">01a2-her<", 'value="true" checked'):
        assert kept in drafted.text, kept
    for kept in ('value="2026-1"', 'value="paper_form" selected', 'value="Vidne Prøvesen"', "<details open>"):
        assert kept in imported.text, kept
    assert 'name="dry_run" value="yes" checked' not in imported.text


async def test_a_command_needs_a_name_and_reports_an_unavailable_service(
    service: Service, browser: httpx.AsyncClient
) -> None:
    story = Story(1)
    await tell(service.database, story)
    command = partial(browser.post, f"/incidents/{story.incident_id}/waves", data={"plan": "information"})

    nameless = await command()
    await browser.post("/who", data={"name": "Åse Ø. Đuričić", "back": "/"})
    named = await command()

    assert nameless.status_code == 422
    assert "Skriv først dit navn" in nameless.text
    assert named.status_code == 502
    assert "Det vides ikke, om handlingen blev udført" in named.text
    assert "Åse Ø. Đuričić" in named.text


@pytest.mark.parametrize("back", ["//evil.example", "/\\evil.example", "https://evil.example"])
async def test_storing_the_name_redirects_only_within_the_console(
    browser: httpx.AsyncClient, back: str
) -> None:
    answer = await browser.post("/who", data={"name": "Sif", "back": back})

    assert answer.status_code == 422


async def test_another_site_can_neither_send_commands_nor_read(browser: httpx.AsyncClient) -> None:
    command = await browser.post("/who", data={"name": "x"}, headers={"Origin": "https://evil.example"})
    read = await browser.get("/", headers={"Host": "evil.example"})

    assert (command.status_code, read.status_code) == (403, 421)


async def test_static_files_are_cached_and_nothing_else_is_served(
    browser: httpx.AsyncClient,
) -> None:
    page = await browser.get("/")
    loaded = re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text)
    base = loaded[0].rsplit("/", 1)[0]

    answers = [await browser.get(path) for path in loaded]
    missing = [
        await browser.get(f"{base}/{path}") for path in ("dkfds/package.json", "dkfds/css/dkfds.min.css.map")
    ]

    assert len(loaded) == 6
    assert {answer.status_code for answer in answers} == {200}
    assert all("immutable" in answer.headers["cache-control"] for answer in answers)
    assert {answer.status_code for answer in missing} == {404}


async def test_an_open_page_receives_changes_and_ends_with_the_process(service: Service) -> None:
    story = Story(3)
    await tell(service.database, story)
    services = ServiceClient({"routing": "http://127.0.0.1:1"}, timeout=1)
    pages = Renderer(HealthMonitor(services), static="/static", loopback=True)
    deps = Dependencies(service.database, service.clock, services, AuthorityNames(services), pages, 1, 1)
    hub = LiveUpdates(service.database, partial(live_sections, deps))
    stream = hub.stream(story.incident_id, "da")
    await anext(stream)
    await hub.round()
    first = (await anext(stream)).decode()
    async with service.database.transaction() as session:
        opened_only = story.opened()
        await handlers.handle(session, deliveries([opened_only]))

    await hub.round()  # a change that shows nowhere is not sent
    story.people = story.people + Story(2).people
    await tell(service.database, story)
    await hub.round()
    second = (await anext(stream)).decode()
    hub.end()

    assert "event: funnel\ndata: <ol" in first
    assert "event: funnel" in second
    assert "<strong>5</strong>" in second
    with pytest.raises(StopAsyncIteration):
        await anext(stream)


async def test_every_authority_that_exists_has_a_call_list_whatever_its_code(
    browser: httpx.AsyncClient,
) -> None:
    """Outreach is not there in this test: the page of each list says so."""
    pages = [await browser.get(f"/calls/{code}") for code in ("0751", "1082", "region-oestdanmark")]

    assert [page.status_code for page in pages] == [502, 502, 502]


async def test_an_error_is_a_page_for_a_browser_and_problem_details_for_a_program(
    browser: httpx.AsyncClient,
) -> None:
    for path in ("/nowhere", "/incidents/not-an-id", "/calls/x.y"):
        page = await browser.get(path, headers={"Accept": "text/html"})
        problem = await browser.get(path)

        assert "Det kunne ikke lade sig gøre" in page.text
        assert "Siden findes ikke" in page.text
        assert problem.headers["content-type"] == "application/problem+json"
        assert page.status_code == problem.status_code == 404


@pytest.mark.usefixtures("operated")
async def test_a_stopped_consumer_is_shown_on_every_page_and_can_be_started_again(
    service: Service, browser: httpx.AsyncClient
) -> None:
    story, consumer = Story(25), service.consumer
    assert consumer is not None
    events = [event for event in story.events() if event.topic == "registration.v1"]
    bad = [
        POISON["broken JSON"](record(event, str(new_id()), offset=at)) for at, event in enumerate(events[:25])
    ]
    (health_loop,) = (loop for loop in service.loops if loop.name == "health")
    beating = asyncio.create_task(health_loop.run())
    waiting = asyncio.create_task(consumer._until_handled(bad))
    async with asyncio.timeout(30):
        while not consumer.braked or "modtagelsen er stoppet" not in (await browser.get("/")).text:
            await asyncio.wait({waiting}, timeout=0.05)
    health_loop.stop()
    await beating

    braked = await browser.get("/parked")
    await browser.post("/who", data={"name": "Sif", "back": "/parked"})
    released = await browser.post("/parked/console/release")
    await waiting
    after = await browser.get(released.headers["location"])

    assert "så rul den tilbage" in braked.text
    assert 'action="/parked/console/release"' in braked.text
    assert "Modtagelsen er startet igen." in after.text
    assert 'action="/parked/console/release"' not in after.text
    assert after.text.count("does not fit") == 25
