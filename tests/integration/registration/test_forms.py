"""PDFs: the paper form and the receipt of a consent."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from contracts.events.audit import PersonalDataSeen
from contracts.events.registration import ConsentGiven
from deploy.local.assets import assets_dir
from kit.runtime.clock import SystemClock
from services.registration.api import printed_forms
from services.registration.documents.pdf_renderer import PdfRenderer
from services.registration.documents.texts import labels, wordings
from tests import pdf_text
from tests.conftest import Databases
from tests.deliveries import sent
from tests.integration.registration.api_client import CONSENT, PERSON, RegistrationOffice, opened

PRESS = PdfRenderer(assets_dir(), "https://folgeskab.example.dk")
CONTACT = {"purpose": "contact", "channels": ["call"], **CONSENT}


@pytest.fixture(scope="module")
async def office(databases: Databases) -> AsyncIterator[RegistrationOffice]:
    async with opened(
        databases, lambda resources: printed_forms.routes(resources, SystemClock(), PRESS)
    ) as made:
        yield made


async def pdf(office: RegistrationOffice, path: str) -> bytes:
    answer = await office.http.get(path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/pdf"), answer.text
    return answer.content


async def registered(office: RegistrationOffice, **changed: Any) -> tuple[str, dict[str, Any]]:
    """Register somebody; give who, and what is held."""
    incident = await office.open_incident(hotline="+45 72 20 12 34", web_page="https://aarhus.dk/hjaelp")
    answer = await office.register(incident, **changed)
    assert answer.status_code == 201, answer.text
    person = answer.json()["registration_id"]
    return person, (await office.http.get(f"/registrations/{person}")).json()


async def test_the_form_asks_for_what_a_registration_holds_and_leads_to_the_page(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident(hotline="+45 72 20 12 34")
    public = (await office.http.post(f"/incidents/{incident}/public-form")).json()

    form = pdf_text.text(await pdf(office, f"/incidents/{incident}/form.pdf"))

    words = labels("da")
    left_out = {"country", "language", "interpreter"}  # told below, on lines they share
    for text in (
        *(text for name, text in words["fields"].items() if name not in left_out),
        *words["roles"].values(), *words["channels"].values(), *words["places"].values(),
        words["banner"]["exercise"], words["form"]["signature"], "+45 72 20 12 34", "2026-1", public["url"],
    ):  # fmt: skip
        assert text in form, text
    wording = wordings()["2026-1"]["da"]
    for text in (wording.registration.text, wording.contact.text, *wording.terms):
        assert text in form


@pytest.mark.parametrize("language", ["en", "uk", "ar"])
async def test_the_registrars_part_is_in_danish_on_every_form(
    office: RegistrationOffice, language: str
) -> None:
    incident = await office.open_incident()

    form = pdf_text.text(await pdf(office, f"/incidents/{incident}/form.pdf?language={language}"))

    words = labels("da")
    for name in ("office", "registrar", "witness"):
        assert words["form"][name] in form
    assert all(text in form for text in words["presence"].values())


async def test_the_arabic_form_is_shaped_and_leads_to_the_arabic_page(office: RegistrationOffice) -> None:
    incident = await office.open_incident()

    form = await pdf(office, f"/incidents/{incident}/form.pdf?language=ar")

    assert b"/Lang (ar)" in form
    assert pdf_text.glyphs(form, "م") >= 3  # begins, goes on, ends: unshaped there is one
    assert "?language=ar" in pdf_text.text(form)


async def test_form_numbers_are_unique_except_for_a_reprint(
    office: RegistrationOffice,
) -> None:
    incident = await office.open_incident()

    two = pdf_text.text(await pdf(office, f"/incidents/{incident}/form.pdf?copies=2"))
    third = pdf_text.text(await pdf(office, f"/incidents/{incident}/form.pdf"))
    again = pdf_text.text(await pdf(office, f"/incidents/{incident}/form.pdf?number=F-000001"))

    numbers = [word for text in (two, third) for word in text.split() if word.startswith("F-0")]
    assert len(set(numbers)) == len(numbers) == 3
    assert "F-000001" in again


async def test_a_receipt_shows_the_whole_consent_and_the_access_is_logged(
    office: RegistrationOffice,
) -> None:
    consent = {**CONTACT, "authorities": ["0751"], "how": "oral_witnessed", "witness": "Vera Vidne"}
    person, held = await registered(office, consents=[consent])
    (given,) = held["consents"]

    receipt = pdf_text.text(await pdf(office, f"/registrations/{person}/consents/{given['id']}/receipt.pdf"))

    for text in (
        PERSON["name"], "Togulykke", "24.11.2026 12:00", "24.11.2027 12:00", "Telefonopkald", "0751",
        "Mundtligt med vidne", "Registrator", "Vera Vidne", "2026-1 (da)", "+45 72 20 12 34",
        "https://aarhus.dk/hjaelp", wordings()["2026-1"]["da"].contact.text,
        wordings()["2026-1"]["da"].withdrawal,
    ):  # fmt: skip
        assert text in receipt, text
    assert PERSON["identifiers"][0]["value"] not in receipt
    async with office.resources.database.transaction() as session:
        seen = [e for e in await sent(session) if isinstance(e, PersonalDataSeen) and e.key() == person]
    assert seen[-1].purpose == "consent receipt"


async def test_a_receipt_of_a_withdrawn_consent_says_so_and_one_of_another_form_quotes_nothing(
    office: RegistrationOffice,
) -> None:
    person, held = await registered(office, consents=[{**CONTACT, "wording": "Region 7", "language": "uk"}])
    (given,) = held["consents"]
    await office.http.post(
        f"/registrations/{person}/withdrawals", json={"purpose": "contact", "how": "letter"}
    )

    receipt = pdf_text.text(await pdf(office, f"/registrations/{person}/consents/{given['id']}/receipt.pdf"))

    assert labels("uk")["receipt"]["withdrawn"] in receipt
    assert labels("uk")["receipt"]["unknown_wording"] in receipt
    assert wordings()["2026-1"]["uk"].contact.text not in receipt


async def test_another_persons_consent_has_no_receipt_and_a_forgotten_person_neither(
    office: RegistrationOffice,
) -> None:
    one, held = await registered(office)
    other, _ = await registered(office)
    (consent, *_) = held["consents"]

    strange = await office.http.get(f"/registrations/{other}/consents/{consent['id']}/receipt.pdf")
    await office.http.post(f"/registrations/{one}/forget", json={"why": "asked for it"})
    gone = await office.http.get(f"/registrations/{one}/consents/{consent['id']}/receipt.pdf")

    assert (strange.status_code, gone.status_code) == (404, 410)


async def test_a_consent_is_shown_with_the_authorities_it_covers(office: RegistrationOffice) -> None:
    person, _ = await registered(office)
    later = {**CONTACT, "at": "2026-11-24T13:00:00+01:00", "authorities": ["1082", "0751"]}

    answer = await office.http.post(f"/registrations/{person}/consents", json=later)

    assert answer.status_code == 201, answer.text
    async with office.resources.database.transaction() as session:
        given = [e for e in await sent(session) if isinstance(e, ConsentGiven) and e.key() == person]
    assert given[-1].consent.authorities == ("0751", "1082")


async def test_a_withdrawal_stores_its_reporter_sealed_and_requires_nothing_else(
    office: RegistrationOffice,
) -> None:
    person, _ = await registered(office)
    told = {"purpose": "contact", "how": "call", "told_by": "guardian", "teller": "Gunhild Værge"}

    answer = await office.http.post(f"/registrations/{person}/withdrawals", json=told)

    assert answer.status_code == 201, answer.text
    shown = (await office.http.get(f"/registrations/{person}")).json()
    (entry,) = [e for e in shown["consents"] if e["kind"] == "withdrawn"]
    assert (entry["told_by"], entry["teller"], entry["withdrawn_by"]) == ("guardian", "Gunhild Værge", "call")
    async with office.resources.database.transaction() as session:
        rows = await session.fetch("select e::text as row from consent_entry e")
    assert not any("Gunhild" in row["row"] for row in rows)


async def test_the_wordings_can_be_read_aloud(office: RegistrationOffice) -> None:
    versions = (await office.http.get("/wordings")).json()
    read = (await office.http.get("/wordings/2026-1?language=uk")).json()

    assert versions == [{"version": "2026-1", "languages": ["da", "en", "ar", "uk"], "current": True}]
    assert read["contact"]["text"] == wordings()["2026-1"]["uk"].contact.text
    assert (await office.http.get("/wordings/1999-1")).status_code == 404


async def test_an_unknown_wording_is_accepted_with_a_hint(office: RegistrationOffice) -> None:
    incident = await office.open_incident()

    answer = await office.register(incident, consents=[{**CONTACT, "wording": "Region Nord 7"}])
    later = await office.http.post(
        f"/registrations/{answer.json()['registration_id']}/consents",
        json={**CONTACT, "wording": "Region Nord 8", "at": "2026-11-24T13:00:00+01:00"},
    )

    assert (answer.status_code, later.status_code) == (201, 201)
    assert "consents.0.wording" in [hint["field"] for hint in answer.json()["hints"]]
    assert [hint["field"] for hint in later.json()["hints"]] == ["wording"]
