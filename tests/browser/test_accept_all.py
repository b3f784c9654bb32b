"""An authority accepts all its cases at once, in a browser that runs no scripts."""

from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from deploy.local.driving import Driver
from deploy.local.people import Invented, invent
from deploy.local.stack import Stack
from tests.browser.test_cases_journey import show

NURSE = "kriseteamet"

pytestmark = pytest.mark.timeout(300)


async def scriptless(browser: Browser, stack: Stack) -> Page:
    page = await browser.new_page(
        base_url=stack.url("console"), java_script_enabled=False, viewport={"width": 360, "height": 740}
    )
    await page.goto("/")
    await page.get_by_label("Hvem er du?").fill(NURSE)
    await page.get_by_role("button", name="Gem navn").click()
    return page


def neighbours_at_home(number: int) -> list[Invented]:
    """Return invented people of one municipality that has enough of them."""
    homes: dict[str, list[Invented]] = {}
    for person in invent(200):
        same = homes.setdefault(person.municipality, [])
        same.append(person)
        if len(same) == number:
            return same
    raise AssertionError("nobody lives together")


async def offered(driver: Driver, incident: str, authority: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = await driver.call(
        "routing", "GET", f"{incident}/handovers?authority={authority}&state=offered"
    )
    return found


async def test_all_cases_are_accepted_after_their_number_was_shown_and_lost_cases_are_listed(
    stack: Stack, browser: Browser
) -> None:
    people = neighbours_at_home(4)
    home, page = people[0].municipality, await scriptless(browser, stack)
    async with Driver(stack) as driver:
        await driver.tell_register(people)
        incident_id = await driver.open_incident("Øvelse: overtag alle")
        incident = f"/incidents/{incident_id}"
        await driver.import_people(incident_id, people)
        await show(page, f"{incident}/handovers", "Overtag alle tilbudte sager (4)")

        await page.get_by_role("link", name="Overtag alle tilbudte sager").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Overtag 4 sager?")
        one, another, *_ = await offered(driver, incident, home)
        refusal = {"reason": "no_capacity", "why": "Fuldt hus til i morgen."}
        await driver.call("routing", "POST", f"/handovers/{one['handover_id']}/refuse", json=refusal)
        await driver.call("routing", "POST", f"/handovers/{another['handover_id']}/accept")
        await page.get_by_role("button", name="Ja, overtag 4 sager").click()

        await expect(page.get_by_role("heading", level=1)).to_have_text("2 sager er overtaget")
        said = page.get_by_role("main")
        reference = one["registration_id"][-6:].upper()
        await expect(said).to_contain_text(f"Ikke overtaget: sag {reference}. Afvist")
        await expect(said).to_contain_text("Ikke plads til flere nu")
        await expect(said).to_contain_text("Ikke overtaget af dig: 1 sag.")
        assert await offered(driver, incident, home) == []


async def test_an_acceptance_of_fewer_cases_than_are_offered_accepts_none(
    stack: Stack, browser: Browser
) -> None:
    people = neighbours_at_home(3)
    home, page = people[0].municipality, await scriptless(browser, stack)
    async with Driver(stack) as driver:
        await driver.tell_register(people)
        incident_id = await driver.open_incident("Øvelse: flere til")
        incident = f"/incidents/{incident_id}"
        await driver.import_people(incident_id, people[:2])
        await show(page, f"{incident}/handovers", "Overtag alle tilbudte sager (2)")
        asked = f"{incident}/handovers/of/{home}/accept"
        await page.goto(asked)
        await driver.import_people(incident_id, people[2:])
        other = await scriptless(browser, stack)
        await show(other, asked, "Overtag 3 sager?")

        await page.get_by_role("button", name="Ja, overtag 2 sager").click()

        await expect(page.get_by_role("alert")).to_contain_text("Der er kommet flere sager til")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Overtag 3 sager?")
        assert len(await offered(driver, incident, home)) == len(people)
