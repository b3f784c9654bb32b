"""registration is killed during an import: the job shows it, and a repeated import adds the rest."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.local.driving import AUTHOR, Driver, csv_of
from deploy.local.people import invent
from deploy.local.stack import Stack
from kit.runtime.ids import new_id
from tests.stacks import connected, stack_in, until

pytestmark = pytest.mark.timeout(300)

PEOPLE = 2000
SMALL_BATCHES = {"FOLGESKAB_IMPORT_BATCH": "100"}


async def half(pieces: list[bytes]) -> AsyncIterator[bytes]:
    """Return the first pieces, and then nothing, as a line does that is about to break."""
    for piece in pieces[: len(pieces) // 2]:
        yield piece
    await asyncio.Event().wait()


async def send(stack: Stack, incident: str, import_id: str, body: AsyncIterator[bytes]) -> httpx.Response:
    async with httpx.AsyncClient(timeout=60, headers={"X-Actor": AUTHOR}) as client:
        return await client.post(
            f"{stack.url('registration')}/incidents/{incident}/imports",
            params={"import_id": import_id},
            content=body,
        )


async def test_a_killed_import_is_told_and_the_file_again_registers_the_rest(tmp_path: Path) -> None:
    pieces, chosen = list(csv_of(invent(PEOPLE))), str(new_id())
    async with (
        stack_in(tmp_path / "stack", settings=SMALL_BATCHES, services=("registration",)) as stack,
        Driver(stack) as driver,
        connected(stack) as connection,
    ):
        incident = await driver.open_incident("Øvelse")
        sending = asyncio.create_task(send(stack, incident, chosen, half(pieces)))

        async def begun() -> int:
            query = "select registered from registration.import_job where id = $1"
            return int(await connection.fetchval(query, chosen) or 0)

        await until(begun, within=60, what="the first people of the file are registered")
        stack["registration"].kill()
        sending.cancel()
        await stack["registration"].start()
        await connection.execute(  # as if its lease had run out
            "update registration.import_job set beat_at = beat_at - interval '2 minutes'"
        )
        told: dict[str, Any] = await driver.call("registration", "GET", f"/imports/{chosen}")
        again = await driver.import_people(incident, invent(PEOPLE))
        held = await connection.fetchval("select count(*) from registration.registration")

    assert told["state"] == "interrupted"
    assert 0 < told["registered"] < PEOPLE
    assert (again["registered"], again["already_there"]) == (PEOPLE - told["registered"], told["registered"])
    assert held == PEOPLE
