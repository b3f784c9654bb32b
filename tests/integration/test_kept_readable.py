"""A reason that is kept readable is refused where it holds somebody's number, and nothing is done."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError
from kit.http import operations
from kit.kafka.records import KafkaRecord
from kit.runtime.ids import new_id
from kit.runtime.service import Service
from services.routing import app
from services.routing.authorities.files import BUILT_IN, FILE_NAMES
from tests.conftest import Databases

NAMING, PLAIN = "gælder 010158-5018", "gælder en enkelt"
WORDS = (
    "select why from parked where why is not null union all select why from reopening"
    " union all select why from authority_version union all select why from contact_points"
)


@pytest.fixture
async def service(databases: Databases) -> AsyncIterator[Service]:
    settings = {
        "DATABASE_URL": await databases.migrate("routing"),
        "KEYRING_URL": databases.keyring_url("routing"),
        "MASTER_KEY_FILE": str(databases.master_key_file),
        "BROKER": "127.0.0.1:1",
        "HTTP_PORT": "8002",
        "CPR_URL": "http://127.0.0.1:1/",
    }
    with pytest.MonkeyPatch.context() as environment:
        for name, value in settings.items():
            environment.setenv(f"FOLGESKAB_{name}", value)
        made = app.build()
    made.include(operations.router(made.database, made.parking, made.relay, made.consumer))
    yield made
    await made.keyring.close()
    await made.database.close()


async def parked(service: Service) -> str:
    record = KafkaRecord("registration.v1", 0, 7, 0, b"key", new_id().bytes, ())
    async with service.database.transaction() as session:
        await service.parking.park(session, [(record, "unreadable")])
        return str((await service.parking.listed(session))[-1].id)


def asks(parked_id: str, why: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Give every request whose reason is kept readable."""
    files = {name: (BUILT_IN / name).read_bytes() for name in FILE_NAMES}
    table = {name.removesuffix(".csv"): (name, content) for name, content in files.items()}
    return [
        ("POST", f"/operations/parked/{parked_id}/discard", {"json": {"why": why}}),
        ("POST", "/reresolution", {"json": {"why": why}}),
        ("PUT", "/authorities/0751/contact-points", {"json": {"contact_points": [], "why": why}}),
        ("POST", "/authorities/imports?dry_run=false", {"files": table, "data": {"why": why}}),
    ]


async def test_a_number_in_a_reason_that_stays_readable_is_refused_and_the_same_without_it_is_taken(
    service: Service,
) -> None:
    parked_id, headers = await parked(service), {"X-Actor": "anna"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(service.app), base_url="http://routing", headers=headers
    ) as http:
        refused = [await http.request(method, path, **how) for method, path, how in asks(parked_id, NAMING)]
        taken = [await http.request(method, path, **how) for method, path, how in asks(parked_id, PLAIN)]

    for answer in refused:
        assert answer.status_code == 422, answer.text
        assert answer.json()["errors"] == [FieldError("why", ErrorCode.HOLDS_NUMBERS).document()]
        assert "5018" not in answer.text
    assert [answer.status_code for answer in taken] == [200] * 4, [answer.text for answer in taken]
    async with service.database.transaction() as session:
        kept = [row["why"] for row in await session.fetch(WORDS)]
    assert kept.count(PLAIN) == 3  # the table was the same: nothing was imported
    assert NAMING not in kept
