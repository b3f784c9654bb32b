"""Measure a large import, resolving, resolving again for the reform, and searching. `make bench-import`.

Each stage has the machine for itself: routing is started when the import is over.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import httpx

from bench.run import MEGABYTE, broker, until
from bench.seed import Seeding
from deploy.local.assets import ROOT
from deploy.local.driving import AUTHOR, Driver, csv_of
from deploy.local.people import Invented, invent
from deploy.local.postgres import SUPERUSER
from deploy.local.process import Process, http_ok
from deploy.local.stack import DATABASE, KEYRING, Stack, wipe

HOME = ROOT / "var" / "bench-import"
REFORM = date(2027, 1, 1)
SEARCHES = 600
WARM_UP = 60  # searches that are not counted
PIECE = 2**16  # bytes; uvicorn's read size
LOOK_EVERY = 0.25  # seconds
# the state that the search for duplicates comes to in some minutes: it is not what is measured here
COMPARED = "update registration.registration set compared_at = now() where compared_at is null"


def write_people(path: Path, people: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.writelines(csv_of(invent(people)))


async def import_people(stack: Stack, driver: Driver, incident: str, people: int) -> None:
    """Stream a file of this size. Print the time and the memory of registration."""
    path = HOME / "people.csv"
    write_people(path, people)

    async def body() -> AsyncIterator[bytes]:
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                yield piece

    before = stack["registration"].usage()
    started = time.monotonic()
    report = await driver.call("registration", "POST", f"/incidents/{incident}/imports", content=body())
    took = time.monotonic() - started
    if report["registered"] != people:
        raise SystemExit(f"only {report['registered']} of {people} were registered: {report['bad'][:3]}")
    after = stack["registration"].usage()
    print(f"    ({people:,} people; {before.peak_rss // MEGABYTE} MB before it began)")
    print(f"    (registration: {after.cpu_seconds - before.cpu_seconds:.0f} CPU s)")
    print(f"import: {took:.0f} s, {after.peak_rss // MEGABYTE} MB", flush=True)


class Routing:
    """routing in a process of its own, with an in-memory register, on a chosen day."""

    def __init__(self, stack: Stack, connection: asyncpg.Connection, incident: str, people: int) -> None:
        self._stack = stack
        self._connection = connection
        self._incident = incident
        self._people = people

    @asynccontextmanager
    async def running(self, name: str, ahead: timedelta = timedelta()) -> AsyncIterator[Process]:
        env = self._stack.env_for("routing") | {"FOLGESKAB_CLOCK_OFFSET_SECONDS": str(ahead.total_seconds())}
        process = Process(
            name,
            [sys.executable, "-m", "bench.wireless_routing"],
            log=self._stack.home / "logs" / f"{name}.log",
            env=env,
            cwd=ROOT,
            ready=http_ok(self._stack.ports["routing"]),
            ready_within=120,
        )
        await process.start()
        try:
            yield process
        finally:
            await process.stop()

    async def resolve(self) -> None:
        started = time.monotonic()
        async with self.running("routing") as process:
            await until(self._decided, self._people, every=LOOK_EVERY)
            print(f"    (routing: {process.usage().cpu_seconds:.0f} CPU s)")
            print(f"resolve: {time.monotonic() - started:.0f} s", flush=True)

    async def resolve_again(self, driver: Driver) -> None:
        """Resolve again on the day of the reform: by the loop for people it moves, by command for others."""
        midday = datetime(REFORM.year, REFORM.month, REFORM.day, 12, tzinfo=UTC)
        started = time.monotonic()
        async with self.running("routing-2027", midday - datetime.now(UTC)) as process:
            await driver.call(
                "routing", "POST", "/reresolution", json={"incident_id": self._incident, "why": "reform"}
            )
            await until(self._decided_again, self._people, every=LOOK_EVERY)
            print(f"    (routing: {process.usage().cpu_seconds:.0f} CPU s)")
            print(f"reresolve: {time.monotonic() - started:.0f} s", flush=True)

    async def _decided(self) -> int:
        return await self._count("true")

    async def _decided_again(self) -> int:
        return await self._count("decided_on >= $2", REFORM)

    async def _count(self, condition: str, *args: object) -> int:
        query = f"select count(*) from routing.home_case where state in ('resolved', 'triage') and incident_id = $1 and {condition}"  # noqa: E501
        return int(await self._connection.fetchval(query, UUID(self._incident), *args))


async def search(stack: Stack, incident: str, people: Sequence[Invented]) -> None:
    """Search for people one at a time, by number, telephone and name in turn."""
    took = {kind: list[float]() for kind in ("cpr", "phone", "name")}
    async with httpx.AsyncClient(
        base_url=stack.url("registration"), headers={"X-Actor": AUTHOR}, timeout=30
    ) as http:
        for number, person in enumerate(people):
            by, value = _sought(number, person)
            started = time.perf_counter()
            answer = await http.post(
                "/searches",
                json={"incident_id": incident, "by": by, "value": value, "purpose": "hotline"},
            )
            seconds = time.perf_counter() - started
            if not answer.is_success or not answer.json()["found"]:
                raise SystemExit(f"a search by {by} found nobody: {answer.status_code}")
            if number >= WARM_UP:
                took[by].append(seconds * 1000)
    for kind, times in took.items():
        print(f"    (by {kind}: {_told(times)})")
    print(f"search: {_told([one for times in took.values() for one in times])}", flush=True)


def _sought(number: int, person: Invented) -> tuple[str, str]:
    match number % 3:
        case 0:
            return "cpr", person.cpr
        case 1 if person.phone:
            return "phone", person.phone
        case _:
            return "name", person.name


def _told(milliseconds: Sequence[float]) -> str:
    cuts = statistics.quantiles(milliseconds, n=20)
    return f"p50 {statistics.median(milliseconds):.1f}, p95 {cuts[-1]:.1f} ms"


async def measure(people: int, searched: int) -> None:
    os.environ["BENCH_PEOPLE"] = str(people)
    wipe(HOME)
    stack = Stack(HOME, broker(HOME), services=("registration",), shared_buffers="1GB")
    async with stack, Driver(stack) as driver:
        database = stack.postgres.dsn(SUPERUSER).rpartition("/")[0]
        connection = await asyncpg.connect(f"{database}/{DATABASE}")
        keyring = await asyncpg.connect(f"{database}/{KEYRING}")
        if people:
            incident = await driver.open_incident("Øvelse: mange")
            await import_people(stack, driver, incident, people)
            routing = Routing(stack, connection, incident, people)
            await routing.resolve()
            await routing.resolve_again(driver)
        large = await driver.open_incident("Øvelse: en million")
        seeding = Seeding(
            connection, keyring, Path(stack.env_for("registration")["FOLGESKAB_MASTER_KEY_FILE"])
        )
        sought = await seeding.fill(UUID(large), searched, SEARCHES + WARM_UP)
        await connection.execute(COMPARED)
        before = stack["registration"].usage().cpu_seconds
        await search(stack, large, sought)
        spent = stack["registration"].usage().cpu_seconds - before
        print(f"    ({1000 * spent / len(sought):.1f} CPU ms of registration a search)")
        await keyring.close()
        await connection.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=100_000, help="0: search only")
    parser.add_argument("--searched", type=int, default=1_000_000)
    asked = parser.parse_args()
    print(json.dumps({"people": asked.people, "searched": asked.searched, "cpus": os.cpu_count()}))
    asyncio.run(measure(asked.people, asked.searched))


if __name__ == "__main__":
    main()
