"""A wave from preview to delivered contacts and a call, as people do it: in a browser, on the whole stack."""

import re

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from deploy.local.driving import APPROVER, AUTHOR, Driver
from deploy.local.people import Invented, invent
from deploy.local.stack import Stack
from tests import incidents
from tests.browser_session import LIVE, page_of

PEOPLE = 40
NURSE = "sygeplejerske Åse"

pytestmark = pytest.mark.timeout(300)


def step(page: Page, name: str) -> Locator:
    return page.locator(".funnel li").filter(has_text=name).locator("strong")


async def registered(driver: Driver, people: list[Invented]) -> str:
    await driver.tell_register(people)
    incident_id = await driver.open_incident("Øvelse: togulykke ved Aarhus H")
    report = await driver.import_people(incident_id, people)
    assert report["registered"] == len(people)
    return incident_id


async def test_two_people_send_a_wave_and_a_third_makes_a_call(stack: Stack, browser: Browser) -> None:
    people = list(invent(PEOPLE))
    async with Driver(stack) as driver:
        incident_id = await registered(driver, people)
    author = await page_of(browser, stack, AUTHOR)
    await author.goto(f"/incidents/{incident_id}")
    await expect(step(author, "Ansvarlig kommune fundet")).to_have_text(str(PEOPLE), timeout=LIVE)
    await incidents.routed(stack, incident_id, PEOPLE)

    wave = await previewed(author)
    await refused_to_its_author(author)
    watching = await page_of(browser, stack, "en der ser på")
    await watching.goto(f"/incidents/{incident_id}")
    approver = await page_of(browser, stack, APPROVER)
    await approved_and_launched(approver, wave)

    await expect(step(watching, "Besked leveret")).to_have_text(re.compile(r"[1-9]"), timeout=LIVE)
    await expect(watching.get_by_role("row", name="I alt = registreret")).to_contain_text(str(PEOPLE))
    nurse = await page_of(browser, stack, NURSE)
    await a_call_is_made(nurse, {person.name for person in people})
    await expect(watching.locator(".pairs div").filter(has_text="Vi fik talt sammen")).to_contain_text(
        "1", timeout=LIVE
    )


async def previewed(page: Page) -> str:
    await page.get_by_text("Forbered en ny bølge").click()
    await page.get_by_role("button", name="Vis, hvem den vil nå").click()
    await expect(page.locator("#state")).to_have_text("Venter på godkendelse")
    await expect(page.locator(".pairs div").filter(has_text="Omfattet af valget")).to_contain_text(
        str(PEOPLE)
    )
    await expect(page.get_by_text("Intet samtykke til kontakt")).to_be_visible()
    return page.url


async def refused_to_its_author(page: Page) -> None:
    await page.get_by_role("button", name="Godkend bølgen").click()
    await expect(page.get_by_role("alert")).to_contain_text("En anden end den, der har oprettet bølgen")
    await expect(page.locator("#state")).to_have_text("Venter på godkendelse")


async def approved_and_launched(page: Page, wave: str) -> None:
    await page.goto(wave)
    await page.get_by_role("button", name="Godkend bølgen").click()
    await expect(page.get_by_role("status")).to_contain_text("Bølgen er godkendt")
    await page.get_by_role("button", name="Start bølgen").click()
    await expect(page.get_by_role("status")).to_contain_text("Bølgen er startet")


async def a_call_is_made(page: Page, names: set[str]) -> None:
    await page.goto("/calls")
    await page.locator(".reasons a").first.click()
    await page.get_by_role("button", name="Tag opkaldet").first.click()
    name = await page.locator("#person-name").inner_text()
    assert name in names
    await expect(page.locator("#person-phone")).to_have_text(re.compile(r"^\+45"))
    await page.get_by_label("Vi fik talt sammen").check()
    await page.get_by_label("Notat").fill("Har det efter omstændighederne godt.")
    await page.get_by_role("button", name="Gem resultatet").click()
    await expect(page.get_by_role("status")).to_contain_text("Opkaldet er afsluttet")
    await expect(page.get_by_text(name)).to_have_count(0)
