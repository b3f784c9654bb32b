"""A wave that continues while services die: each command is repeated until it is answered."""

import asyncio
import os
import random
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID

import httpx

from deploy.local.driving import APPROVER, Driver, RefusedError
from deploy.local.people import invent
from deploy.local.stack import Stack
from tests import incidents
from tests.faults import checker
from tests.stacks import POLL, connected, on_kafka

T = TypeVar("T")

PEOPLE = int(os.environ.get("FAULT_PEOPLE", "2000"))
SEED = int(os.environ.get("FAULT_SEED") or random.randrange(1_000_000))
PATIENCE = 90.0  # seconds
SHORT_LEASES = {  # so that the dead are missed soon; notify's lease of a minute is waited out
    "FOLGESKAB_CASE_LEASE_SECONDS": "10",
    "FOLGESKAB_DUE_LEASE_SECONDS": "5",
    **({} if on_kafka() else {"FOLGESKAB_BROKER_SESSION_TIMEOUT": "3"}),
}
_TROUBLE = re.compile(r": 5\d\d ")


def dice(what: str) -> random.Random:
    """Give dice that fall the same way for the same seed, and say which that was."""
    print(f"FAULT_SEED={SEED} repeats it ({what})")  # noqa: T201 - shown with a failure
    return random.Random(f"{SEED} {what}")


class Wave:
    """One incident with one wave, and the people in it."""

    def __init__(self, stack: Stack, driver: Driver, people: int, chance: random.Random) -> None:
        self.stack = stack
        self.driver = driver
        self.people = list(invent(people, seed=chance.randrange(1_000_000)))
        self.chance = chance
        self.deaths: list[datetime] = []  # moments at which answers could be lost
        self.kills: list[datetime] = []  # moments at which a notify died
        self.incident = ""
        self.opened_at = datetime.now(UTC)
        self.sent_before = 0
        self.withdrawing: asyncio.Task[None] | None = None

    async def open(self) -> None:
        await checker.watch(self.stack)
        await self.driver.tell_register(self.people)
        self.incident = await self.driver.open_incident("Øvelse: fejl")
        self.sent_before = await self.sent()

    async def sent(self) -> int:
        """Count the effects of all channels so far, in this wave and before."""
        counts = [
            await self.driver.call("control", "GET", f"/journals/{name}/counts")
            for name in ("digital_post", "sms", "smtp")
        ]
        return sum(int(count.get("effects", 0)) for count in counts)

    async def bring_in(self) -> None:
        """Import the file, again as often as it takes: the same file changes nothing twice."""
        report = await insist(lambda: self.driver.import_people(self.incident, self.people))
        assert report["bad"] == []
        assert report["registered"] + report["already_there"] == len(self.people)

    async def launch(self) -> None:
        await incidents.routed(self.stack, self.incident, len(self.people), within=PATIENCE)
        wave = await insist(lambda: self.driver.preview(self.incident))
        for step, body in (("approve", {"frozen_hash": wave.frozen_hash}), ("launch", None)):
            await self._move(wave.wave_id, step, body)

    async def _move(self, wave_id: str, step: str, body: dict[str, str] | None) -> None:
        """Send a command. One whose answer was lost may have been executed."""

        async def command() -> None:
            if await self._state(wave_id) in {"previewed", "approved"}:
                await self.driver.call(
                    "outreach", "POST", f"/waves/{wave_id}/{step}", actor=APPROVER, json=body
                )

        await insist(command)

    async def _state(self, wave_id: str) -> str:
        async with connected(self.stack) as connection:
            return str(
                await connection.fetchval("select state from outreach.wave where wave_id = $1", UUID(wave_id))
            )

    async def withdraw(self, people: int) -> None:
        """Withdraw the consents of some people, one after the other, while the wave runs."""
        async with connected(self.stack) as connection:
            consenting = await connection.fetch(
                "select id from registration.registration "
                "where incident_id = $1 and contact_until is not null order by id",
                UUID(self.incident),
            )
        for (registration_id,) in self.chance.sample(consenting, min(people, len(consenting))):
            path = f"/registrations/{registration_id}/withdrawals"
            said = {"purpose": "contact", "how": "hotline"}
            await insist(
                lambda path=path, said=said: self.driver.call("registration", "POST", path, json=said)
            )

    async def violations(self) -> list[str]:
        """Wait until every contact is final, then check it."""
        if self.withdrawing is not None:
            await self.withdrawing
        await incidents.settled(self.stack, self.incident, within=PATIENCE * 2)
        found = await checker.gather(
            self.stack, self.incident, self.people, self.opened_at, self.deaths, self.kills
        )
        assert found.effects, "nothing was sent: there is nothing to check"
        return checker.violations(found)


async def insist(command: Callable[[], Awaitable[T]], within: float = PATIENCE) -> T:
    """Return a command until it is answered. What is refused with a reason is not tried again."""
    async with asyncio.timeout(within):
        while True:
            try:
                return await command()
            except httpx.TransportError:
                await asyncio.sleep(POLL)
            except RefusedError as refused:
                if not _TROUBLE.search(str(refused)):
                    raise
                await asyncio.sleep(POLL)


@asynccontextmanager
async def revived(wave: Wave, services: Iterable[str] | None = None) -> AsyncIterator[None]:
    """Start every service again that has died, as whatever runs them would."""
    names = list(services or wave.stack.services)

    async def watch() -> None:
        while True:
            for name in names:
                process = wave.stack.services[name]
                if not process.running:
                    wave.deaths.append(datetime.now(UTC))
                    wave.kills += wave.deaths[-1:] if name.startswith("notify") else []
                    process.spawn()
            await asyncio.sleep(POLL)

    watching = asyncio.create_task(watch())
    try:
        yield
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
