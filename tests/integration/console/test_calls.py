"""A nurse at the console's call list, with outreach behind it over a real socket."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import httpx
import pytest
import uvicorn

from contracts.events.ids import AuthorityId, IncidentId, RegistrationId
from contracts.events.outreach import CallConcluded
from contracts.events.personal import CONTACT, RECIPIENT, ContactDetails, Recipient
from contracts.events.vocabulary import AgeBand
from deploy.local.assets import assets_dir
from deploy.local.ports import free_port
from kit.runtime.service import Service
from services.console import app
from services.console.projection import handlers, queries
from tests.conftest import Databases
from tests.deliveries import deliveries, sent
from tests.integration.outreach.outreach_service import Outreach
from tests.unit.outreach.cases import (
    NOW,
    incident_id,
    opened,
    registered,
    registration_id,
    resolved,
    withdrawn,
)

REGION, SAMSOE = AuthorityId("region-oestdanmark"), AuthorityId("0741")
NAME = "Nancy Ann Test Berggren"
OUTREACH_AT = free_port()


@pytest.fixture(scope="module")
async def console(databases: Databases) -> AsyncIterator[Service]:
    nowhere = f"http://127.0.0.1:{free_port()}"
    settings = {
        "DATABASE_URL": await databases.migrate("console"),
        "KEYRING_URL": databases.keyring_url("console"),
        "MASTER_KEY_FILE": str(databases.master_key_file),
        "BROKER": "127.0.0.1:1",
        "HTTP_PORT": "8000",
        "ASSETS_DIR": str(assets_dir()),
        **{f"{name}_URL": nowhere for name in ("REGISTRATION", "ROUTING", "NOTIFY")},
        "OUTREACH_URL": f"http://127.0.0.1:{OUTREACH_AT}",
        "CONSOLE_URL": nowhere,
    }
    with pytest.MonkeyPatch.context() as environment:
        for name, value in settings.items():
            environment.setenv(f"FOLGESKAB_{name}", value)
        made = app.build()
    yield made
    await made.close()


@dataclass
class Nurse:
    """A browser at the console. `page`: the last one seen."""

    outreach: Outreach
    console: Service
    http: httpx.AsyncClient
    page: httpx.Response

    async def see(self, path: str) -> str:
        self.page = await self.http.get(path, headers={"Accept": "text/html"})
        return self.page.text

    async def send(self, action: str, **more: str) -> str:
        """Send the form of the card, or the button of a call, as the page has it."""
        card = self.page.text.partition('class="box call"')[2].partition("</section>")[0]
        hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', card))
        where = next(
            path for path in re.findall(r'action="([^"]+)"', self.page.text) if path.endswith(action)
        )
        self.page = await self.http.post(where, data={**hidden, **more}, follow_redirects=True)
        return self.page.text

    async def listed(self, *, guardian: str = "", child: bool = False) -> tuple[IncidentId, RegistrationId]:
        """Put somebody on the list of the region, and let the console hear of it."""
        age = AgeBand.UNDER_15 if child else AgeBand.ADULT
        incident, person = incident_id(), registration_id()
        key = (await self.outreach.keyring.issue([person]))[person]
        details = ContactDetails(NAME, "+4520123456", preferred_time="evening", guardian=guardian or None)
        recipient = key.seal(RECIPIENT, Recipient(relation="guardian" if child else "self"))
        told = [
            opened(incident),
            registered(incident, person, contact=key.seal(CONTACT, details), age_band=age),
            resolved(incident, person, recipient=recipient, municipality=SAMSOE, acting=REGION),
        ]
        await self.outreach.consume(*told)
        await self.outreach.launched(incident)
        await self.outreach.all_due()
        async with self.outreach.database.transaction() as session:
            said = [event for event in await sent(session) if event.incident_id == incident]
        async with self.console.database.transaction() as session:
            await handlers.handle(session, deliveries([*self.outreach.people.stated(told), *said]))
        return incident, person


@pytest.fixture
async def nurse(outreach: Outreach, console: Service) -> AsyncIterator[Nurse]:
    config = uvicorn.Config(outreach.app, port=OUTREACH_AT, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(20):
        while not server.started:
            await asyncio.wait({serving}, timeout=0.01)
    transport = httpx.ASGITransport(console.app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://127.0.0.1:8000", cookies={"folgeskab_who": "anna"}
    ) as http:
        yield Nurse(outreach, console, http, await http.get("/calls"))
    server.should_exit = True
    await serving


async def test_the_calls_of_an_acting_region_are_counted_listed_and_claimed(nurse: Nurse) -> None:
    incident, _ = await nurse.listed()

    lists = await nurse.see("/calls")
    async with nurse.console.database.transaction() as session:
        funnel = await queries.funnel(session, incident)
    await nurse.see(f"/calls/{REGION}?incident_id={incident}")
    card = await nurse.send("/claim")

    assert f'href="/calls/{REGION}"' in lists
    assert {(place.code, place.calls_listed, place.steps.registered) for place in funnel.places} == {
        (REGION, 1, 1)
    }
    assert NAME in card


async def test_the_call_card_is_in_german_and_texts_without_german_are_in_english(nurse: Nurse) -> None:
    incident, _ = await nurse.listed()

    await nurse.see(f"/calls/{REGION}?incident_id={incident}&lang=de")
    card = await nurse.send("/claim")
    elsewhere = await nurse.see("/parked")

    assert '<html lang="de">' in card
    assert re.search(
        r"Ihr Anruf.*am Abend.*Für Sie reserviert bis.*Gespräch geführt.*Ergebnis speichern", card, re.DOTALL
    )
    assert "<h1>Parked messages</h1>" in elsewhere
    assert re.findall(r'lang=(\w+)" lang="\w+">([^<]+)</a>', card) == [("da", "Dansk"), ("en", "English")]


async def test_the_list_of_an_unknown_authority_is_a_page_that_says_so(nurse: Nurse) -> None:
    page = await nurse.see("/calls/region-findes-ikke")

    assert nurse.page.status_code == 404
    assert "Der er ingen myndighed med det nummer" in page


async def test_the_former_authority_cannot_claim_from_a_stale_page(nurse: Nurse) -> None:
    incident, person = await nurse.listed()
    await nurse.see(f"/calls/{REGION}?incident_id={incident}")
    later = NOW + timedelta(hours=1)
    await nurse.outreach.consume(
        resolved(incident, person, recipient=None, municipality=SAMSOE, decided_at=later)
    )

    page = await nurse.send("/claim")

    assert NAME not in page
    assert "En anden myndighed har nu ansvaret for borgeren" in page


async def test_the_page_says_that_the_note_was_stored_and_the_call_was_not_changed(nurse: Nurse) -> None:
    incident, person = await nurse.listed()
    await nurse.see(f"/calls/{REGION}?incident_id={incident}")
    await nurse.send("/claim")
    await nurse.outreach.consume(withdrawn(incident, person))

    page = await nurse.send("/outcome", outcome="spoke", note="akut")

    assert "Det, du skrev, er gemt." in page
    assert "Opkaldet blev stoppet imens" in page


async def test_a_button_of_the_card_records_a_withdrawal(nurse: Nurse) -> None:
    incident, person = await nurse.listed()
    await nurse.see(f"/calls/{REGION}?incident_id={incident}")
    card = await nurse.send("/claim")
    buttons = re.findall(r'<button[^>]* name="outcome" value="(\w+)"', card)

    page = await nurse.send("/outcome", outcome=buttons[0], note="vil ikke mere")

    assert buttons == ["withdraws_consent", "do_not_contact"]
    assert "Alle planlagte kontakter til borgeren er stoppet" in page
    told = [e for e in await nurse.outreach.emitted(CallConcluded) if e.registration_id == person]
    assert [(e.outcome, e.concluded_by) for e in told] == [("withdraws_consent", "anna")]


async def test_the_preferred_time_is_on_the_list_and_on_the_card(nurse: Nurse) -> None:
    incident, _ = await nurse.listed()

    page = await nurse.see(f"/calls/{REGION}?incident_id={incident}")
    card = await nurse.send("/claim")

    assert "ring helst om aftenen" in re.sub(r"\s+", " ", page)
    assert NAME not in page
    assert re.search(r"<dt>Ring helst</dt><dd>om aftenen</dd>", card)


async def test_a_person_who_wants_help_stays_on_the_page_until_the_follow_up_is_closed(nurse: Nurse) -> None:
    incident, _ = await nurse.listed()
    here = f"/calls/{REGION}?incident_id={incident}"
    await nurse.see(here)
    await nurse.send("/claim")
    await nurse.send("/outcome", outcome="wants_help", note="akut: ring til lægen")

    lists = await nurse.see("/calls")
    page = await nurse.see(here)
    opened_line = await nurse.send("/open")
    closed = await nurse.send("/close", why="Lægen har ringet.")
    after = await nurse.see(here)

    assert f'href="/calls/{REGION}"' in lists
    assert "mangler opfølgning" in lists
    assert "Ønsker hjælp" in page
    assert NAME not in page
    assert NAME in opened_line
    assert "akut: ring til lægen" in opened_line
    assert "Linjen er lukket" in closed
    assert "Mangler opfølgning" not in after


@pytest.mark.parametrize(("guardian", "said"), [("Mor Test", "Mor Test"), ("", "Spørg, hvem du taler med")])
async def test_the_card_of_a_child_names_the_guardian_who_consented(
    nurse: Nurse, guardian: str, said: str
) -> None:
    incident, _ = await nurse.listed(guardian=guardian, child=True)
    await nurse.see(f"/calls/{REGION}?incident_id={incident}")

    card = await nurse.send("/claim")
    await nurse.send("/outcome", outcome="wants_help")
    await nurse.see(f"/calls/{REGION}?incident_id={incident}")
    opened_line = await nurse.send("/open")

    for page in (card, opened_line):
        note = re.search(r'id="child">(.*?)</p>', page, re.DOTALL)
        assert note is not None
        assert "barn under 15" in note[1]
        assert said in note[1]


async def test_the_card_of_an_adult_names_no_guardian(nurse: Nurse) -> None:
    incident, _ = await nurse.listed(guardian="Mor Test")
    await nurse.see(f"/calls/{REGION}?incident_id={incident}")

    card = await nurse.send("/claim")

    assert NAME in card
    assert "Mor Test" not in card
