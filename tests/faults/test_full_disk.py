"""A full disk: nothing is taken that is not kept, people are told, and it heals when there is room again."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from deploy.local.driving import Driver, RefusedError
from deploy.local.people import invent
from deploy.local.postgres import home_for
from deploy.local.stack import Stack
from tests.faults.prometheus_alerts import Alerts
from tests.faults.wave import insist
from tests.stacks import connected, on_kafka, until

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(on_kafka(), reason="the disk is the database's: the broker plays no part"),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk"),
]

DISK = "400m"
PEOPLE = 3000


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """Mount a disk of size DISK on a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    options = f"size={DISK},mode=0755"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], check=True, timeout=10)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True, timeout=10)
        folder.rmdir()


@contextmanager
def filled(folder: Path) -> Iterator[None]:
    """Write until there is no room; give the room back at the end."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 65536)
        except OSError:
            pass
    try:
        yield
    finally:
        filler.unlink()


async def test_a_full_disk_loses_nobody_and_heals_when_there_is_room(tmp_path: Path) -> None:
    home = tmp_path / "stack"
    people = list(invent(PEOPLE, seed=7))
    with small_disk(home_for(home / "postgres")):
        async with Stack(home, services=("registration", "routing")) as stack, Driver(stack) as driver:
            alerts = Alerts(stack, tmp_path / "prometheus")
            await alerts.start()
            incident = await driver.open_incident("Øvelse: en fuld disk")

            with filled(stack.postgres.home):
                with pytest.raises(RefusedError, match=": 503 "):
                    await driver.import_people(incident, people)
                await alerts.fires("RequestsAreRefused", service="registration")
            if (
                not stack.postgres.process.running
            ):  # it ends where its log has no room; its supervisor starts it
                await stack.postgres.start()
            report = await insist(lambda: driver.import_people(incident, people))

            await until(lambda: with_a_case(stack), within=90, what="routing has heard of everybody")
            await alerts.stop()

    assert report["registered"] + report["already_there"] == PEOPLE


async def with_a_case(stack: Stack) -> bool:
    async with connected(stack) as connection:
        return bool(await connection.fetchval("select count(*) from routing.home_case") == PEOPLE)
