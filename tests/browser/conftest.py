"""The whole stack once for all journeys, and a browser with a person at it."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, async_playwright

from deploy.local import browser as chromium
from deploy.local.stack import Stack


@pytest.fixture(scope="session")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    async with Stack(tmp_path_factory.mktemp("stack")) as running:
        yield running


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    path = chromium.find()
    assert path is not None, "no Chromium: run `make browser`"
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=path)
        yield launched
        await launched.close()
