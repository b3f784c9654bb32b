"""The console on a telephone and on a desk, with names as long as they come."""

import pytest
from playwright.async_api import Browser, Page, expect

from deploy.local.driving import Driver
from deploy.local.stack import Stack
from tests.browser.test_cases_journey import COORDINATOR, registered, show
from tests.browser_session import page_of

INCIDENT = "Øvelse: sammenstød ved Nørre Alslev-Orehoved-forbindelsen og efterfølgende evakuering"
NAME = "Wolfgang Konstantin Prøvehøjgaardsen-Skinlundsmodelbæk"
MAIL = "wolfgang.konstantin.proevehoejgaardsen@skinlundsmodelbaek.example.dk"
SIDES = ("", "/triage", "/handovers", "/imports", "/duplicates", "/doubts", "/handovers/of/0101/accept")

pytestmark = pytest.mark.timeout(300)


async def overflow(page: Page) -> int:
    found: int = await page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return found


async def top_of(page: Page, cell: int) -> float:
    box = await page.locator(".compare tbody tr").first.get_by_role("cell").nth(cell).bounding_box()
    assert box is not None
    return box["y"]


async def test_no_page_is_wider_than_its_screen_and_a_pair_is_side_by_side_on_a_wide_screen(
    stack: Stack, browser: Browser
) -> None:
    async with Driver(stack) as driver:
        incident_id = await driver.open_incident(INCIDENT)
        for name in (NAME, f"{NAME}s"):
            await registered(driver, incident_id, name, "+4520111113", birth_date="1980-01-02", email=MAIL)
    incident, page = f"/incidents/{incident_id}", await page_of(browser, stack, COORDINATOR)
    await show(page, f"{incident}/duplicates", "samme telefonnummer")
    await page.get_by_role("link", name="Se dem side om side").click()
    pair = page.url

    wide: list[tuple[str, int]] = []
    for width in (320, 1440):
        await page.set_viewport_size({"width": width, "height": 800})
        for path in ("/", "/calls", "/parked", *(f"{incident}{side}" for side in SIDES), pair):
            await page.goto(path)
            await expect(page.get_by_role("heading", level=1)).to_have_count(1)
            if await overflow(page) > 0:
                wide.append((path, width))
        below = await top_of(page, 1) > await top_of(page, 0)
        assert below is (width == 320)

    assert wide == []
    await expect(page.locator(".compare")).to_contain_text("+45 20 11 11 13")
    await expect(page.locator(".compare")).to_contain_text("2. januar 1980")
