"""Tests the fault tests: the code is copied and spoilt, one rule at a time, and a named test must notice.

`make sabotage` runs all, two builds side by side; `make sabotage ARGS=inbox` those whose name holds a word.
Ends with 1 if any sabotage survives.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from deploy.local.stack import ROOT
from tests.faults.copies import Change, copy_with

_KIT = (
    "tests/faults/test_kit_killed.py::test_killed_anywhere_each_event_is_handled_once_in_the_order_of_its_key"
)
_ANSWERS = "tests/faults/test_lost_answers.py::"
_SENDING, _MESSAGES = "services/notify/workers/send_messages.py", "services/notify/store/messages.py"
_LONGEST = 400  # seconds for one test
_AT_ONCE = 2  # builds; each is a stack of its own, and mostly waits


@dataclass(frozen=True, slots=True)
class Sabotage:
    name: str
    caught_by: str
    changes: tuple[Change, ...]


SABOTAGES = (
    Sabotage(
        "acknowledge first",
        f"{_KIT}[inside the transaction]",
        (
            Change(
                "kit/kafka/consumer.py",
                "            await self._until_handled(records)\n            await self._commit_offsets()\n",
                "            await self._commit_offsets()\n            await self._until_handled(records)\n",
            ),
        ),
    ),
    Sabotage(
        "no inbox",
        f"{_KIT}[after the commit]",
        (Change("kit/database/inbox.py", "return set(claimed)", "return set(event_ids)"),),
    ),
    Sabotage(
        "attempt written after the call",
        _ANSWERS + "test_a_worker_killed_with_an_answer_leaves_a_doubt_and_no_second_message",
        (
            Change(
                _SENDING,
                "        return [row for row in rows if row.epoch], leads\n",
                "            claims = [row for row in rows if row.epoch]\n"
                '            self.__dict__.setdefault("_told", {}).update(await self._call_first(claims))\n'
                "        return claims, leads\n\n"
                "    async def _call_first(self, claims):\n"
                "        made = await self._composer.compose(claims)\n"
                "        going = [m for m in made if isinstance(m, OutgoingMessage)]\n"
                "        gateways = self._gateways\n"
                "        sends = [gateways[m.channel].send(gateways[m.channel].compose(m)) for m in going]\n"
                "        return dict(zip([m.attempt_id for m in going], await asyncio.gather(*sends)))\n\n"
                "    async def _told_of(self, made):\n"
                "        return self._told[made.message.attempt_id]\n",
            ),
            Change(_SENDING, "gateway.send(made, start_by=by) for", "self._told_of(made) for"),
        ),
    ),
    Sabotage(
        "consent read at planning only",
        _ANSWERS + "test_nobody_is_written_to_two_seconds_after_a_withdrawal",
        (
            Change(
                "services/notify/store/message_claims.py",
                "and m.not_after > $1 and {may_be_contacted(COVERED_BY)} as allowed",
                "and m.not_after > $1 as allowed",
            ),
            Change(
                "services/notify/store/message_claims.py",
                "        and {may_be_contacted(COVERED_BY)} and m.channels",
                "        and m.channels",
            ),
        ),
    ),
    Sabotage(
        "publish_batch: keys are ignored",
        f"{_KIT}[after the acknowledgement]",
        (
            Change(
                "kit/kafka/producer.py",
                "event.topic, event.value, event.key, headers",
                "event.topic, event.value, None, headers",
            ),
        ),
    ),
    Sabotage(
        "paging the outbox by id",
        f"{_KIT}[after the acknowledgement]",
        (
            Change(
                "kit/kafka/relay.py",
                "        if held := self._fence.writers & writing:\n",
                "        if held := frozenset[str]():\n",
            ),
        ),
    ),
    Sabotage(
        "no epoch in the where",
        "tests/faults/test_zombie.py::test_a_worker_that_stood_still_for_half_a_minute_is_refused_by_epoch",
        (
            Change(
                _MESSAGES,
                "where m.contact_id = t.contact_id and (m.epoch = t.epoch or ",
                "where m.contact_id = t.contact_id and (true or ",
            ),
        ),
    ),
    Sabotage(
        "resend on time-out",
        _ANSWERS + "test_a_lost_answer_is_not_asked_for_by_sending_again",
        (
            Change(
                "services/notify/domain/transition.py",
                "return TryAgain(pause) if repeatable else Doubtful(why)",
                "return TryAgain(pause)",
            ),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Result:
    caught: bool
    why: str
    seconds: float


def run(sabotage: Sabotage) -> Result:
    """Run its test in a spoilt copy. Only a failure of the test itself counts: an error is not a catch."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="sabotage-") as folder:
        tree = copy_with(sabotage.changes, Path(folder) / "tree")
        shutil.copytree(ROOT / "tests", tree / "tests", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", tree)
        (ROOT / "var").mkdir(exist_ok=True)
        (tree / "var").symlink_to(ROOT / "var")
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", sabotage.caught_by]
        done = subprocess.run(
            command, cwd=tree, capture_output=True, text=True, check=False, timeout=_LONGEST,
            env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
        )  # fmt: skip
    failed = re.search(r"^FAILED ", done.stdout, re.MULTILINE) is not None
    told = re.findall(r"^E\s+(\S.*)$", done.stdout, re.MULTILINE)
    why = told[0] if told else (done.stdout + done.stderr).strip()[-200:]
    return Result(done.returncode == 1 and failed, why[:160], time.monotonic() - started)


def chosen(words: Sequence[str]) -> Sequence[Sabotage]:
    return [one for one in SABOTAGES if not words or any(word in one.name for word in words)]


def main() -> None:
    console = Console(width=160)
    some = chosen(sys.argv[1:])
    if not some:
        sys.exit(f"no sabotage has such a name: {', '.join(sys.argv[1:])}")
    results: dict[str, Result] = {}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        running = {pool.submit(run, sabotage): sabotage for sabotage in some}
        for future in as_completed(running):
            name = running[future].name
            results[name] = future.result()
            console.print(f"{name}: {_verdict(results[name])}")
    table = Table("sabotage", "test that must notice", "result", "seconds", "what it said")
    for sabotage in some:
        result = results[sabotage.name]
        test = sabotage.caught_by.rpartition("::")[2]
        table.add_row(sabotage.name, test, _verdict(result), f"{result.seconds:.0f}", result.why)
    console.print(table)
    sys.exit(0 if all(result.caught for result in results.values()) else 1)


def _verdict(result: Result) -> str:
    return "[green]caught" if result.caught else "[bold red]SURVIVED"


if __name__ == "__main__":
    main()
