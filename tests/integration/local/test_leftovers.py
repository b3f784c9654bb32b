import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from deploy.local.assets import ROOT
from deploy.local.leftovers import AlreadyRunningError, PidFile

KILLED_RUN = """
import subprocess, sys
from pathlib import Path
from deploy.local.leftovers import PidFile

quiet = subprocess.DEVNULL
child = subprocess.Popen(["sleep", "600"], start_new_session=True, stdout=quiet, stderr=quiet)
pids = PidFile(Path(sys.argv[1]))
pids.take_over()
pids.add("postgres", child.pid)
print(child.pid)
child.returncode = 0  # says nothing of the child when it is left behind
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "stack" / "pids.json"


@pytest.fixture
def left_behind(path: Path) -> Iterator[psutil.Process]:
    command = [sys.executable, "-c", KILLED_RUN, str(path)]
    ended = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    process = psutil.Process(int(ended.stdout))
    yield process
    if process.is_running():
        process.kill()


def alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def test_what_a_killed_run_left_is_ended_and_told_in_one_line(
    path: Path, left_behind: psutil.Process, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = PidFile(path).take_over()

    assert ended == ["postgres"]
    assert not alive(left_behind)
    assert capsys.readouterr().err == "ended what a killed earlier run had left: postgres\n"


def test_another_process_that_has_the_number_now_is_left_alone(
    path: Path, left_behind: psutil.Process
) -> None:
    content = json.loads(path.read_text())
    content["children"][0]["created"] -= 100
    path.write_text(json.dumps(content))

    ended = PidFile(path).take_over()

    assert ended == []
    assert alive(left_behind)


def test_a_run_that_is_alive_is_not_disturbed(path: Path, left_behind: psutil.Process) -> None:
    content = json.loads(path.read_text())
    with subprocess.Popen(["sleep", "600"]) as owner:
        content["owner"] = {
            "name": "owner",
            "pid": owner.pid,
            "created": psutil.Process(owner.pid).create_time(),
        }
        path.write_text(json.dumps(content))

        with pytest.raises(AlreadyRunningError, match=f"process {owner.pid} is already running"):
            PidFile(path).take_over()

        owner.kill()
    assert alive(left_behind)


def test_a_damaged_file_is_no_obstacle(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("{")

    assert PidFile(path).take_over() == []
