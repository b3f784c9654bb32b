"""The public page: it takes what is right, keeps what was typed, and tells nobody who is registered."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from typing import Any

import httpx
import pytest
from fastapi import APIRouter

from contracts.registration import ConsentGiven, PersonRegistered
from contracts.vocabulary import AgeBand, Channel, Purpose
from deploy.local.assets import assets_dir
from kit.clock import SystemClock
from services.registration import app
from services.registration.api import papers
from services.registration.blind_index import BlindIndex
from services.registration.printing.press import Press
from services.registration.public import routes as public
from services.registration.public.limiting import Limiter, Limits
from services.registration.public.pages import Pages
from services.registration.registering import Desk
from services.registration.wording.texts import LANGUAGES, labels, wordings
from tests.conftest import Databases
from tests.deliveries import sent
from tests.integration.registration_office import CPR, PERSON, RegistrationOffice, opened

PROXY = "X-Forwarded-For"
LIMITS = Limits(per_client=5, per_incident=12, proxy_header=PROXY)
FILLED: dict[str, Any] = {
    "name": "Nancy Ann Test Berggren", "role": "victim", "phone": "20 12 34 56", "registration": "yes",
    "contact": "yes", "channels": ["call", "sms"],
}  # fmt: skip


@dataclass(frozen=True)
class Street:
    """Where the public stands, in front of one incident's page."""

    office: RegistrationOffice
    incident: str
    path: str

    async def form(self, language: str = "da") -> httpx.Response:
        return await self.office.http.get(self.path, params={"language": language})

    async def fill(self, language: str = "da", **typed: Any) -> dict[str, Any]:
        """Give what the browser would send: what is hidden in the form, and what is typed."""
        page = (await self.form(language)).text
        hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]+)">', page)
        return {**dict(hidden), **FILLED, **typed}

    async def send(
        self, typed: dict[str, Any], language: str = "da", client: str = "192.0.2.1"
    ) -> httpx.Response:
        return await self.office.http.post(
            self.path, params={"language": language}, data=typed, headers={PROXY: f"10.0.0.1, {client}"}
        )

    async def registered(self) -> int:
        return (await self.office.counts(self.incident))["registered"]


def counter(desk: Desk, databases: Databases, clock: SystemClock) -> APIRouter:
    limiter = Limiter(desk.database, clock, databases.master(), LIMITS)
    return public.routes(public.Counter(desk, clock, limiter, Pages("/static")))


@pytest.fixture(scope="module")
async def office(databases: Databases) -> AsyncIterator[RegistrationOffice]:
    press = Press(assets_dir(), "http://test")
    async with opened(
        databases,
        lambda desk: papers.routes(desk, SystemClock(), press),
        lambda desk: counter(desk, databases, SystemClock()),
    ) as made:
        yield made


@pytest.fixture
async def street(office: RegistrationOffice) -> Street:
    incident = await office.open_incident(hotline="+45 72 20 12 34", exercise=False)
    answer = (await office.http.post(f"/incidents/{incident}/public-form")).json()
    return Street(office, incident, f"/tilmeld/{answer['slug']}")


async def told(street: Street) -> PersonRegistered:
    async with street.office.desk.database.transaction() as session:
        events = [e for e in await sent(session) if isinstance(e, PersonRegistered)]
    return [event for event in events if str(event.incident_id) == street.incident][-1]


async def test_who_sends_the_form_is_registered_as_said_by_themselves_with_the_wording_shown(
    street: Street,
) -> None:
    answer = await street.send(
        await street.fill("uk", cpr=CPR, concerns="Søvn", preferred_time="evening"), "uk"
    )

    assert (answer.status_code, answer.headers["Location"]) == (303, f"{street.path}/tak?language=uk")
    event = await told(street)
    shown = (await street.office.http.get(f"/registrations/{event.registration_id}")).json()
    assert (shown["place"], shown["presence"], shown["language"]) == ("self", "stated", "uk")
    assert (shown["concerns"], shown["preferred_time"]) == ("Søvn", "evening")
    for consent in shown["consents"]:
        assert (consent["obtained"], consent["wording"], consent["language"]) == ("digital", "2026-1", "uk")
    assert {fact.purpose for fact in event.consents} == set(Purpose)
    assert next(f for f in event.consents if f.purpose is Purpose.CONTACT).channels == (
        Channel.CALL,
        Channel.SMS,
    )


async def test_a_known_person_and_a_new_one_are_thanked_alike(street: Street) -> None:
    await street.office.register(street.incident)
    known = await street.fill(cpr=PERSON["identifiers"][0]["value"])
    new = await street.fill(cpr="0104909989")

    answers = [await street.send(known), await street.send(new)]

    same = [(a.status_code, a.content, {k: v for k, v in a.headers.items() if k != "date"}) for a in answers]
    assert same[0] == same[1]
    page = (await street.office.http.get(answers[0].headers["Location"])).text
    assert labels("da")["page"]["thanks"] in unescape(page)
    assert await street.registered() == 2  # the known one is no new person


async def test_the_public_page_does_not_undo_a_withdrawal(street: Street) -> None:
    person = (await street.office.register(street.incident)).json()["registration_id"]
    await street.office.http.post(
        f"/registrations/{person}/withdrawals", json={"purpose": "contact", "how": "hotline"}
    )

    answer = await street.send(await street.fill(cpr=CPR))

    assert answer.status_code == 303
    shown = (await street.office.http.get(f"/registrations/{person}")).json()
    assert (shown["withdrawn"], shown["contact_until"]) == (True, None)
    by_purpose = {c["purpose"]: c["unconfirmed"] for c in shown["consents"] if c["obtained"] == "digital"}
    assert by_purpose == {"registration": False, "contact": True}  # kept, and seen by whoever looks
    async with street.office.desk.database.transaction() as session:
        events = [e for e in await sent(session) if e.key() == person]
    assert not any(isinstance(e, ConsentGiven) and e.consent.purpose is Purpose.CONTACT for e in events)


async def test_a_form_sent_twice_at_once_is_one_registration(street: Street) -> None:
    typed = await street.fill()

    answers = await asyncio.gather(*(street.send(typed) for _ in range(4)))

    assert [answer.status_code for answer in answers] == [303] * 4
    assert await street.registered() == 1


async def test_mistakes_are_told_beside_their_fields_and_what_was_typed_is_kept(street: Street) -> None:
    wrong = await street.fill(
        name="<b>Åse", cpr="9999999999", phone="12", birth_date="31-02-1985", channels=["call", "email"]
    )

    answer = await street.send(wrong)

    page, errors = answer.text, labels("da")["errors"]
    assert answer.status_code == 422
    for place, which in (
        ("cpr", "cpr"), ("phone", "phone"), ("birth_date", "birth_date"), ("email", "email_needed"),
    ):  # fmt: skip
        assert f'id="{place}-error">{errors[which]}<' in page
    assert 'value="&lt;b&gt;Åse"' in page
    assert 'value="9999999999"' in page
    assert "<b>" not in page
    assert wrong["nonce"] in page
    assert "Åse" not in str(answer.url)
    assert await street.registered() == 0


@pytest.mark.parametrize(
    ("left_out", "place", "which"),
    [
        ({"registration": ""}, "registration", "registration"),
        ({"channels": []}, "channels", "channels"),
        ({"role": ""}, "role", "role"),
        ({"name": " "}, "name", "name"),
        ({"birth_date": "1-1-2020"}, "guardian", "guardian"),
        ({"channels": ["letter"]}, "address", "address_needed"),
        ({"wording": "made up"}, "registration", "other"),
    ],
)
async def test_what_is_missing_is_asked_for(
    street: Street, left_out: dict[str, Any], place: str, which: str
) -> None:
    answer = await street.send(await street.fill("en", **left_out), "en")

    assert answer.status_code == 422
    assert f'id="{place}-error">{labels("en")["errors"][which]}<' in unescape(answer.text)
    assert await street.registered() == 0


async def test_a_child_is_registered_when_a_guardian_agrees(street: Street) -> None:
    answer = await street.send(await street.fill(birth_date="1-1-2020", guardian="Gunhild Værge"))

    assert answer.status_code == 303
    event = await told(street)
    assert event.age_band is AgeBand.UNDER_15
    shown = (await street.office.http.get(f"/registrations/{event.registration_id}")).json()
    assert {consent["guardian"] for consent in shown["consents"]} == {"Gunhild Værge"}


async def test_without_consent_to_contact_a_person_is_registered_and_not_contacted(street: Street) -> None:
    answer = await street.send(await street.fill(contact=""))

    assert answer.status_code == 303
    assert (await street.office.counts(street.incident))["without_contact_consent"] == 1


async def test_a_machine_that_fills_in_everything_registers_nobody_and_a_person_can_mend_it(
    street: Street,
) -> None:
    typed = await street.fill(trap="x")

    trapped = await street.send(typed)
    mended = await street.send({**typed, "trap": ""})

    assert (trapped.status_code, mended.status_code) == (422, 303)
    assert 'id="trap-error"' in trapped.text
    assert await street.registered() == 1


async def test_who_tries_too_often_waits_and_the_others_do_not(street: Street) -> None:
    typed = await street.fill(name="")  # a mistake counts as well
    for _ in range(LIMITS.per_client):
        await street.send(typed)

    busy = await street.send(await street.fill(name="Åse"))
    other = await street.send(await street.fill(), client="192.0.2.2")

    assert (busy.status_code, busy.headers["Retry-After"]) == (429, "600")
    assert 'value="Åse"' in busy.text
    assert other.status_code == 303
    assert await street.registered() == 1


async def test_an_incident_takes_only_so_many_however_many_addresses_they_come_from(street: Street) -> None:
    typed = await street.fill(name="")

    answers = [await street.send(typed, client=f"2001:db8:{n}::1") for n in range(LIMITS.per_incident + 1)]

    assert [answer.status_code for answer in answers] == [422] * LIMITS.per_incident + [429]


async def test_no_address_is_kept_and_no_count_after_an_hour(street: Street, databases: Databases) -> None:
    await street.send(await street.fill(), client="198.51.100.77")
    database = street.office.desk.database

    async with database.transaction() as session:
        rows = await session.fetch("select a::text as row from public_attempt a")
    later = Limiter(database, SystemClock(timedelta(hours=1)), databases.master(), LIMITS)
    await later.forget()

    assert rows
    assert not any("198.51" in row["row"] for row in rows)
    async with database.transaction() as session:
        assert await session.fetchval("select count(*) from public_attempt") == 0


async def test_a_closed_page_says_so_and_gives_the_hotline(street: Street) -> None:
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


async def test_a_closed_incident_closes_its_page(street: Street) -> None:
    typed = await street.fill()

    await street.office.http.post(f"/incidents/{street.incident}/close")

    assert (await street.form()).status_code == 410
    assert (await street.send(typed)).status_code == 410


async def test_a_link_that_leads_nowhere_says_no_more(street: Street) -> None:
    for path in ("/tilmeld/abcdefgh23456789", "/tilmeld/æøå", f"{street.path}x"):
        answer = await street.office.http.get(path)
        assert answer.status_code == 404
        assert labels("da")["page"]["unknown"] in answer.text


async def test_another_site_cannot_send_the_form(street: Street) -> None:
    typed = await street.fill()

    answer = await street.office.http.post(
        street.path, data=typed, headers={"Origin": "https://elsewhere.example"}
    )

    assert answer.status_code == 403
    assert await street.registered() == 0


@pytest.mark.parametrize(
    "body", [b"\xff\xfe=1", b"&".join(b"a=1" for _ in range(500)), b"name=" + b"x" * 200_000]
)
async def test_what_no_browser_sends_is_refused_without_a_traceback(street: Street, body: bytes) -> None:
    answer = await street.office.http.post(street.path, content=body)

    assert answer.status_code == 422
    assert await street.registered() == 0


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_page_is_whole_in_every_language(street: Street, language: str) -> None:
    answer = await street.form(language)

    page = unescape(answer.text)
    wording = wordings()["2026-1"][language]
    assert f'lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}"' in page
    for text in (wording.registration.text, wording.contact.text, *wording.terms):
        assert text in page
    assert " checked" not in page  # nobody has agreed yet
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("asked", "answered"), [("sv", "da"), ("pl", "en"), ("<script>", "en")])
async def test_a_language_we_do_not_have_is_answered_in_one_we_have(
    street: Street, asked: str, answered: str
) -> None:
    answer = await street.form(asked)

    assert answer.status_code == 200
    assert f'<html lang="{answered}"' in answer.text


async def test_an_exercise_is_told_in_its_page(office: RegistrationOffice) -> None:
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
        transport=transport, base_url="http://test", headers={"X-Actor": "Hanne"}
    ) as http:
        incident = await RegistrationOffice(
            http, Desk(service.database, service.keyring, BlindIndex(service.master))
        ).open_incident()
        public_form = (await http.post(f"/incidents/{incident}/public-form")).json()
        page = await http.get(f"/tilmeld/{public_form['slug']}")
        styles = re.findall(r'<link rel="stylesheet" href="([^"]+)">', page.text)
        answers = [await http.get(path) for path in (*styles, f"/incidents/{incident}/form.pdf")]
    await service.keyring.close()
    await service.database.close()

    assert public_form["url"] == f"https://folgeskab.example.dk/tilmeld/{public_form['slug']}"
    assert [answer.status_code for answer in (page, *answers)] == [200] * 4
