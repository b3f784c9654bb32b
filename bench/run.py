"""Measure citizens per second: raw floor, pipeline without providers, pipeline with simulators. `make bench`.

The floor and the pipeline take turns, three times each, on the same PostgreSQL and broker; only their ratio
counts, for machines differ from day to day.
"""

import argparse
import asyncio
import json
import os
import signal
import statistics
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import asyncpg
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from bench.floor import HOPS
from deploy.local.assets import ROOT
from deploy.local.broker import Broker
from deploy.local.driving import Driver
from deploy.local.kafka import Kafka
from deploy.local.people import invent
from deploy.local.postgres import SUPERUSER
from deploy.local.process import Process, Usage
from deploy.local.stack import DATABASE, Stack, wipe

HOME = ROOT / "var" / "bench"
PIPELINE = ("registration", "routing", "outreach", "notify")
WIRELESS = {"routing": "bench.wireless_routing", "notify": "bench.wireless_notify"}
ROUNDS = 3
# 640 bytes: the pipeline's events of one citizen are 2,560 bytes, told over four hops
EVENT = b'{"registration_id": "%s", "payload": "' + b"x" * 570 + b'"}'
WITHIN = 600  # seconds, for any one round
LOOK_EVERY = 0.1  # seconds; each poll counts rows, on the same two cores
LOOK_AT_FLOOR_EVERY = 0.02  # its rounds are short and its counts cheap
MEGABYTE = 2**20
Counted = Callable[[], Awaitable[int]]


def broker(home: Path) -> Broker | None:
    """Return Apache Kafka if BROKER=kafka; None means the embedded broker."""
    return Kafka(home / "kafka") if os.environ.get("BROKER") == "kafka" else None


class Floor:
    """Four hops, each a process, on the stack's own PostgreSQL and broker."""

    def __init__(self, stack: Stack, connection: asyncpg.Connection) -> None:
        self._stack = stack
        self._connection = connection
        self._hops: list[Process] = []

    async def start(self) -> None:
        await asyncio.to_thread(self._topics)
        for number in range(1, HOPS + 1):
            await self._connection.execute(f"create table floor{number} (id uuid primary key, value bytea)")
        broker_ = self._stack.broker
        dsn = self._stack.postgres.dsn(SUPERUSER).rpartition("/")[0] + f"/{DATABASE}"
        for number in range(1, HOPS + 1):
            words = ["bench.floor", broker_.bootstrap, dsn, str(number), str(broker_.idempotence).lower()]
            log = self._stack.home / "logs" / f"floor{number}.log"
            hop = Process(
                f"floor{number}",
                [sys.executable, "-m", *words],
                log=log,
                cwd=ROOT,
                ready=lambda log=log: b"ready" in log.read_bytes(),
                ready_within=60,
            )
            self._hops.append(hop)
            await hop.start()

    async def round(self, people: int) -> float:
        """Return citizens per second, from the first event sent to the last row of the last hop."""
        before = await self._done()
        producer = Producer(
            {"bootstrap.servers": self._stack.broker.bootstrap, "linger.ms": 2, "acks": "all"}
        )
        started = time.monotonic()
        for _ in range(people):
            key = uuid4()
            producer.produce("floor1", EVENT % str(key).encode(), key.bytes)
            producer.poll(0)
        await asyncio.to_thread(producer.flush, WITHIN)
        await until(self._done, before + people, every=LOOK_AT_FLOOR_EVERY)
        return people / (time.monotonic() - started)

    async def stop(self) -> None:
        for hop in self._hops:
            await hop.stop(within=5)

    def _topics(self) -> None:
        admin = AdminClient({"bootstrap.servers": self._stack.broker.bootstrap})
        new = [
            NewTopic(f"floor{number}", 12, self._stack.broker.replication) for number in range(1, HOPS + 2)
        ]
        for made in admin.create_topics(new, operation_timeout=30).values():
            made.result(30)

    async def _done(self) -> int:
        return int(await self._connection.fetchval(f"select count(*) from floor{HOPS}"))


async def until(counted: Counted, wanted: int, *, every: float = LOOK_EVERY) -> None:
    deadline = time.monotonic() + WITHIN
    while await counted() < wanted:
        if time.monotonic() > deadline:
            raise SystemExit(f"only {await counted()} of {wanted} after {WITHIN} s")
        await asyncio.sleep(every)


class Pipeline:
    def __init__(self, stack: Stack, driver: Driver, connection: asyncpg.Connection) -> None:
        self._stack = stack
        self._driver = driver
        self._connection = connection

    async def round(self, people: int) -> tuple[float, dict[str, float]]:
        """Return citizens per second, from first registration to last attempt, and each stage's end."""
        incident = await self._driver.open_incident(f"Øvelse {uuid4()}")
        registering = self._registering(incident, people)
        await registering.start()
        marks: dict[str, float] = {}
        started = time.monotonic()
        registering.kill(signal.SIGUSR1)
        if not await registering.wait_end(WITHIN) or registering.exit_code:
            raise SystemExit(f"registering failed\n{registering.log_tail()}")
        marks["registered"] = time.monotonic() - started

        async def routed() -> int:
            return await self._count(
                "outreach.person where decided_at is not null and incident_id = $1", incident
            )

        async def settled() -> int:
            return await self._count(
                "notify.message where state in ('handed_over', 'delivered') and incident_id = $1", incident
            )

        await until(routed, people)
        marks["routed"] = time.monotonic() - started
        wave = await self._driver.preview(incident)
        marks["previewed"] = time.monotonic() - started
        await self._driver.approve_and_launch(wave)
        await until(settled, wave.figures["planned"])
        took = marks["handed over"] = time.monotonic() - started
        return people / took, marks

    def _registering(self, incident: str, people: int) -> Process:
        log = self._stack.home / "logs" / f"registering-{incident}.log"
        return Process(
            "registering",
            [sys.executable, "-m", "bench.registration_load", incident, str(people)],
            log=log,
            env=self._stack.env_for("registration"),
            cwd=ROOT,
            ready=lambda: b"ready" in log.read_bytes(),
            ready_within=WITHIN,
        )

    async def _count(self, what: str, incident: str) -> int:
        return int(await self._connection.fetchval(f"select count(*) from {what}", incident))


@asynccontextmanager
async def running(programs: Mapping[str, str], services: tuple[str, ...]) -> AsyncIterator[Stack]:
    wipe(HOME)
    stack = Stack(
        HOME,
        broker(HOME),
        services=services,
        shared_buffers="1GB",
        programs=programs,
        settings={"FOLGESKAB_CALLS_PER_SECOND": "100000"},
    )
    async with stack:
        yield stack


async def measure(people: int, rounds: int) -> None:
    os.environ["BENCH_PEOPLE"] = str(people)
    floors, pipelines = [], []
    async with running(WIRELESS, PIPELINE) as stack, Driver(stack) as driver:
        dsn = stack.postgres.dsn(SUPERUSER).rpartition("/")[0] + f"/{DATABASE}"
        connection = await asyncpg.connect(dsn)
        floor, pipeline = Floor(stack, connection), Pipeline(stack, driver, connection)
        await floor.start()
        for number in range(1, rounds + 1):
            floors.append(await floor.round(people))
            speed, marks = await pipeline.round(people)
            pipelines.append(speed)
            told = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in marks.items())
            print(f"round {number}: floor {floors[-1]:,.0f}/s, pipeline {speed:,.0f}/s ({told})", flush=True)
        await floor.stop()
        usage = stack.usage()
        await connection.close()
    a, b = statistics.median(floors), statistics.median(pipelines)
    print(f"(a) floor: {a:,.0f} citizens a second")
    print(f"(b) pipeline, all but the wire: {b:,.0f} citizens a second")
    show(usage)
    print(f"ratio: {b / a:.2f}", flush=True)


async def over_the_wire(people: int) -> None:
    async with running({}, (*PIPELINE, "console")) as stack, Driver(stack) as driver:
        await driver.tell_register(invent(people))
        connection = await asyncpg.connect(stack.postgres.dsn(SUPERUSER).rpartition("/")[0] + f"/{DATABASE}")
        speed, marks = await Pipeline(stack, driver, connection).round(people)
        usage = stack.usage()
        await connection.close()
    told = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in marks.items())
    print(f"(c) over the wire, to the simulators: {speed:,.0f} citizens a second ({told})")
    show(usage)


def show(usage: Mapping[str, Usage]) -> None:
    for name, used in usage.items():
        print(f"    {name:14} {used.cpu_seconds:7.1f} CPU s   {used.peak_rss // MEGABYTE:5} MB at most")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--no-wire", action="store_true", help="leave (c) out")
    asked = parser.parse_args()
    print(
        json.dumps(
            {"broker": os.environ.get("BROKER", "tansu"), "people": asked.people, "cpus": os.cpu_count()}
        )
    )
    asyncio.run(measure(asked.people, asked.rounds))
    if not asked.no_wire:
        asyncio.run(over_the_wire(asked.people))


if __name__ == "__main__":
    main()
