"""A case from triage to the first contact, two registrations that are one, and a file with bad rows."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from deploy.local.driving import Driver
from deploy.local.stack import Stack
from kit.runtime.ids import new_id
from tests.browser_session import LIVE, page_of

COORDINATOR, COLLEAGUE, NURSE = "koordinator Sif", "koordinator Uffe", "kriseteamet i Roskilde"

pytestmark = pytest.mark.timeout(300)


def consents() -> Iterator[dict[str, Any]]:
    at = (datetime.now(UTC) - timedelta(minutes=10)).isoformat()
    for purpose, channels in (("registration", []), ("contact", ["call", "sms"])):
        yield {
            "purpose": purpose, "channels": channels, "wording": "2026-1", "language": "da", "at": at,
            "how": "paper_form", "form_number": "F-1", "by": "Registrator 1",
        }  # fmt: skip


async def registered(driver: Driver, incident_id: str, name: str, phone: str, **more: Any) -> str:
    """Register a person without a CPR number, so that triage must find the municipality."""
    body = {
        "name": name, "phone": phone, "role": "witness", "place": "epc", "consents": list(consents()),
        "addresses": [{"line": "Prøvegade 1", "postcode": "4000", "city": "Roskilde"}],
    }  # fmt: skip
    answer = await driver.call(
        "registration", "POST", f"/incidents/{incident_id}/registrations", json=body | more,
        headers={"Idempotency-Key": str(new_id())},
    )  # fmt: skip
    return str(answer["registration_id"])


async def show(page: Page, path: str, text: str) -> None:
    """Reload a page until it shows the text."""

    async def seen() -> None:
        await page.goto(path)
        await expect(page.locator("main")).to_contain_text(text, timeout=1000)

    await expect_soon(seen)


async def expect_soon(seen: Any) -> None:
    for _ in range(LIVE // 1000 - 1):
        try:
            await seen()
        except AssertionError:
            continue
        return
    await seen()


async def test_a_case_goes_from_triage_to_the_authority_and_its_first_contact(
    stack: Stack, browser: Browser
) -> None:
    async with Driver(stack) as driver:
        incident = f"/incidents/{await driver.open_incident('Øvelse: afklaring')}"
        await registered(driver, incident.rpartition("/")[2], "Karla Prøvesen", "+4520111111")
    page = await page_of(browser, stack, COORDINATOR)
    await show(page, f"{incident}/triage", "1 sag venter")
    await expect(page.locator("main")).to_contain_text("Postnummeret dækker flere kommuner.")
    await expect(page.locator(".case-what")).to_contain_text("Høje-Taastrup, Roskilde, Lejre")

    await decided_by_a_person(page, "Lejre")
    await show(page, f"{incident}/handovers", "Lejre Kommune")
    await refused(page)
    await show(page, f"{incident}/triage", "Bor ikke hos os")
    await decided_by_a_person(page, "Roskilde")

    nurse = await page_of(browser, stack, NURSE)
    await show(nurse, f"{incident}/handovers", "Roskilde Kommune")
    await accepted_and_contacted(nurse)
    await show(page, incident, "Kontakt er sket")


async def decided_by_a_person(page: Page, municipality: str) -> None:
    await page.get_by_role("button", name="Tag sagen").click()
    await expect(page.locator(".case-clock")).to_contain_text("Din sag")
    await page.get_by_role("button", name="Se hvem det er").click()
    await expect(page.locator(".box.call")).to_contain_text("Karla Prøvesen")
    await expect(page.locator(".box.call")).to_contain_text("noteret i adgangsloggen")
    await page.get_by_label("Begrundelse").fill("Oplyst i telefonen.")
    await page.get_by_role("button", name="Gem afgørelsen").click()
    await expect(page.get_by_role("alert")).to_contain_text("Vælg den, hvor personen bor")
    await expect(page.get_by_label("Begrundelse")).to_have_value("Oplyst i telefonen.")
    suggested = page.get_by_label(municipality, exact=True)
    if await suggested.count():
        await suggested.check()
    else:
        await page.get_by_label("Ansvarlig kommune").fill(municipality)
    await page.get_by_role("button", name="Gem afgørelsen").click()
    await expect(page.get_by_role("status")).to_contain_text("Sagen er afgjort")


async def refused(page: Page) -> None:
    await page.get_by_text("Afvis med en grund").click()
    await page.get_by_label("Bor ikke hos os").check()
    await page.get_by_label("Med egne ord").fill("Fraflyttet sidste år.")
    await page.get_by_role("button", name="Afvis sagen").click()
    await expect(page.get_by_role("status")).to_contain_text("Sagen er afvist")


async def accepted_and_contacted(page: Page) -> None:
    await page.get_by_role("button", name="Overtag sagen").click()
    await expect(page.get_by_role("status")).to_contain_text("Myndigheden har ansvaret nu")
    path = await page.get_by_role("link", name="Til journalen (PDF)").first.get_attribute("href")
    record = await page.request.get(str(path))
    assert (record.status, (await record.body())[:5]) == (200, b"%PDF-")
    await page.get_by_role("button", name="Kontakt er sket").click()
    await expect(page.get_by_role("status")).to_contain_text("Den første kontakt er noteret")


async def test_two_people_merge_two_registrations_and_a_third_may_undo_it(
    stack: Stack, browser: Browser
) -> None:
    async with Driver(stack) as driver:
        incident_id = await driver.open_incident("Øvelse: dubletter")
        first, _ = [
            await registered(driver, incident_id, name, "+4520111112", birth_date="1980-01-02")
            for name in ("Karla Prøvesen", "Carla Prøvesen")
        ]
    pairs = f"/incidents/{incident_id}/duplicates"
    page, colleague = (
        await page_of(browser, stack, COORDINATOR),
        await page_of(browser, stack, COLLEAGUE),
    )
    await show(page, pairs, "samme telefonnummer")

    await page.get_by_role("link", name="Se dem side om side").click()
    await expect(page.locator(".differs")).to_contain_text("Carla Prøvesen")
    pair = page.url
    await page.get_by_label("Begrundelse").first.fill("Samme telefon og fødselsdag.")
    await page.get_by_role("button", name="Foreslå at lægge dem sammen").click()
    await expect(page.get_by_role("status")).to_contain_text("En anden skal se på det")
    await page.goto(pair)
    await expect(page.get_by_text("Du har selv foreslået det")).to_be_visible()
    await colleague.goto(pair)
    await colleague.get_by_role("button", name="Bekræft, og læg dem sammen").click()

    await expect(colleague.get_by_role("status")).to_contain_text("lagt sammen")
    await show(page, f"/incidents/{incident_id}", "Samme person som en anden registrering")
    async with Driver(stack) as driver:
        said = {"phone": "+4520111113", "why": "Ringede selv."}
        await driver.call("registration", "POST", f"/registrations/{first}/corrections", json=said)
    await page.goto(pair)
    await page.get_by_label("Begrundelse").fill("Det var hendes søster.")
    await page.get_by_role("button", name="Fortryd sammenlægningen").click()
    await expect(page.get_by_role("status")).to_contain_text("fortrudt. Spørg dem begge om: Telefon.")


async def test_a_dry_run_reports_bad_rows_and_offers_them_as_a_file(
    stack: Stack, browser: Browser, tmp_path: Path
) -> None:
    async with Driver(stack) as driver:
        incident_id = await driver.open_incident("Øvelse: import")
    file = tmp_path / "personer.csv"
    file.write_text("name;role;place;phone\nLuna Skinlund;vidne;epc;20111120\nPil Modelbæk;vidne;epc;12\n")
    page = await page_of(browser, stack, COORDINATOR)
    await show(page, f"/incidents/{incident_id}/imports", "Send filen")

    await page.get_by_label("Fil", exact=True).set_input_files(file)
    await page.get_by_role("button", name="Send filen").click()
    await expect(page.locator(".file-name")).to_have_text("personer.csv")
    await expect(page.locator("#import-state")).to_have_text("Færdig")
    await expect(page.locator("main")).to_contain_text("Prøve: ingen er registreret")
    await expect(page.get_by_role("row").filter(has_text="phone")).to_contain_text("3")
    await expect(page.get_by_role("row").filter(has_text="phone")).to_contain_text("Ikke et dansk nummer")
    rows = await page.request.get(f"{page.url}/bad-rows.csv")

    assert rows.status == 200
    assert "Pil Modelbæk" in await rows.text()
    assert "Luna Skinlund" not in await rows.text()
