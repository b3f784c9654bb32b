"""The console's pages of waves, with outreach itself behind them: what the approver sees before approving."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import pytest

from contracts.events.ids import AttemptId, IncidentId, RegistrationId
from contracts.events.outreach import ContactRequested
from contracts.wire.event import Event
from deploy.local.assets import assets_dir
from deploy.local.ports import free_port
from kit.runtime.ids import new_id
from kit.runtime.service import Service
from services.console import app
from services.console.projection import handlers
from tests.commands import folgeskab, on_a_socket
from tests.conftest import Databases
from tests.deliveries import deliveries
from tests.integration.outreach.outreach_service import Outreach
from tests.unit.outreach.cases import delivered, merged, opened, registered, registration_id, resolved, whole

HERE = "http://127.0.0.1:8000"


@pytest.fixture
async def outreach_url(outreach: Outreach) -> AsyncIterator[str]:
    async with on_a_socket(outreach.app) as url:
        yield url


@pytest.fixture
async def console(databases: Databases, outreach_url: str) -> AsyncIterator[Service]:
    nowhere = f"http://127.0.0.1:{free_port()}"
    settings = {
        "DATABASE_URL": await databases.migrate("console"),
        "KEYRING_URL": databases.keyring_url("console"),
        "MASTER_KEY_FILE": str(databases.master_key_file),
        "BROKER": "127.0.0.1:1",
        "HTTP_PORT": "8000",
        "ASSETS_DIR": str(assets_dir()),
        **{f"{name}_URL": nowhere for name in ("REGISTRATION", "ROUTING", "NOTIFY", "CONSOLE")},
        "OUTREACH_URL": outreach_url,
    }
    with pytest.MonkeyPatch.context() as environment:
        for name, value in settings.items():
            environment.setenv(f"FOLGESKAB_{name}", value)
        made = app.build()
    yield made
    await made.close()


@pytest.fixture
async def browser(console: Service) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(console.app)
    async with httpx.AsyncClient(
        transport=transport, base_url=HERE, headers={"origin": HERE}, follow_redirects=True
    ) as client:
        await client.post("/who", data={"name": "Anna", "back": "/"})
        await client.get("/?lang=en")
        yield client


async def known_incident(console: Service, outreach: Outreach, people: int) -> tuple[str, list[str]]:
    incident, ids = await outreach.incident(people=people)
    async with console.database.transaction() as session:
        await handlers.handle(session, deliveries([opened(incident)]))
    return str(incident), [str(each) for each in ids]


async def all_delivered(outreach: Outreach, incident: str) -> None:
    await outreach.all_due()
    requests = [e for e in await outreach.emitted(ContactRequested) if str(e.incident_id) == incident]
    await outreach.consume(*(delivered(e, AttemptId(new_id())) for e in requests))


async def test_a_second_wave_shows_the_exclusions_and_a_repeat_shows_how_many_are_contacted_again(
    console: Service, outreach: Outreach, browser: httpx.AsyncClient
) -> None:
    incident, _ = await known_incident(console, outreach, people=6)
    await outreach.launched(UUID(incident))
    await all_delivered(outreach, incident)
    draft = {"plan": "exercise"}

    plain = await browser.post(f"/incidents/{incident}/waves", data=draft)
    repeated = await browser.post(f"/incidents/{incident}/waves", data=draft | {"repeat": "yes"})

    assert "Has had this contact already" in plain.text
    assert "get the same again" not in plain.text
    assert "6 people have had the same contact at this incident already, and get the same again" in (
        " ".join(repeated.text.split())
    )


async def test_a_wave_to_selected_people_reaches_only_them_and_refuses_unknown_ones(
    console: Service, outreach: Outreach, browser: httpx.AsyncClient
) -> None:
    incident, people = await known_incident(console, outreach, people=4)
    path = f"/incidents/{incident}/waves"

    named = await browser.post(path, data={"plan": "exercise", "registrations": " ".join(people[:2])})
    unknown = await browser.post(path, data={"plan": "exercise", "registrations": str(new_id())})

    assert "2 people named" in named.text
    [wave] = await outreach.answer("GET", path)
    assert (wave["people"], wave["planned"]) == (2, 2)
    assert unknown.status_code == 422
    assert "One of the people named is not registered at this incident" in unknown.text


async def test_a_running_wave_names_the_registrations_to_draft_a_wave_to_after_a_merge(
    console: Service, outreach: Outreach, browser: httpx.AsyncClient
) -> None:
    incident, [person] = await known_incident(console, outreach, people=1)
    incident_id, outside = IncidentId(UUID(incident)), registration_id()
    wave = await outreach.launched(incident_id)
    path = f"/incidents/{incident}/waves/{wave}"
    before = await browser.get(path)

    await tell_both(console, outreach, *whole(incident_id, outside))
    await tell_both(console, outreach, merged(incident_id, RegistrationId(UUID(person)), outside))
    after = await browser.get(path)

    assert "registrations were merged" not in before.text
    assert "1 person gets nothing from this wave, because registrations were merged" in after.text
    assert str(outside) in after.text


async def test_a_preview_before_routing_has_finished_offers_to_wait(
    console: Service, outreach: Outreach, browser: httpx.AsyncClient
) -> None:
    incident, [known] = await known_incident(console, outreach, people=1)
    incident_id = IncidentId(UUID(incident))
    late = [registration_id() for _ in range(2)]
    await tell_both(console, outreach, *(registered(incident_id, who) for who in late))

    now = outreach.clock.now()
    decided_again = [resolved(incident_id, who, decided_at=now) for who in (UUID(known), *late)]

    early = await browser.post(f"/incidents/{incident}/waves", data={"plan": "exercise"})
    waited, _ = await asyncio.gather(
        browser.post(f"{early.url.path}/preview", data={"wait": "true"}),
        tell_both(console, outreach, *decided_again),
    )

    text = " ".join(early.text.split())
    assert "2 people are still being decided" in text
    assert "1 person in the wave is being decided again" in text
    assert "Wait, and preview again" in early.text
    assert "being decided" not in waited.text
    [wave] = await outreach.answer("GET", f"/incidents/{incident}/waves")
    assert wave["planned"] == 3


async def tell_both(console: Service, outreach: Outreach, *events: Event) -> None:
    await outreach.consume(*events)
    async with console.database.transaction() as session:
        await handlers.handle(session, deliveries(outreach.people.stated(events)))


async def test_the_command_drafts_repeats_and_waves_to_selected_people(
    outreach: Outreach, outreach_url: str
) -> None:
    incident, people = await outreach.incident(people=3)
    await outreach.launched(incident)
    await all_delivered(outreach, str(incident))

    async def command(*words: str) -> str:
        code, said = await folgeskab("wave", *words, "--as", "Anna", outreach_url=outreach_url)
        assert code == 0, said
        return said.strip()

    chosen = ("--plan", "exercise", "--person", str(people[0]), "--person", str(people[2]))
    wave = await command("create", str(incident), *chosen, "--repeat")
    previewed = await command("preview", wave)

    assert "2 people" in previewed
    assert "messages in da" in previewed
    assert "The home authority of 2 people was decided on an earlier day" in previewed
    assert "2 people already had this contact at this incident and get it again" in previewed
    shown = await outreach.answer("GET", f"/waves/{wave}")
    assert shown["selection"]["registrations"] == [str(people[0]), str(people[2])]
