"""Clocks, connections and transactions that go wrong: what holds meanwhile, and which alert says so."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest

from deploy.local.driving import Driver
from deploy.local.people import invent
from deploy.local.process import Process, tcp_open
from deploy.local.stack import DATABASE, KEYRING, Stack
from tests.dropping_proxy import DroppingProxy, dropping_proxy
from tests.faults.copies import Change, copy_with
from tests.faults.prometheus_alerts import Alerts
from tests.stacks import connected, on_kafka, stack_in, until

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(
        on_kafka(), reason="the faults are of clocks and the database: the broker plays no part"
    ),
]

PEOPLE = 20
FALSE_CLOCK = Change(  # a process whose machine's clock is off by so many seconds, without being told to
    "kit/runtime/clock.py",
    "    return datetime.now(UTC)\n",
    '    off = float(__import__("os").environ.get("FAULT_CLOCK_OFF", "0"))\n'
    "    return datetime.now(UTC) + timedelta(seconds=off)\n",
)


@dataclass(frozen=True)
class Running:
    stack: Stack
    driver: Driver
    alerts: Alerts
    proxy: DroppingProxy  # between routing and PostgreSQL


@pytest.fixture(scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    home = tmp_path_factory.mktemp("monitored")
    tree = copy_with((FALSE_CLOCK,), home / "tree")
    services = ("registration", "routing")
    async with (
        stack_in(home / "stack", source=tree, services=services) as stack,
        Driver(stack) as driver,
        dropping_proxy("127.0.0.1", stack.ports["postgres"]) as proxy,
    ):
        await behind(proxy, stack, "routing-2")
        alerts = Alerts(stack, home / "prometheus")
        await alerts.start()
        yield Running(stack, driver, alerts, proxy)
        await alerts.stop()


async def behind(proxy: DroppingProxy, stack: Stack, name: str) -> Process:
    """Start a second routing process whose every connection to PostgreSQL passes through the proxy."""
    own = stack.env_for("routing")
    through = {
        variable: own[variable].replace(f":{stack.ports['postgres']}/", f":{proxy.port}/")
        for variable in ("FOLGESKAB_DATABASE_URL", "FOLGESKAB_KEYRING_URL")
    }
    return await stack.add("routing", name, through)


async def open_with_people(running: Running, name: str, seed: int) -> str:
    incident = await running.driver.open_incident(name)
    people = list(invent(PEOPLE, seed=seed))
    await running.driver.tell_register(people)
    report = await running.driver.import_people(incident, people)
    assert report["registered"] == PEOPLE
    return incident


async def in_routing(stack: Stack, incident: str) -> bool:
    async with connected(stack) as connection:
        count = await connection.fetchval(
            "select count(*) from routing.home_case where incident_id = $1", UUID(incident)
        )
    return bool(count == PEOPLE)


async def keys(stack: Stack) -> int:
    async with connected(stack, KEYRING) as connection:
        return int(await connection.fetchval("select count(*) from data_key"))


async def health(running: Running, name: str) -> httpx.Response:
    async with httpx.AsyncClient(timeout=10) as client:
        return await client.get(f"http://127.0.0.1:{running.stack.ports[name]}/health/ready")


@asynccontextmanager
async def clock_off(running: Running, name: str, by: timedelta) -> AsyncIterator[None]:
    """One more registration process, on a machine whose clock is off. It never becomes ready."""
    process = running.stack.place("registration", name, {"FAULT_CLOCK_OFF": str(by.total_seconds())})
    process.spawn()
    await until(tcp_open(running.stack.ports[name]), within=60, what=f"{name} listens")
    await running.alerts.watch(name)
    try:
        yield
    finally:
        await process.stop()


async def test_a_process_a_month_ahead_forgets_nobody_and_is_told_of(running: Running) -> None:
    incident = await open_with_people(running, "Øvelse: et ur foran", seed=1)
    await running.driver.call("registration", "POST", f"/incidents/{incident}/close")
    soon = (datetime.now(UTC) + timedelta(days=10)).date().isoformat()
    await running.driver.call(
        "registration", "POST", f"/incidents/{incident}/retention", json={"keep_until": soon, "why": "øvelse"}
    )
    before = await keys(running.stack)

    async with clock_off(running, "registration-ahead", timedelta(days=31)):
        await running.alerts.fires("ClockIsOff", instance="registration-ahead")
        answer = await health(running, "registration-ahead")

    assert answer.status_code == 503
    assert "clock" in answer.text
    assert await keys(running.stack) == before


async def test_a_withdrawal_told_to_a_process_two_minutes_behind_still_stands(running: Running) -> None:
    incident = await open_with_people(running, "Øvelse: et ur bagud", seed=2)
    async with connected(running.stack) as connection:
        person = await connection.fetchval(
            "select id from registration.registration "
            "where incident_id = $1 and contact_until is not null order by id limit 1",
            UUID(incident),
        )
    given = {
        "purpose": "contact", "channels": ["call"], "wording": "2026-1", "language": "da",
        "how": "oral_witnessed", "by": "en sygeplejerske", "witness": "en kollega",
        "at": datetime.now(UTC).isoformat(),
    }  # fmt: skip
    await running.driver.call("registration", "POST", f"/registrations/{person}/consents", json=given)

    async with clock_off(running, "registration-behind", timedelta(minutes=-2)):
        await running.driver.call(
            "registration-behind", "POST", f"/registrations/{person}/withdrawals",
            json={"purpose": "contact", "how": "hotline"},
        )  # fmt: skip
        await running.alerts.fires("ClockIsOff", instance="registration-behind")

    async with connected(running.stack) as connection:
        until_when = await connection.fetchval(
            "select contact_until from registration.registration where id = $1", person
        )
    assert until_when is None


async def test_a_foreign_transaction_holds_back_no_event(running: Running) -> None:
    async with foreign_transaction(running, "postgres"), foreign_transaction(running, DATABASE):
        incident = await open_with_people(running, "Øvelse: en fremmed transaktion", seed=3)

        await until(
            lambda: in_routing(running.stack, incident), within=30, what="routing has heard of everybody"
        )


@asynccontextmanager
async def foreign_transaction(running: Running, database: str) -> AsyncIterator[None]:
    """A transaction that has an id, is open for a long time and writes to no outbox."""
    async with connected(running.stack, database) as connection, connection.transaction():
        await connection.execute("create table foreign_work (id int)")
        try:
            yield
        finally:
            await connection.execute("drop table foreign_work")


async def test_a_writer_that_does_not_end_is_named_by_the_relay(running: Running) -> None:
    async with connected(running.stack) as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute(
            "insert into registration.outbox (ce_id, ce_type, ce_time, topic, key, value) "
            "values (uuidv7(), 'none', now(), 'registration.v1', 'none', '')"
        )
        pid = connection.get_server_pid()
        incident = await open_with_people(running, "Øvelse: en skriver, der hænger", seed=4)

        told = await running.alerts.fires("RelayIsHeld", after=3, service="registration")
        heard = await in_routing(running.stack, incident)
        await transaction.rollback()

    assert not heard
    assert told["pid"] == str(pid)
    await until(lambda: in_routing(running.stack, incident), within=30, what="routing has heard of everybody")


async def test_a_leader_cut_from_its_database_is_replaced_within_half_a_minute(running: Running) -> None:
    await leads(running, "routing-2")  # the one behind the proxy

    running.proxy.fall_silent()
    try:
        incident = await open_with_people(running, "Øvelse: en tavs forbindelse", seed=5)
        await until(
            lambda: relayed(running, "routing"), within=40, what="the other process leads routing's relay"
        )
        await running.alerts.fires("GaugesCannotBeMeasured", after=5, service="routing")
    finally:
        running.proxy.speak_again()
    await until(lambda: in_routing(running.stack, incident), within=60, what="routing has heard of everybody")


async def relayed(running: Running, name: str) -> bool:
    return await running.alerts.value("folgeskab_relay_leader", instance=name) == 1


async def leads(running: Running, name: str) -> None:
    """Let `name` lead the relay: the other process is restarted until it does not."""
    for other in ("routing",):
        if not await relayed(running, name):
            await running.stack[other].stop()
            await until(lambda: relayed(running, name), within=30, what=f"{name} leads the relay")
            await running.stack[other].start()


async def test_a_consumer_held_by_a_lock_is_told_of_while_it_stands(running: Running) -> None:
    async with connected(running.stack) as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("lock table routing.inbox in access exclusive mode")
        incident = await open_with_people(running, "Øvelse: en modtager, der hænger", seed=6)

        await running.alerts.fires("ConsumerStandsStill", after=10, service="routing")
        await transaction.rollback()

    await until(lambda: in_routing(running.stack, incident), within=60, what="routing has heard of everybody")
