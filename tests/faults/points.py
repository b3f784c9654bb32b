"""Named points at which a service dies, or stands still: they exist in a copy of the code only.

Each point is used once in a stack's life: its marker file is made first. Nothing happens until `arm`.
"""

from pathlib import Path

from deploy.local.process import Process
from tests.faults.copies import Change, copy_with

CONSUMER = ("after-fetch", "inside-the-transaction", "after-commit-before-the-offset")
RELAY = ("after-the-acknowledgement-before-the-cursor",)
PROVIDER = ("before-the-providers-call", "after-the-answer-before-it-is-written")
CLAIMED = "claimed"
SKIPPED = 3  # so many passes at most are let go by, by the seed's choice

POINTS: dict[str, tuple[str, ...]] = {
    "registration": (CONSUMER[0], *RELAY, "inside-the-import"),  # it reads much and wants little
    "routing": (*CONSUMER, *RELAY),
    "outreach": (*CONSUMER, *RELAY),
    "notify": (*CONSUMER, *RELAY, *PROVIDER),
    "console": CONSUMER,
}

_MODULE = '''"""Dies or stands still at a named point, once."""

import os
import random
import signal
import sys
from pathlib import Path

_HOME = Path(os.environ["FAULT_POINTS"])
_passed: dict[str, int] = {}


def here(name: str, sign: int = signal.SIGKILL) -> None:
    armed = _HOME / f"armed-{sign.name}"
    if not armed.exists() or os.environ["FOLGESKAB_HTTP_PORT"] not in armed.read_text().split():
        return
    mark = f"{sys.argv[-1]} {name}"
    _passed[mark] = _passed.get(mark, 0) + 1
    let_by = random.Random(f"{os.environ['FAULT_SEED']} {mark}").randrange(SKIPPED + 1)
    if sign == signal.SIGKILL and _passed[mark] <= let_by:
        return
    try:
        os.close(os.open(_HOME / mark, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return
    os.kill(os.getpid(), sign)
'''.replace("SKIPPED", str(SKIPPED))


def _at(path: str, line: str, point: str, *, after: bool = False, sign: str = "SIGKILL") -> Change:
    """Put a point before a line, or after it, at the same depth."""
    depth = line[: len(line) - len(line.lstrip())]
    stop = f'{depth}__import__("kit.dying").dying.here("{point}", __import__("signal").{sign})\n'
    return Change(path, line, line + stop if after else stop + line)


_CONSUMER_FILE, _GATEWAY = "kit/kafka/consumer.py", "services/notify/channels/gateway.py"
_CALL = "            outcome = await self._provider.send(composed)\n"
AFTER_THE_ANSWER = _at(_GATEWAY, _CALL, PROVIDER[1], after=True)
DEATHS = (
    _at(_CONSUMER_FILE, "        started = time.monotonic()\n", CONSUMER[0], after=True),
    _at(_CONSUMER_FILE, "                self._watch_brake([", CONSUMER[1]),
    _at(
        _CONSUMER_FILE,
        "        self._count(decoded, deliveries, fresh, list(parked.values()))\n",
        CONSUMER[2],
    ),
    _at("kit/kafka/relay.py", "            metrics.RELAYED.inc(len(rows))\n", RELAY[0]),
    _at(_GATEWAY, _CALL, PROVIDER[0]),
    AFTER_THE_ANSWER,
    _at(
        "services/registration/use_cases/register_people.py",
        "        made |= await idempotency.results_by_key("
        "session, [one.submission.key for one in candidates])\n",
        "inside-the-import",
    ),
)
STANDSTILLS = (
    _at(_GATEWAY, _CALL, PROVIDER[1], after=True, sign="SIGSTOP"),
    _at(
        "services/outreach/workers/due_contacts.py",
        "            await self.decide(claims)\n",
        CLAIMED,
        sign="SIGSTOP",
    ),
)


def copy_with_points(changes: tuple[Change, ...], target: Path) -> Path:
    tree = copy_with(changes, target)
    (tree / "kit" / "dying.py").write_text(_MODULE)
    return tree


def settings(home: Path, seed: int) -> dict[str, str]:
    home.mkdir(exist_ok=True)
    return {"FAULT_POINTS": str(home), "FAULT_SEED": str(seed)}


def arm(home: Path, processes: list[Process], sign: str = "SIGKILL") -> None:
    """Let the points of these processes count from now on."""
    ports = " ".join(process.env["FOLGESKAB_HTTP_PORT"] for process in processes)
    written = home / "armed.new"
    written.write_text(ports)
    written.replace(home / f"armed-{sign}")


def used(home: Path) -> set[tuple[str, str]]:
    """Give service and point of each that somebody has died at, or stood still."""
    names = (path.name for path in home.iterdir() if not path.name.startswith("armed"))
    return {(name.partition(" ")[0], name.partition(" ")[2]) for name in names}
