"""Find and end processes of a killed earlier run, by process id *and* start time, never by name."""

import json
import os
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from deploy.local.process import await_end


class AlreadyRunningError(RuntimeError):
    pass


@dataclass(frozen=True, slots=True)
class Mark:
    name: str
    pid: int
    created: float


def mark_of(name: str, pid: int) -> Mark:
    return Mark(name, pid, psutil.Process(pid).create_time())


def running(mark: Mark) -> psutil.Process | None:
    """Return the process of the mark; None if it ended or its id belongs to another process."""
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(mark.pid)
        if abs(process.create_time() - mark.created) < 1 and process.status() != psutil.STATUS_ZOMBIE:
            return process
    return None


class PidFile:
    """A file with the owner (this process) and the children it started."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._owner = mark_of("owner", os.getpid())
        self._children: dict[str, Mark] = {}

    def take_over(self) -> list[str]:
        """End the processes of an earlier, dead owner and take over the file.

        Answers the names of what was ended, and tells them on stderr in one line. Raises AlreadyRunningError
        if the earlier owner is alive.
        """
        owner, children = self._read()
        if owner is not None and owner != self._owner and running(owner):
            raise AlreadyRunningError(
                f"process {owner.pid} is already running a stack in {self.path.parent}: stop it first"
            )
        found = [(mark, process) for mark in children if (process := running(mark))]
        _end([process for _, process in found])
        self._children.clear()
        self._write()
        names = [mark.name for mark, _ in found]
        if names:
            sys.stderr.write(f"ended what a killed earlier run had left: {', '.join(names)}\n")
        return names

    def add(self, name: str, pid: int) -> None:
        self._children[name] = mark_of(name, pid)
        self._write()

    def remove(self, name: str) -> None:
        if self._children.pop(name, None):
            self._write()

    def close(self) -> None:
        self.path.unlink(missing_ok=True)

    def _read(self) -> tuple[Mark | None, list[Mark]]:
        try:
            content = json.loads(self.path.read_text("utf-8"))
            return Mark(**content["owner"]), [Mark(**child) for child in content["children"]]
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None, []

    def _write(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        content = {
            "owner": asdict(self._owner),
            "children": [asdict(child) for child in self._children.values()],
        }
        fresh = self.path.with_suffix(".new")
        fresh.write_text(json.dumps(content), "utf-8")
        fresh.replace(self.path)


def _end(processes: list[psutil.Process]) -> None:
    family = [*processes]
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            family += process.children(recursive=True)
    for process in family:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    await_end(family)
