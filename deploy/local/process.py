"""A child process: start, wait until ready, kill, pause, stop. It ends when this process ends.

Call `start` on the main thread: the death signal follows the thread that started the child.
"""

import asyncio
import inspect
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import psutil

AsyncProbe = Callable[[], Awaitable[bool]]
Probe = AsyncProbe | Callable[[], bool]

LAUNCHER = Path(__file__).with_name("launch.py")
LOG_LINES_TOLD = 15
POLL = 0.05  # seconds
SERVER_ERROR = 500


class StartError(RuntimeError):
    pass


class Account(Protocol):
    """The part of `pwd.struct_passwd` that is needed."""

    @property
    def pw_uid(self) -> int: ...
    @property
    def pw_gid(self) -> int: ...


class Register(Protocol):
    """Records running children for the next run; see `leftovers.PidFile`."""

    def add(self, name: str, pid: int) -> None: ...
    def remove(self, name: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Usage:
    cpu_seconds: float
    peak_rss: int  # bytes


def tcp_open(port: int, host: str = "127.0.0.1") -> AsyncProbe:
    async def probe() -> bool:
        try:
            _, writer = await asyncio.open_connection(host, port)
        except OSError:
            return False
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        return True

    return probe


def http_ok(port: int, path: str = "/health/ready", host: str = "127.0.0.1") -> AsyncProbe:
    """Return a probe that succeeds with any 2xx answer."""

    async def probe() -> bool:
        try:
            reader, writer = await asyncio.open_connection(host, port)
        except OSError:
            return False
        try:
            writer.write(f"GET {path} HTTP/1.0\r\nHost: {host}:{port}\r\n\r\n".encode())
            async with asyncio.timeout(5):
                status = await reader.readline()
            return status.split(b" ")[1:2] != [] and status.split(b" ")[1].startswith(b"2")
        except (OSError, TimeoutError):
            return False
        finally:
            writer.close()

    return probe


class Process:
    """`ready`: a probe, repeated until it succeeds, for at most `ready_within` seconds."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        ready: Probe | None = None,
        ready_within: float = 30,
        account: Account | None = None,
        death_signal: signal.Signals = signal.SIGKILL,
    ) -> None:
        self.name = name
        self.command = list(command)
        self.log = log
        self.env = dict(os.environ if env is None else env)
        self.cwd = cwd
        self.ready = ready
        self.ready_within = ready_within
        self._account = account
        self._death_signal = death_signal
        self.register: Register | None = None
        self._popen: subprocess.Popen[bytes] | None = None
        self._usage = Usage(0.0, 0)

    @property
    def pid(self) -> int:
        if self._popen is None:
            raise StartError(f"{self.name} was never started")
        return self._popen.pid

    @property
    def exit_code(self) -> int | None:
        """Minus the signal's number after a signal; None while it runs or before the first start."""
        return None if self._popen is None else self._popen.poll()

    @property
    def running(self) -> bool:
        return self._popen is not None and self._popen.poll() is None

    async def start(self) -> None:
        """Start, and wait until it is ready.

        Raises StartError with the last lines of the log when it ends early or is not ready in time.
        """
        self.spawn()
        await self.wait_ready()

    def spawn(self) -> None:
        """Start without waiting until it is ready."""
        if self.running:
            raise StartError(f"{self.name} is already running")
        self._usage = Usage(0.0, 0)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        uid, gid = (self._account.pw_uid, self._account.pw_gid) if self._account else (-1, -1)
        launcher = [sys.executable, "-I", "-S", str(LAUNCHER)]
        ids = [str(number) for number in (os.getpid(), int(self._death_signal), uid, gid)]
        with self.log.open("ab") as log:
            self._popen = subprocess.Popen(  # noqa: S603 - the command is ours
                [*launcher, *ids, *self.command],
                env=self.env,
                cwd=self.cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        if self.register:
            self.register.add(self.name, self._popen.pid)

    async def wait_ready(self) -> None:
        deadline = time.monotonic() + self.ready_within
        while not await self._is_ready():
            if not self.running:
                code = self.exit_code
                self._forget()
                raise StartError(f"{self.name} ended with {code} before it was ready\n{self.log_tail()}")
            if time.monotonic() > deadline:
                self.kill()
                raise StartError(
                    f"{self.name} was not ready within {self.ready_within:.0f} s\n{self.log_tail()}"
                )
            await asyncio.sleep(POLL)

    async def _is_ready(self) -> bool:
        if self.ready is None or not self.running:
            return self.running
        answer = self.ready()
        return await answer if inspect.isawaitable(answer) else answer

    def log_tail(self, lines: int = LOG_LINES_TOLD) -> str:
        with suppress(FileNotFoundError):
            return "\n".join(self.log.read_text("utf-8", errors="replace").splitlines()[-lines:])
        return ""

    async def stop(self, within: float = 15, sign: signal.Signals = signal.SIGTERM) -> None:
        """Stop by the signal `sign`, then kill after `within` seconds. Does nothing if not running."""
        if self._popen is None or not self.running:
            self._forget()
            return
        self.usage()
        self._popen.send_signal(sign)
        self.resume()
        if not await self.wait_end(within):
            self.kill()
        self._forget()

    async def wait_end(self, within: float) -> bool:
        """Return whether the process ended within the time."""
        if self._popen is None:
            return True
        try:
            await asyncio.to_thread(self._popen.wait, within)
        except subprocess.TimeoutExpired:
            return False
        return True

    def kill(self, sign: signal.Signals = signal.SIGKILL) -> None:
        """Signal the process and its descendants. After SIGKILL all have ended on return."""
        family = self._family()
        self.usage()
        for member in family:
            with suppress(psutil.NoSuchProcess):
                member.send_signal(sign)
        if sign == signal.SIGKILL:
            if self._popen:
                self._popen.wait()
            await_end(family)
            self._forget()

    def pause(self) -> None:
        """Pause the process and its descendants (SIGSTOP). All are paused on return."""
        self.kill(signal.SIGSTOP)
        _await(self._family(), lambda member: member.status() == psutil.STATUS_STOPPED)

    def resume(self) -> None:
        self.kill(signal.SIGCONT)
        _await(self._family(), lambda member: member.status() != psutil.STATUS_STOPPED)

    async def restart(self) -> None:
        await self.stop()
        await self.start()

    def usage(self) -> Usage:
        """Return the usage of the process and its children; after its end, the last known figures."""
        peak = cpu = 0.0
        for member in self._family():
            with suppress(psutil.NoSuchProcess):
                times = member.cpu_times()
                cpu += times.user + times.system
                peak += _peak_rss(member)
        if peak:
            self._usage = Usage(cpu, int(peak))
        return self._usage

    def _family(self) -> list[psutil.Process]:
        if self.running:
            with suppress(psutil.NoSuchProcess):
                head = psutil.Process(self.pid)
                return [head, *head.children(recursive=True)]
        return []

    def _forget(self) -> None:
        if self.register:
            self.register.remove(self.name)


def await_end(processes: Iterable[psutil.Process]) -> None:
    """Block until all have ended. A zombie counts as ended."""
    _await(processes, lambda process: process.status() == psutil.STATUS_ZOMBIE)


def _await(processes: Iterable[psutil.Process], reached: Callable[[psutil.Process], bool]) -> None:
    """Block until each has ended or reached the state. Raise TimeoutError after ten seconds."""
    deadline = time.monotonic() + 10
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            while process.is_running() and not reached(process):
                if time.monotonic() > deadline:
                    raise TimeoutError(f"process {process.pid} does not do as it was told")
                time.sleep(0.002)


def _peak_rss(process: psutil.Process) -> int:
    """Return the peak memory in bytes: the kernel's high-water mark if it has one."""
    with suppress(OSError, StopIteration):
        status = Path(f"/proc/{process.pid}/status").read_text("ascii", errors="replace")
        line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    return int(process.memory_info().rss)
