"""A browser session of one person."""

from playwright.async_api import Browser, Page, expect

from deploy.local.stack import Stack

LIVE = 60_000  # milliseconds for what the services must do first


async def page_of(browser: Browser, stack: Stack, who: str) -> Page:
    """Open a separate browser context signed in under a name."""
    page = await browser.new_page(base_url=stack.url("console"))
    await page.goto("/")
    await page.get_by_label("Hvem er du?").fill(who)
    await page.get_by_role("button", name="Gem navn").click()
    await expect(page.get_by_label("Hvem er du?")).to_have_value(who)
    return page
