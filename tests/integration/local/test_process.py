import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from deploy.local.assets import ROOT
from deploy.local.ports import free_port
from deploy.local.process import Process, StartError, await_end, http_ok, tcp_open

SLEEPER = [sys.executable, "-c", "import time; print('awake', flush=True); time.sleep(600)"]
PARENT = """
import asyncio, sys
from pathlib import Path
from deploy.local.process import Process

async def main():
    child = Process("child", ["sleep", "600"], log=Path(sys.argv[1]))
    await child.start()
    print(child.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.fixture
async def sleeper(tmp_path: Path) -> AsyncIterator[Process]:
    log = tmp_path / "log"
    process = Process("sleeper", SLEEPER, log=log, ready=lambda: log.exists() and "awake" in log.read_text())
    await process.start()
    yield process
    process.kill()


def test_a_child_dies_with_its_parent_even_when_the_parent_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PARENT, str(tmp_path / "log")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        child = psutil.Process(int(parent.stdout.readline()))
        assert child.is_running()

        parent.kill()

    await_end([child])


async def test_a_killed_process_is_gone_at_once_and_starts_again(sleeper: Process) -> None:
    first = sleeper.pid

    sleeper.kill()

    code = sleeper.exit_code
    await sleeper.start()
    assert code == -signal.SIGKILL
    assert sleeper.running
    assert sleeper.pid != first


async def test_a_paused_process_stands_still_and_goes_on(sleeper: Process) -> None:
    sleeper.pause()
    assert psutil.Process(sleeper.pid).status() == psutil.STATUS_STOPPED

    sleeper.resume()

    assert psutil.Process(sleeper.pid).status() != psutil.STATUS_STOPPED


async def test_a_paused_process_can_be_stopped(sleeper: Process) -> None:
    sleeper.pause()

    await sleeper.stop()

    assert sleeper.exit_code == -signal.SIGTERM


async def test_whoever_does_not_listen_to_the_stop_is_killed(tmp_path: Path) -> None:
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); "
    log = tmp_path / "log"
    command = [sys.executable, "-c", deaf + "time.sleep(600)"]
    process = Process("deaf", command, log=log, ready=lambda: "deaf" in log.read_text())
    await process.start()

    await process.stop(within=0.2)

    assert process.exit_code == -signal.SIGKILL


async def test_what_it_used_is_known_while_it_runs_and_afterwards(sleeper: Process) -> None:
    running = sleeper.usage()

    sleeper.kill()

    assert running.peak_rss > 1_000_000
    assert sleeper.usage().peak_rss >= running.peak_rss


async def test_one_that_ends_before_it_is_ready_is_told_with_the_last_lines_of_its_log(
    tmp_path: Path,
) -> None:
    command = [sys.executable, "-c", "import sys; sys.exit('no such database')"]
    process = Process("notify", command, log=tmp_path / "log", ready=tcp_open(free_port()))

    with pytest.raises(StartError, match="notify ended with 1 before it was ready\nno such database"):
        await process.start()


async def test_one_that_never_gets_ready_is_told_and_ended(tmp_path: Path) -> None:
    never = http_ok(free_port())
    process = Process("mute", SLEEPER, log=tmp_path / "log", ready=never, ready_within=0.3)

    with pytest.raises(StartError, match="mute was not ready"):
        await process.start()

    assert not process.running


@pytest.mark.parametrize(("answer", "ready"), [(b"204 No Content", True), (b"503 Away", False), (b"", False)])
async def test_ready_over_http_means_an_answer_in_the_two_hundreds(answer: bytes, ready: bool) -> None:  # noqa: FBT001 - a column of the table
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 " + answer + b"\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        assert await http_ok(server.sockets[0].getsockname()[1])() is ready
