"""Measure look-ups in the simulated CPR register, as a batch of routing makes them.

`python -m bench.register_lookups --numbers 10000 --at-once 20` prints `lookups: N in S s, R a second`.
The register is a process of its own and shares the machine with us: the wire and both ends are measured.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import httpx

from deploy.local.driving import register_entry
from deploy.local.people import invent
from deploy.local.ports import free_ports
from deploy.local.process import Process, tcp_open
from deploy.local.stack import ROOT, SIMULATORS
from services.routing.register.sf1520 import Sf1520Register, Sf1520Settings

TOLD_AT_ONCE = 2000


async def look_up(numbers: int, at_once: int) -> None:
    people = list(invent(numbers))
    ports = dict(zip(SIMULATORS, free_ports(len(SIMULATORS)), strict=True))
    with tempfile.TemporaryDirectory() as home:
        simulators = _simulators(Path(home), ports)
        await simulators.start()
        try:
            async with httpx.AsyncClient(timeout=60) as control:
                for start in range(0, numbers, TOLD_AT_ONCE):
                    entries = [register_entry(person) for person in people[start : start + TOLD_AT_ONCE]]
                    url = f"http://127.0.0.1:{ports['control']}/cpr/people"
                    (await control.post(url, json=entries)).raise_for_status()
            await _measure([person.cpr for person in people], ports["cpr"], at_once)
        finally:
            await simulators.stop()


async def _measure(cprs: list[str], port: int, at_once: int) -> None:
    settings = Sf1520Settings(f"http://127.0.0.1:{port}", at_once=at_once)
    async with Sf1520Register(settings) as register:
        started = time.monotonic()
        answers = await register.look_up(cprs)
        took = time.monotonic() - started
    print(f"    ({dict(Counter(type(answer).__name__ for answer in answers.values()))}, {at_once} at once)")
    print(f"lookups: {len(answers)} in {took:.1f} s, {len(answers) / took:.0f} a second")


def _simulators(home: Path, ports: dict[str, int]) -> Process:
    async def ready() -> bool:
        return all([await tcp_open(port)() for port in ports.values()])

    return Process(
        "simulators",
        [sys.executable, "-m", "simulators"],
        log=home / "simulators.log",
        env={
            "PATH": "/usr/bin:/bin",
            "SIMULATORS_JOURNAL_DIR": str(home / "journals"),
            **{f"SIMULATORS_{name.upper()}_PORT": str(port) for name, port in ports.items()},
        },
        cwd=ROOT,
        ready=ready,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--numbers", type=int, default=10_000)
    parser.add_argument("--at-once", type=int, default=20, help="calls in flight, as FOLGESKAB_CPR_AT_ONCE")
    given = parser.parse_args()
    asyncio.run(look_up(given.numbers, given.at_once))


if __name__ == "__main__":
    main()
