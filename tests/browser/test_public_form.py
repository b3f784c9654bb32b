"""The public page in a real browser: on a telephone, without JavaScript, in either direction."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import uvicorn
from playwright.async_api import Browser, Page, async_playwright, expect

from deploy.local import browser as chromium
from deploy.local import ports
from deploy.local.assets import assets_dir
from kit.http.web import make_app
from kit.runtime.clock import SystemClock
from services.registration.api import printed_forms
from services.registration.documents.pdf_renderer import PdfRenderer
from services.registration.documents.texts import LANGUAGES, labels
from services.registration.public import routes as public
from services.registration.public import static_files
from services.registration.public.dependencies import Dependencies as PublicDependencies
from services.registration.public.pages import PublicPages
from services.registration.public.rate_limit import RateLimiter, RateLimits
from tests.conftest import Databases
from tests.integration.registration.api_client import RegistrationOffice, opened

pytestmark = pytest.mark.timeout(120)


@dataclass(frozen=True)
class Open:
    """A page that is served, and the office behind it."""

    office: RegistrationOffice
    incident: str
    url: str


@pytest.fixture(scope="module")
async def page_open(databases: Databases) -> AsyncIterator[Open]:
    async with opened(
        databases,
        lambda resources: printed_forms.routes(
            resources, SystemClock(), PdfRenderer(assets_dir(), "http://test")
        ),
    ) as office:
        port = ports.free_port()
        server = uvicorn.Server(
            uvicorn.Config(app(office, databases), port=port, log_config=None, lifespan="off")
        )
        serving = asyncio.create_task(server.serve())
        async with asyncio.timeout(20):
            while not server.started:
                await asyncio.wait({serving}, timeout=0.01)
        incident = await office.open_incident(hotline="+45 72 20 12 34")
        slug = (await office.http.post(f"/incidents/{incident}/public-form")).json()["slug"]
        yield Open(office, incident, f"http://127.0.0.1:{port}/tilmeld/{slug}")
        server.should_exit = True
        await serving


def app(office: RegistrationOffice, databases: Databases) -> object:
    limiter = RateLimiter(office.resources.database, SystemClock(), databases.master(), RateLimits(100, 100))
    files, static = static_files.routes(assets_dir())
    made = make_app("public")
    made.include_router(files)
    made.include_router(
        public.routes(PublicDependencies(office.resources, SystemClock(), limiter, PublicPages(static)))
    )
    return made


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    path = chromium.find()
    assert path is not None, "no Chromium: run `make browser`"
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=path)
        yield launched
        await launched.close()


async def telephone(browser: Browser, *, script: bool) -> Page:
    context = await browser.new_context(
        viewport={"width": 360, "height": 740}, java_script_enabled=script, service_workers="block"
    )
    return await context.new_page()


async def test_a_person_with_a_telephone_and_no_script_registers_in_arabic(
    page_open: Open, browser: Browser
) -> None:
    words = labels("ar")
    before = (await page_open.office.counts(page_open.incident))["registered"]
    page = await telephone(browser, script=False)
    await page.goto(page_open.url)

    await page.get_by_role("link", name="العربية").click()
    await page.get_by_role("button", name=words["page"]["send"]).click()
    await expect(page.get_by_role("alert")).to_contain_text(words["errors"]["name"])
    await page.get_by_label(words["fields"]["name"]).fill("نور سالم")
    await page.get_by_label(words["roles"]["witness"]).check()
    await page.get_by_label(words["fields"]["phone"], exact=True).fill("20 12 34 56")
    await page.locator("#registration").check()
    await page.locator("#contact").check()
    await page.get_by_label(words["channels"]["call"], exact=True).check()
    await page.get_by_role("button", name=words["page"]["send"]).click()

    await expect(page.get_by_role("heading", level=1)).to_have_text(words["page"]["thanks"])
    assert (await page_open.office.counts(page_open.incident))["registered"] == before + 1


async def test_what_was_typed_is_still_there_after_a_mistake(page_open: Open, browser: Browser) -> None:
    words = labels("da")
    page = await telephone(browser, script=False)
    await page.goto(page_open.url)

    await page.get_by_label(words["fields"]["name"]).fill("Søren Ærø")
    await page.get_by_label(words["fields"]["phone"], exact=True).fill("12")
    await page.locator("#contact").check()
    await page.get_by_role("button", name=words["page"]["send"]).click()

    await expect(page.locator("#phone-error")).to_have_text(words["errors"]["phone"])
    await expect(page.get_by_label(words["fields"]["name"])).to_have_value("Søren Ærø")
    await expect(page.locator("#contact")).to_be_checked()
    await expect(page.locator("#registration")).not_to_be_checked()


@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_page_fits_its_screen_and_loads_all_it_names(
    page_open: Open, browser: Browser, language: str, width: int
) -> None:
    page = await browser.new_page(viewport={"width": width, "height": 800})
    failed: list[str] = []
    page.on("response", lambda answer: failed.append(answer.url) if answer.status >= 400 else None)
    page.on("console", lambda said: failed.append(said.text) if said.type == "error" else None)

    await page.goto(f"{page_open.url}?language={language}", wait_until="networkidle")
    await page.get_by_role("button", name=labels(language)["page"]["send"]).scroll_into_view_if_needed()

    overflow = await page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert overflow <= 0
    assert failed == []
    await expect(page.locator("#trap")).not_to_be_in_viewport()
