"""Personal data from every entry point is never stored in clear."""

import asyncio
import base64
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from deploy.local.driving import Driver
from deploy.local.stack import SERVICES, Stack
from tests import data_at_rest
from tests.canaries import Canaries
from tests.data_at_rest import Resting
from tests.journeys import reading_routes, ways_in
from tests.journeys.ways_in import Scene
from tests.routes_that_open import EVERYWHERE, ON_RECORD, ROUTES, Opens, route_of
from tests.sealed_values import opened
from tests.stacks import connected, stack_in, until

pytestmark = pytest.mark.timeout(600)


FORGOTTEN = (
    "child", "correction", "bar why", "lift why", "later consent", "teller", "forgotten",
)  # fmt: skip


@dataclass(frozen=True)
class Told:
    """What commands said, to whoever ran them, and what services count."""

    scene: Scene
    metrics: list[Resting]
    forgotten: str
    parted: str  # from whom they were taken for, and forgotten


@pytest.fixture(scope="module")
async def told(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Told]:
    """Everything at once, with services that log as much as they can."""
    home = tmp_path_factory.mktemp("canaries")
    (home / "tmp").mkdir()
    settings = {"FOLGESKAB_LOG_LEVEL": "DEBUG", "TMPDIR": str(home / "tmp")}
    async with stack_in(home, settings=settings) as stack, Driver(stack) as driver:
        scene = Scene(stack, driver, Canaries(seed=5), await driver.open_incident("Øvelse: kanariefugle"))
        driver._client.event_hooks["response"].append(_noting(scene))
        gone = await _everything(scene, tmp_path_factory.mktemp("papers"))
        yield Told(scene, await _metrics(stack), *gone)


async def _everything(scene: Scene, papers: Path) -> tuple[str, str]:
    await ways_in.refused_bodies(scene)
    await ways_in.in_batch(scene)
    await ways_in.files(scene)
    await ways_in.through_the_console(scene)
    await ways_in.through_the_public_page(scene)
    parted, merged = await ways_in.merged_and_parted(scene)
    child, second = await ways_in.corrected(scene), await ways_in.mistaken(scene)
    await ways_in.refused_row_of(scene, "child")
    await ways_in.searched(scene)
    await ways_in.ruled_and_refused(scene)
    await ways_in.protected(scene)
    await _a_wave_and_a_call(scene)
    await ways_in.incident_words(scene)
    for person in (merged, child):
        await folgeskab(scene.stack, "person", "export", person, "--to", str(papers))
    for way, person in (("forgotten child", child), ("forgotten twin", parted), ("forgotten second", second)):
        why = scene.canaries.text(way)
        await folgeskab(scene.stack, "person", "forget", person, "--why", why, "--yes")
    return child, parted


async def _a_wave_and_a_call(scene: Scene) -> None:
    driver = scene.driver
    await driver.approve_and_launch(await driver.preview(scene.incident))

    async def sent_and_listed() -> tuple[str, str] | None:
        async with connected(scene.stack) as connection:
            return await connection.fetchrow(
                "select c.authority, c.contact_id::text from outreach.contact c where c.state = 'listed'"
                " and exists (select from notify.message where state in ('handed_over', 'delivered'))"
            )

    found = await until(sent_and_listed, within=ways_in.LIVE, what="a message sent and a call listed")
    path = f"/calls/{found[1]}"
    claim = await scene.call("outreach", "POST", f"{path}/claim", json={"authority": found[0]})
    note = scene.canaries.text("note of a call")
    body = {"epoch": claim["epoch"], "outcome": "wants_help", "note": note}
    await scene.call("outreach", "POST", f"{path}/outcome", json=body)


async def folgeskab(stack: Stack, *arguments: str) -> None:
    code, said = await asked(stack, *arguments)
    assert code == 0, said


async def asked(stack: Stack, *arguments: str) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cli.main", *arguments, cwd=stack.source, env=stack.env_for("cli"),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await process.communicate()
    return process.returncode, " ".join(said.decode().split())


def _noting(scene: Scene) -> Callable[[httpx.Response], Awaitable[None]]:
    """Note where was asked, and what was answered by which route."""
    ports = {scene.stack.ports[name]: name for name in SERVICES}

    async def note(response: httpx.Response) -> None:
        url = response.request.url
        scene.urls.append(str(url))
        if (service := ports.get(url.port or 0)) is not None:
            route = route_of(service, response.request.method, url.path)
            scene.answers.append(Resting(f"{service} {route}", await response.aread()))

    return note


async def _metrics(stack: Stack) -> list[Resting]:
    async with httpx.AsyncClient() as client:
        return [
            Resting(f"metrics {name}", (await client.get(f"{stack.url(name)}/metrics")).content)
            for name in SERVICES
        ]


def of_whom(heard: dict[str, set[str]], ways: tuple[str, ...]) -> dict[str, set[str]]:
    found = {where: {one for one in some if one.startswith(ways)} for where, some in heard.items()}
    return {where: some for where, some in found.items() if some}


def opened_by(where: str) -> Opens:
    service, _, route = where.partition(" ")
    return (EVERYWHERE | ROUTES[service])[route]


async def test_no_answer_tells_more_than_its_route_says(told: Told) -> None:
    heard = told.scene.canaries.heard(told.scene.answers)

    assert {where for where in heard if opened_by(where) is Opens.NOTHING} == set()
    assert {opened_by(where) for where in heard} >= {Opens.PERSON, Opens.SEARCH, Opens.WORDS}


async def test_a_protected_address_is_told_by_registration_to_whoever_opens_the_person_and_else_to_nobody(
    told: Told,
) -> None:
    heard = told.scene.canaries.heard(told.scene.answers)
    streets = of_whom(heard, ("protected street", "protected city"))

    assert "protected name" in heard["routing GET /handovers/{handover_id}/record.pdf"]
    assert streets == {}


async def test_what_is_opened_is_on_record_when_it_is_answered(told: Told) -> None:
    scene = told.scene
    async for look in reading_routes.looks(scene):
        opens = ROUTES[look.service][look.route]
        where = f"{look.service} {look.route}"

        heard = scene.canaries.heard([Resting(where, look.content)])
        on_record = look.service != "console" and await reading_routes.recorded(
            scene.stack, look.service, look.actor
        )

        assert look.status < 500, where
        if opens in ON_RECORD:
            assert (look.status, opens.value in (on_record or ())) == (200, True), where
        if opens is Opens.NOTHING:
            assert (heard, on_record or set()) == ({}, set()), where


async def test_nothing_is_opened_that_cannot_be_put_on_record(told: Told) -> None:
    scene = told.scene
    async with reading_routes.unrecordable(scene.stack):
        async for look in reading_routes.looks(scene):
            opens = ROUTES[look.service][look.route]
            where = f"{look.service} {look.route}"

            heard = scene.canaries.heard([Resting(where, look.content)])

            if opens in ON_RECORD:
                assert (look.status, heard) == (500, {}), where
            if opens is Opens.ON_BEHALF:
                assert set().union(*heard.values()) <= {"file name"}, where


async def test_no_canary_appears_in_any_table_topic_log_file_metric_or_url(told: Told) -> None:
    scene = told.scene
    found = [
        *await data_at_rest.everything(scene.stack), *told.metrics,
        Resting("addresses", "\n".join(scene.urls).encode()),
    ]  # fmt: skip

    heard = scene.canaries.heard(found)

    places = {one.where for one in found}
    assert len(scene.canaries.placed) > 300
    for table in (
        "registration.person_version", "registration.duplicate_step", "registration.merge",
        "registration.import_bad_row", "registration.import_flaw", "registration.contact_bar",
        "registration.retention", "registration.incident_change", "registration.link",
        "registration.public_attempt", "routing.handover", "routing.passing_on", "routing.triage_care",
        "outreach.call_attempt", "notify.message",
    ):  # fmt: skip
        assert f"folgeskab {table}" in places, table
    assert heard == {}


async def test_every_canary_is_found_where_it_is_stored_in_clear(told: Told) -> None:
    """As it was said, louder, in JSON, and coded: each would be a leak, and must be heard."""
    placed = told.scene.canaries.placed
    shouted = [f"{what} ".upper() for what in placed.values() if what.isascii()]
    for spelt in (
        " ".join(placed.values()).encode(),
        "".join([f"\n{what}".title() for what in placed.values()]).encode("utf-16-le"),
        json.dumps(list(placed.values())).encode(),
        b" ".join([base64.b64encode(f"kald {what} nu".encode()) for what in placed.values()]),
    ):
        assert told.scene.canaries.heard([Resting("perch", spelt)]) == {"perch": set(placed)}
    assert told.scene.canaries.heard([Resting("perch", "".join(shouted).encode())])["perch"] == {
        where for where, what in placed.items() if what.isascii()
    }


async def test_of_the_forgotten_nothing_opens_with_any_key_that_is_left(told: Told) -> None:
    scene = told.scene

    heard = scene.canaries.heard(await opened(scene.stack))

    left = {one for some in heard.values() for one in some}
    assert left >= {
        "mother concerns",
        "handover refused",
        "ruling 0751",
        "note of a call",
        "file name",
    }
    assert of_whom(heard, FORGOTTEN) == {}
    code, said = await asked(scene.stack, "person", "forget-proof", told.forgotten)
    assert (code, "Proved" in said) == (0, True), said


async def test_who_was_taken_for_another_opens_in_messages_until_they_are_gone_and_the_proof_says_so(
    told: Told,
) -> None:
    """The only thing that is left: what was told of the other meanwhile, under the other's key."""
    scene = told.scene

    heard = scene.canaries.heard(await opened(scene.stack))
    code, said = await asked(scene.stack, "person", "forget-proof", told.parted)

    for way in ("undone other", "mistaken"):
        places = {where for where in of_whom(heard, (way,)) if "outbox" not in where}
        assert places == {"topic registration.v1"}, way
    assert code == 1
    place = "messages of people they were merged with (deleted after 14 days)"
    assert f"It can still be read, in: {place}" in said
