import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from deploy.local.assets import ROOT
from deploy.local.postgres import home_for
from deploy.local.process import Process, StartError, await_end
from deploy.local.stack import SERVICES, Stack, wipe

UNTIL_TOLD = """
import asyncio, signal, sys
from pathlib import Path
from deploy.local.stack import Stack
from deploy.local.tansu import Tansu

class Waiting(Tansu):
    async def start(self):
        await super().start()
        print(stack.postgres.process.pid, self.process.pid, flush=True)
        await asyncio.Event().wait()

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job is born deaf to it
home = Path(sys.argv[1])
stack = Stack(home, Waiting(home, port=int(sys.argv[2])))
asyncio.run(stack.start())
"""


class BrokenBroker:
    bootstrap = "127.0.0.1:1"
    idempotence = True
    replication = 3
    min_insync = 2

    def members(self) -> list[Process]:
        return []

    async def start(self) -> None:
        raise StartError("the broker is broken")

    async def stop(self) -> None: ...

    def kill(self) -> None: ...


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "stack"
    wipe(tmp_path / "stack")


def test_a_shell_is_told_what_the_commands_need_and_nobody_else_may_read_it(home: Path) -> None:
    stack = Stack(home, BrokenBroker())

    path = stack.commands()
    told = subprocess.run(
        ["sh", "-c", f". {path} && env"], env={}, capture_output=True, text=True, check=True, timeout=10
    )

    variables = dict(line.split("=", 1) for line in told.stdout.splitlines())
    assert path.stat().st_mode & 0o777 == 0o600
    assert variables["FOLGESKAB_ROUTING_URL"] == stack.url("routing")
    assert json.loads(variables["FOLGESKAB_ROLE_PASSWORDS"]).keys() == set(SERVICES)
    assert stack.commands() == path


def test_each_service_is_told_what_it_needs_and_not_what_others_need(home: Path) -> None:
    stack = Stack(home, BrokenBroker())

    routing, notify, console = (stack.env_for(name) for name in ("routing", "notify", "console"))

    assert routing["FOLGESKAB_DATABASE_URL"].startswith("postgresql://routing:")
    assert routing["FOLGESKAB_DATABASE_URL"].endswith(f"@127.0.0.1:{stack.ports['postgres']}/folgeskab")
    assert routing["FOLGESKAB_KEYRING_URL"].endswith("/keyring")
    assert routing["FOLGESKAB_BROKER_IDEMPOTENCE"] == "true"
    assert routing["FOLGESKAB_CPR_URL"] == stack.url("cpr")
    assert "FOLGESKAB_ADMIN_DATABASE_URL" not in routing
    assert notify["FOLGESKAB_SMTP_PORT"] == str(stack.ports["smtp"])
    assert {f"FOLGESKAB_{service.upper()}_URL" for service in SERVICES} <= console.keys()
    assert not {f"FOLGESKAB_{service.upper()}_URL" for service in SERVICES} & notify.keys()


def test_provisioning_gets_every_role_and_the_brokers_numbers(home: Path) -> None:
    stack = Stack(home, BrokenBroker())

    env = stack.env_for("provision")

    assert set(json.loads(env["FOLGESKAB_ROLE_PASSWORDS"])) == set(SERVICES)
    assert env["FOLGESKAB_BROKER_REPLICATION"] == "3"
    assert env["FOLGESKAB_BROKER_MIN_INSYNC"] == "2"


def test_secrets_are_for_the_owner_only_and_stay_the_same(home: Path) -> None:
    first = Stack(home, BrokenBroker()).env_for("registration")
    second = Stack(home, BrokenBroker()).env_for("registration")

    key = Path(first["FOLGESKAB_MASTER_KEY_FILE"])
    assert key.stat().st_mode & 0o077 == 0
    assert (home / "passwords.json").stat().st_mode & 0o077 == 0
    assert _password(first) == _password(second)
    assert key == Path(second["FOLGESKAB_MASTER_KEY_FILE"])


def _password(env: dict[str, str]) -> str:
    return env["FOLGESKAB_DATABASE_URL"].split("@")[0]


async def test_a_start_that_fails_half_way_leaves_nothing_running(home: Path) -> None:
    stack = Stack(home, BrokenBroker())

    with pytest.raises(StartError, match="the broker is broken"):
        await stack.start()

    assert not any(process.running for process in stack.processes.values())
    assert stack.postgres.process.exit_code == 0
    assert not (home / "pids.json").exists()


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_stack_that_is_told_to_end_ends_all_of_it(home: Path, sign: signal.Signals) -> None:
    port = Stack(home, BrokenBroker()).ports["broker"]
    (home / "pids.json").unlink()
    command = [sys.executable, "-c", UNTIL_TOLD, str(home), str(port)]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as parent:
        assert parent.stdout
        children = [psutil.Process(int(pid)) for pid in parent.stdout.readline().split()]
        assert len(children) == 2

        parent.send_signal(sign)

        assert parent.wait(20) != 0
    await_end(children)


def test_a_wiped_home_is_gone(tmp_path: Path) -> None:
    home = tmp_path / "stack"
    Stack(home, BrokenBroker())
    moved = home_for(home / "postgres")

    wipe(home)

    assert not home.exists()
    assert not moved.exists()
