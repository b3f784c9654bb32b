"""The whole system on one machine without Docker: PostgreSQL, a broker, the simulators, the five services."""

import asyncio
import json
import os
import shlex
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

from deploy.local.broker import Broker
from deploy.local.credentials import credentials, master_key, write_secret
from deploy.local.leftovers import PidFile
from deploy.local.ports import claim, free_ports
from deploy.local.postgres import SUPERUSER, Postgres, home_for
from deploy.local.process import Probe, Process, StartError, Usage, http_ok, tcp_open
from deploy.local.tansu import Tansu

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("registration", "routing", "outreach", "notify", "console")
SIMULATORS = ("cpr", "digital_post", "sms", "smtp", "control")
PORTS = ("postgres", "broker", *SERVICES, *SIMULATORS)
DATABASE, KEYRING = "folgeskab", "keyring"
PROVISION_WITHIN = 120  # seconds


class Stack:
    """`async with Stack(home) as stack`: everything runs inside, and nothing is left afterwards.

    `ports` names those that matter, by the words of PORTS; the others are free ones. Without a `broker` it is
    Tansu. `source` is the tree the services run from, `settings` are variables for all of them. Ends what a
    killed earlier run left in `home`. `programs` names modules to run in place of a service's own. Raises
    AlreadyRunningError and PortTakenError.
    """

    def __init__(
        self,
        home: Path,
        broker: Broker | None = None,
        *,
        services: Sequence[str] = SERVICES,
        ports: Mapping[str, int] | None = None,
        shared_buffers: str = "256MB",
        source: Path = ROOT,
        settings: Mapping[str, str] | None = None,
        programs: Mapping[str, str] | None = None,
    ) -> None:
        self.home = home.resolve()
        self.source = source
        self._settings = dict(settings or {})
        self._programs = dict(programs or {})
        self._pids = PidFile(self.home / "pids.json")
        self._pids.take_over()
        self.ports = choose_ports(ports or {})
        self._credentials = credentials(self.home, SERVICES)
        self._master_key = master_key(self.home)
        self.postgres = Postgres(
            self.home / "postgres",
            port=self.ports["postgres"],
            password=self._credentials.superuser,
            shared_buffers=shared_buffers,
        )
        self.broker: Broker = broker or Tansu(self.home, port=self.ports["broker"])
        self.simulators = self._python(
            "simulators", ["simulators"], self._simulator_env(), self._simulators_ready
        )
        self.services = {name: self._service(name, name, self.ports[name]) for name in services}
        self._restore_signal: Callable[[], object] | None = None

    @property
    def processes(self) -> dict[str, Process]:
        """Return the processes by name, in starting order."""
        started = [self.postgres.process, *self.broker.members(), self.simulators, *self.services.values()]
        return {process.name: process for process in started}

    def __getitem__(self, name: str) -> Process:
        return self.processes[name]

    def url(self, name: str) -> str:
        """Return the URL of a service or simulator, without a trailing slash."""
        return f"http://127.0.0.1:{self.ports[name]}"

    def commands(self) -> Path:
        """Write the variables that `folgeskab` needs for this stack, as a file for a shell to source."""
        path = self.home / "commands.env"
        told = self._common_env() | self._admin_env() | self._urls()
        write_secret(path, "".join(f"export {name}={shlex.quote(value)}\n" for name, value in told.items()))
        return path

    def usage(self) -> dict[str, Usage]:
        return {name: process.usage() for name, process in self.processes.items()}

    async def start(self) -> None:
        """Start everything. Raise StartError, with nothing left running."""
        for process in self.processes.values():
            process.register = self._pids
        self._restore_signal = _end_on_sigterm()
        try:
            await self.postgres.start()
            await self.broker.start()
            await self.provision()
            await self.simulators.start()
            for process in self.services.values():
                process.spawn()
            await asyncio.gather(*(process.wait_ready() for process in self.services.values()))
        except BaseException:
            await self.stop()
            raise

    async def provision(self) -> None:
        """Create databases, roles, tables and topics. Also restores the topics of a wiped broker."""
        process = self._python("provision", ["cli.main", "provision"], self.env_for("provision"))
        process.register = self._pids
        process.spawn()
        try:
            ended = await process.wait_end(PROVISION_WITHIN)
        finally:
            await process.stop(within=1)
        if not ended or process.exit_code:
            raise StartError(f"provisioning failed ({process.exit_code})\n{process.log_tail()}")

    async def add(self, service: str, name: str, settings: Mapping[str, str] | None = None) -> Process:
        """Start one more process of a service, under its own name and on a port of its own."""
        process = self.place(service, name, settings)
        await process.start()
        return process

    def place(self, service: str, name: str, settings: Mapping[str, str] | None = None) -> Process:
        """Return one more process of a service, with variables of its own. The caller starts it."""
        self.ports[name] = claim(None, name)
        process = self._service(name, service, self.ports[name])
        process.env |= settings or {}
        process.register = self._pids
        self.services[name] = process
        return process

    async def stop(self) -> None:
        """Stop everything. Kill a process that does not stop."""
        try:
            await asyncio.gather(*(process.stop() for process in self.services.values()))
            await self.simulators.stop()
            await self.broker.stop()
            await self.postgres.stop()
        finally:
            for process in self.processes.values():
                process.kill()
            self._pids.close()
            if self._restore_signal:
                self._restore_signal()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def env_for(self, name: str) -> dict[str, str]:
        """Return the environment of a service, of `provision` or of `cli`."""
        if name in SERVICES:
            own = self._service_env(name)
        else:
            own = self._admin_env() | (self._urls() if name == "cli" else {})
        return _clean_environment() | self._common_env() | own

    def _common_env(self) -> dict[str, str]:
        return {
            "FOLGESKAB_BROKER": self.broker.bootstrap,
            "FOLGESKAB_BROKER_IDEMPOTENCE": str(self.broker.idempotence).lower(),
            "FOLGESKAB_MASTER_KEY_FILE": str(self._master_key),
            "FOLGESKAB_BROKER_SESSION_TIMEOUT": "6",
            **self._settings,
        }

    def _admin_env(self) -> dict[str, str]:
        return {
            "FOLGESKAB_ADMIN_DATABASE_URL": self.postgres.dsn(SUPERUSER),
            "FOLGESKAB_ROLE_PASSWORDS": json.dumps(self._credentials.roles),
            "FOLGESKAB_BROKER_REPLICATION": str(self.broker.replication),
            "FOLGESKAB_BROKER_MIN_INSYNC": str(self.broker.min_insync),
        }

    def _service_env(self, service: str) -> dict[str, str]:
        secret = self._credentials.roles[service]
        env = {
            "FOLGESKAB_DATABASE_URL": self.postgres.dsn(DATABASE, service, secret),
            "FOLGESKAB_KEYRING_URL": self.postgres.dsn(KEYRING, service, secret),
            "FOLGESKAB_HTTP_PORT": str(self.ports[service]),
        }
        match service:
            case "registration":
                env["FOLGESKAB_PUBLIC_URL"] = self.url("registration")
            case "routing":
                env["FOLGESKAB_CPR_URL"] = self.url("cpr")
            case "notify":
                env["FOLGESKAB_DIGITAL_POST_URL"] = self.url("digital_post")
                env["FOLGESKAB_SMS_URL"] = self.url("sms")
                env["FOLGESKAB_PROVIDERS_REAL"] = "false"  # the providers are simulators
                env["FOLGESKAB_SMTP_HOST"] = "127.0.0.1"
                env["FOLGESKAB_SMTP_PORT"] = str(self.ports["smtp"])
            case "console":
                env |= self._urls()
        return env

    def _urls(self) -> dict[str, str]:
        return {f"FOLGESKAB_{service.upper()}_URL": self.url(service) for service in SERVICES}

    def _simulator_env(self) -> dict[str, str]:
        ports = {f"SIMULATORS_{name.upper()}_PORT": str(self.ports[name]) for name in SIMULATORS}
        return (
            _clean_environment()
            | ports
            | {
                "SIMULATORS_JOURNAL_DIR": str(self.home / "journals"),
                "SIMULATORS_RECEIPTS_URL": f"{self.url('notify')}/receipts",
            }
        )

    async def _simulators_ready(self) -> bool:
        return all([await tcp_open(self.ports[name])() for name in SIMULATORS])

    def _service(self, name: str, service: str, port: int) -> Process:
        env = self.env_for(service) | {"FOLGESKAB_HTTP_PORT": str(port)}
        own = self._programs.get(service)
        return self._python(name, [own] if own else ["cli.main", "serve", service], env, http_ok(port))

    def _python(
        self, name: str, module: list[str], env: dict[str, str], ready: Probe | None = None
    ) -> Process:
        return Process(
            name,
            [sys.executable, "-m", *module],
            log=self.home / "logs" / f"{name}.log",
            env=env,
            cwd=self.source,
            ready=ready,
            ready_within=60,
        )


def wipe(home: Path) -> None:
    """Reset `home` for a clean start: end the processes of a killed run, then remove all data.

    Raises AlreadyRunningError if a stack runs there.
    """
    PidFile(home.resolve() / "pids.json").take_over()
    shutil.rmtree(home_for(home / "postgres"))
    shutil.rmtree(home, ignore_errors=True)


def choose_ports(asked: Mapping[str, int]) -> dict[str, int]:
    """Choose a port for each of PORTS. Raise PortTakenError, or ValueError for an unknown name."""
    if unknown := set(asked) - set(PORTS):
        raise ValueError(f"no such port: {', '.join(sorted(unknown))}")
    claimed = {name: claim(port, name) for name, port in asked.items()}
    free = iter(free_ports(len(PORTS) + len(claimed)))
    spare = (port for port in free if port not in claimed.values())
    return {name: claimed[name] if name in claimed else next(spare) for name in PORTS}


def _clean_environment() -> dict[str, str]:
    """Return our environment without variables of another stack."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("FOLGESKAB_", "SIMULATORS_"))
    }
    # without a bound, glibc's arenas cost a fifth of a service's memory
    return kept | {"PYTHONUNBUFFERED": "1", "MALLOC_ARENA_MAX": "2"}


def _end_on_sigterm() -> Callable[[], object] | None:
    """Let SIGTERM act like Ctrl-C, so that both unwind. Return a function that undoes it."""
    if threading.current_thread() is not threading.main_thread():
        return None

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        signal.raise_signal(signal.SIGINT)

    earlier = signal.signal(signal.SIGTERM, interrupt)
    return lambda: signal.signal(signal.SIGTERM, earlier)
