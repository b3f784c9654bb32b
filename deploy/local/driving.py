"""Drive an incident through a running stack over HTTP, as a hotline operator.

Coordinator and second person would.
"""

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import httpx

from deploy.local.people import Invented
from deploy.local.stack import Stack

_HEARD_WITHIN, _POLL = 60.0, 0.1  # seconds
AUTHOR, APPROVER = "koordinator KOP", "vagthavende leder"
COLUMNS = (
    "reference", "name", "cpr", "birth_date", "phone", "email", "street", "postcode", "city", "language",
    "role", "place", "registration_consent", "contact_consent", "channels", "wording", "consent_language",
    "obtained_by", "form_number", "consented_at",
)  # fmt: skip


class RefusedError(RuntimeError):
    """A service refused a request. The text is the service's."""


@dataclass(frozen=True, slots=True)
class Previewed:
    wave_id: str
    frozen_hash: str
    figures: dict[str, Any]


class Driver:
    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self._client = httpx.AsyncClient(timeout=httpx.Timeout(30.0, read=600.0))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def call(self, service: str, method: str, path: str, *, actor: str = AUTHOR, **request: Any) -> Any:
        headers = {"X-Actor": actor, **request.pop("headers", {})}
        answer = await self._client.request(
            method, self.stack.url(service) + path, headers=headers, **request
        )
        if not answer.is_success:
            raise RefusedError(f"{service} {method} {path}: {answer.status_code} {answer.text[:500]}")
        return answer.json()

    async def tell_register(self, people: Iterable[Invented]) -> None:
        """Add people to the simulated CPR register."""
        for some in _batched(people, 2000):
            await self.call(
                "control", "POST", "/cpr/people", json=[register_entry(person) for person in some]
            )

    async def open_incident(self, name: str, *, exercise: bool = True) -> str:
        answer = await self.call(
            "registration", "POST", "/incidents",
            json={
                "name": name, "kind": "transport", "place": "Aarhus H", "event_authority": "0751",
                "started_at": datetime.now(UTC).isoformat(), "hotline": "+4570123456",
                "web_page": "https://example.dk/hotline", "exercise": exercise,
            },
        )  # fmt: skip
        return str(answer["incident_id"])

    async def import_people(self, incident_id: str, people: Iterable[Invented]) -> dict[str, Any]:
        """Upload a CSV as a stream. Return the report."""

        async def body() -> AsyncIterator[bytes]:
            for piece in csv_of(people):
                yield piece

        report: dict[str, Any] = await self.call(
            "registration", "POST", f"/incidents/{incident_id}/imports",
            content=body(), headers={"content-type": "text/csv"},
        )  # fmt: skip
        return report

    async def preview(self, incident_id: str, plan: str = "exercise", *, repeat: bool = False) -> Previewed:
        return await self.preview_again(await self.draft(incident_id, plan, repeat=repeat))

    async def draft(self, incident_id: str, plan: str = "exercise", *, repeat: bool = False) -> str:
        drafted = await self.call(
            "outreach", "POST", f"/incidents/{incident_id}/waves",
            json={"plan": plan, "repeat": repeat},
        )  # fmt: skip
        return str(drafted["wave_id"])

    async def preview_again(self, wave_id: str) -> Previewed:
        figures = await self.call("outreach", "POST", f"/waves/{wave_id}/preview")
        return Previewed(wave_id, str(figures["frozen_hash"]), figures)

    async def approve_and_launch(self, wave: Previewed) -> None:
        await self.call(
            "outreach",
            "POST",
            f"/waves/{wave.wave_id}/approve",
            actor=APPROVER,
            json={"frozen_hash": wave.frozen_hash},
        )
        await self.call("outreach", "POST", f"/waves/{wave.wave_id}/launch", actor=APPROVER)

    async def funnel(self, incident_id: str) -> dict[str, Any]:
        """Return the incident's figures once the console knows it. Raise TimeoutError."""
        async with asyncio.timeout(_HEARD_WITHIN):
            while True:
                url = self.stack.url("console") + f"/api/incidents/{incident_id}/funnel"
                answer = await self._client.get(url)
                if answer.status_code != httpx.codes.NOT_FOUND:
                    break
                await asyncio.sleep(_POLL)
        if not answer.is_success:
            raise RefusedError(f"console GET {url}: {answer.status_code} {answer.text[:500]}")
        found: dict[str, Any] = answer.json()
        return found

    async def journal(self, simulator: str, since: int = 0) -> list[dict[str, Any]]:
        """Return the journal entries of a simulator after `since`."""
        answer = await self._client.get(
            self.stack.url("control") + f"/journals/{simulator}", params={"since": since}
        )
        answer.raise_for_status()
        return [json.loads(line) for line in answer.text.splitlines()]


def _batched(people: Iterable[Invented], size: int) -> Iterator[list[Invented]]:
    some: list[Invented] = []
    for person in people:
        some.append(person)
        if len(some) == size:
            yield some
            some = []
    if some:
        yield some


def register_entry(person: Invented) -> dict[str, Any]:
    return {
        "cpr": person.cpr, "name": person.name, "birth_date": person.birth_date.isoformat(), "status": "1",
        "municipality": person.municipality, "street": person.street, "house_number": person.house_number,
        "postcode": person.postcode, "city": person.city,
        "digital_post": person.digital_post, "nemsms": False,
    }  # fmt: skip


def csv_of(people: Iterable[Invented]) -> Iterator[bytes]:
    """Yield a CSV import file in chunks."""
    yield (",".join(COLUMNS) + "\r\n").encode()
    for some in _batched(people, 500):
        text = io.StringIO()
        csv.writer(text).writerows(_row(person) for person in some)
        yield text.getvalue().encode()


def _row(person: Invented) -> tuple[str, ...]:
    channels = "call digital_post sms email" if person.consents_to_contact else ""
    return (
        f"SK-{person.cpr[-4:]}-{person.cpr[:6]}", person.name, person.cpr, person.birth_date.isoformat(),
        person.phone or "", person.email or "", f"{person.street} {person.house_number}", person.postcode,
        person.city, person.language, person.role, "epc", "yes",
        "yes" if person.consents_to_contact else "no", channels, "2026-1", "da", "paper_form",
        f"SK-{person.cpr[-4:]}", "2026-11-24T12:00:00+01:00",
    )  # fmt: skip
