"""A desk with many tabs: each loads, and one that is looked at again shows what happened meanwhile."""

from playwright.async_api import Browser, Page, expect

from deploy.local.driving import Driver
from deploy.local.people import invent
from deploy.local.stack import Stack
from tests.browser_session import LIVE

TABS = 9  # a browser opens six connections to one host


async def hide(page: Page, *, hidden: bool) -> None:
    """Make the page hidden or visible."""
    await page.evaluate(
        "hidden => { Object.defineProperty(document, 'hidden', {value: hidden, configurable: true});"
        " document.dispatchEvent(new Event('visibilitychange')); }",
        hidden,
    )


async def test_nine_tabs_load_and_the_first_is_live_again_when_visible(
    stack: Stack, browser: Browser
) -> None:
    async with Driver(stack) as driver:
        incident_id = await driver.open_incident("Øvelse: mange faner")
        context = await browser.new_context(base_url=stack.url("console"))
        tabs: list[Page] = []
        for _ in range(TABS):
            page = await context.new_page()
            await page.goto(f"/incidents/{incident_id}", timeout=20_000)
            await expect(page.locator("#pulse")).not_to_have_class("lost", timeout=LIVE)
            await hide(page, hidden=True)
            tabs.append(page)

        people = list(invent(3, seed=3))
        await driver.tell_register(people)
        await driver.import_people(incident_id, people)
        await hide(tabs[0], hidden=False)

        registered = tabs[0].locator(".funnel li").first.locator("strong")
        await expect(registered).to_have_text("3", timeout=LIVE)
        await context.close()
