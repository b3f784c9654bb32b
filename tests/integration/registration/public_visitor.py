"""A client of one incident's public page."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi import APIRouter

from deploy.local.assets import assets_dir
from kit.runtime.clock import SystemClock
from services.registration.api import printed_forms
from services.registration.documents.pdf_renderer import PdfRenderer
from services.registration.public import routes as public
from services.registration.public.dependencies import Dependencies as PublicDependencies
from services.registration.public.pages import PublicPages
from services.registration.public.rate_limit import RateLimiter, RateLimits, parse_proxies
from services.registration.resources import Resources
from tests.conftest import Databases
from tests.integration.registration.api_client import RegistrationOffice, opened

PROXY = "X-Forwarded-For"
LIMITS = RateLimits(per_client=5, per_incident=12, proxy_header=PROXY, proxies=parse_proxies("127.0.0.1"))
FILLED: dict[str, Any] = {
    "name": "Nancy Ann Test Berggren", "role": "victim", "phone": "20 12 34 56", "registration": "yes",
    "contact": "yes", "channels": ["call", "sms"],
}  # fmt: skip


@dataclass(frozen=True)
class PublicPage:
    """The public page of one incident, as a browser uses it."""

    office: RegistrationOffice
    incident: str
    path: str

    async def form(self, language: str = "da") -> httpx.Response:
        return await self.office.http.get(self.path, params={"language": language})

    async def fill(self, language: str = "da", **typed: Any) -> dict[str, Any]:
        """Return what the browser would send: the hidden fields and the input."""
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


def public_routes(resources: Resources, databases: Databases, clock: SystemClock) -> APIRouter:
    limiter = RateLimiter(resources.database, clock, databases.master(), LIMITS)
    return public.routes(PublicDependencies(resources, clock, limiter, PublicPages("/static")))


@asynccontextmanager
async def office_with_a_page(databases: Databases) -> AsyncIterator[RegistrationOffice]:
    press = PdfRenderer(assets_dir(), "http://test")
    async with opened(
        databases,
        lambda resources: printed_forms.routes(resources, SystemClock(), press),
        lambda resources: public_routes(resources, databases, SystemClock()),
    ) as made:
        yield made


async def open_public_page(office: RegistrationOffice, **incident: Any) -> PublicPage:
    """Open an incident and its public page."""
    opened_id = await office.open_incident(**{"hotline": "+45 72 20 12 34", "exercise": False, **incident})
    answer = (await office.http.post(f"/incidents/{opened_id}/public-form")).json()
    return PublicPage(office, opened_id, f"/tilmeld/{answer['slug']}")
