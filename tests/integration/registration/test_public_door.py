"""Access to the public page: rate limits, closed pages, unknown links, invalid requests."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from html import unescape

import httpx
import pytest
from markupsafe import escape

from contracts.events.registration import PersonRegistered
from kit.runtime.clock import SystemClock
from services.registration import app
from services.registration.documents.texts import LANGUAGES, labels, wording_language, wordings
from services.registration.public.rate_limit import RateLimiter
from services.registration.resources import Resources
from services.registration.store.blind_index import BlindIndex
from tests.conftest import Databases
from tests.deliveries import sent
from tests.integration.registration.api_client import RegistrationOffice
from tests.integration.registration.public_visitor import (
    LIMITS,
    PublicPage,
    office_with_a_page,
    open_public_page,
)


@pytest.fixture(scope="module")
async def office(databases: Databases) -> AsyncIterator[RegistrationOffice]:
    async with office_with_a_page(databases) as made:
        yield made


@pytest.fixture
async def street(office: RegistrationOffice) -> PublicPage:
    return await open_public_page(office)


async def test_a_filled_trap_field_registers_nobody_and_a_person_can_correct_it(
    street: PublicPage,
) -> None:
    typed = await street.fill(trap="x")

    trapped = await street.send(typed)
    mended = await street.send({**typed, "trap": ""})

    assert (trapped.status_code, mended.status_code) == (422, 303)
    assert 'id="trap-error"' in trapped.text
    assert await street.registered() == 1


async def test_a_client_over_its_limit_waits_and_others_do_not(street: PublicPage) -> None:
    typed = await street.fill(name="")  # a mistake counts as well
    for _ in range(LIMITS.per_client):
        await street.send(typed)

    busy = await street.send(await street.fill(name="Åse"))
    other = await street.send(await street.fill(), client="192.0.2.2")

    assert (busy.status_code, busy.headers["Retry-After"]) == (429, "600")
    assert 'value="Åse"' in busy.text
    assert other.status_code == 303
    assert await street.registered() == 1


async def test_an_incident_has_a_limit_across_all_addresses(street: PublicPage) -> None:
    typed = await street.fill(name="")

    answers = [await street.send(typed, client=f"2001:db8:{n}::1") for n in range(LIMITS.per_incident + 1)]

    assert [answer.status_code for answer in answers] == [422] * LIMITS.per_incident + [429]


async def test_no_address_is_stored_and_no_count_after_an_hour(
    street: PublicPage, databases: Databases
) -> None:
    await street.send(await street.fill(), client="198.51.100.77")
    database = street.office.resources.database

    async with database.transaction() as session:
        rows = await session.fetch("select a::text as row from public_attempt a")
    later = RateLimiter(database, SystemClock(timedelta(hours=1)), databases.master(), LIMITS)
    await later.delete_old_attempts()

    assert rows
    assert not any("198.51" in row["row"] for row in rows)
    async with database.transaction() as session:
        assert await session.fetchval("select count(*) from public_attempt") == 0


async def test_a_closed_page_says_so_and_gives_the_hotline(street: PublicPage) -> None:
    typed = await street.fill()

    await street.office.http.post(f"/incidents/{street.incident}/public-form/close")
    answers = [await street.form(), await street.send(typed)]

    for answer in answers:
        assert answer.status_code == 410
        assert labels("da")["page"]["closed"] in answer.text
        assert 'href="tel:+4572201234"' in answer.text
    assert await street.registered() == 0
    reopened = (await street.office.http.post(f"/incidents/{street.incident}/public-form")).json()
    assert street.path.endswith(reopened["slug"])  # what was printed is right again


async def test_a_closed_incident_closes_its_page(street: PublicPage) -> None:
    typed = await street.fill()

    await street.office.http.post(f"/incidents/{street.incident}/close")

    assert (await street.form()).status_code == 410
    assert (await street.send(typed)).status_code == 410


async def test_an_unknown_link_reveals_nothing(street: PublicPage) -> None:
    for path in ("/tilmeld/abcdefgh23456789", "/tilmeld/æøå", f"{street.path}x"):
        answer = await street.office.http.get(path)
        assert answer.status_code == 404
        assert labels("da")["page"]["unknown"] in answer.text


async def test_another_site_cannot_send_the_form(street: PublicPage) -> None:
    typed = await street.fill()

    answer = await street.office.http.post(
        street.path, data=typed, headers={"Origin": "https://elsewhere.example"}
    )

    assert answer.status_code == 403
    assert await street.registered() == 0


@pytest.mark.parametrize(
    "body", [b"\xff\xfe=1", b"&".join(b"a=1" for _ in range(500)), b"name=" + b"x" * 200_000]
)
async def test_an_invalid_body_is_refused_without_a_traceback(street: PublicPage, body: bytes) -> None:
    answer = await street.office.http.post(street.path, content=body)

    assert answer.status_code == 422
    assert await street.registered() == 0


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_page_is_complete_in_every_language(street: PublicPage, language: str) -> None:
    answer = await street.form(language)

    page = unescape(answer.text)
    wording = wordings()["2026-1"][wording_language(language, "2026-1")]
    assert f'lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}"' in page
    for text in (wording.registration.text, wording.contact.text, *wording.terms):
        assert text in page
    assert " checked" not in page  # nobody has agreed yet
    assert answer.headers["Cache-Control"] == "no-store"


async def test_a_page_without_a_translated_wording_says_so_and_records_the_language_shown(
    street: PublicPage,
) -> None:
    page = unescape((await street.form("de")).text)
    answer = await street.send(await street.fill(language="de"), language="de")

    assert "Der Text der Einwilligungen ist nicht übersetzt. Er steht hier auf Englisch." in page
    assert f'lang="en">{wordings()["2026-1"]["en"].registration.text}<' in page
    assert answer.status_code == 303
    async with street.office.resources.database.transaction() as session:
        events = [one for one in await sent(session) if isinstance(one, PersonRegistered)]
    assert {fact.language for fact in events[-1].consents} == {"en"}
    assert "nicht übersetzt" not in (await street.form("da")).text


@pytest.mark.parametrize(("asked", "answered"), [("sv", "da"), ("pl", "en"), ("<script>", "en")])
async def test_an_unsupported_language_gets_a_supported_one(
    street: PublicPage, asked: str, answered: str
) -> None:
    answer = await street.form(asked)

    assert answer.status_code == 200
    assert f'<html lang="{answered}"' in answer.text


async def test_the_page_of_an_exercise_says_so(office: RegistrationOffice) -> None:
    incident = await office.open_incident(exercise=True)
    slug = (await office.http.post(f"/incidents/{incident}/public-form")).json()["slug"]

    page = (await office.http.get(f"/tilmeld/{slug}")).text

    assert "ØVELSE" in page


async def test_the_service_as_it_is_wired_serves_the_page_its_style_and_its_papers(
    databases: Databases,
) -> None:
    settings = {
        "DATABASE_URL": await databases.migrate("registration"),
        "KEYRING_URL": databases.keyring_url("registration"),
        "MASTER_KEY_FILE": str(databases.master_key_file),
        "BROKER": "127.0.0.1:1",
        "HTTP_PORT": "8001",
        "PUBLIC_URL": "https://folgeskab.example.dk",
    }
    with pytest.MonkeyPatch.context() as environment:
        for name, value in settings.items():
            environment.setenv(f"FOLGESKAB_{name}", value)
        service = app.build()
    transport = httpx.ASGITransport(service.app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://127.0.0.1:8001", headers={"X-Actor": "Hanne"}
    ) as http:
        incident = await RegistrationOffice(
            http, Resources(service.database, service.keyring, BlindIndex(service.master))
        ).open_incident()
        public_form = (await http.post(f"/incidents/{incident}/public-form")).json()
        page = await http.get(f"/tilmeld/{public_form['slug']}")
        styles = re.findall(r'<link rel="stylesheet" href="([^"]+)">', page.text)
        answers = [await http.get(path) for path in (*styles, f"/incidents/{incident}/form.pdf")]
    await service.keyring.close()
    await service.database.close()

    assert public_form["url"] == f"https://folgeskab.example.dk/tilmeld/{public_form['slug']}"
    assert [answer.status_code for answer in (page, *answers)] == [200] * 4


@pytest.mark.parametrize("payload", ['"><script>alert(1)</script>', "{{ 7 * 7 }}{% raw %}", "' onfocus='x()"])
async def test_all_input_is_shown_as_text_and_never_executed(street: PublicPage, payload: str) -> None:
    names = {*re.findall(r' name="([\w-]+)"', (await street.form()).text)}
    typed = dict.fromkeys(names, payload)

    answer = await street.send(typed)

    shown = str(escape(payload))
    assert len(names) > 15
    assert answer.status_code == 422
    assert shown in answer.text
    assert payload not in answer.text.replace(shown, "")
    assert await street.registered() == 0
