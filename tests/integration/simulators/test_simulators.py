"""The stand-ins speak their protocols, journal before they answer, and remember what they took."""

import json
import signal
import sys
from pathlib import Path
from uuid import uuid4

import httpx
from lxml import etree

from deploy.local.assets import ROOT
from deploy.local.ports import free_port
from deploy.local.process import Process, tcp_open
from simulators.__main__ import Simulators
from simulators.journal import Journal, hashed
from simulators.settings import Settings
from tests.integration.simulators.stand_ins import CPR, PHONE, RunningSimulators


async def test_a_message_is_journalled_before_it_is_answered_and_names_nobody(
    simulators: RunningSimulators,
) -> None:
    key = str(uuid4())

    answer = await simulators.post(key)

    assert etree.fromstring(answer.content).findtext("Result") == "true"
    (entry,) = [e for e in await simulators.journal("digital_post") if e["kind"] == "request"]
    assert (entry["key"], entry["effect"], entry["answer"]) == (key, True, 200)
    assert entry["recipient"] == hashed(CPR)
    assert CPR not in json.dumps(await simulators.journal("digital_post"))


async def test_a_reference_sent_again_is_sent_again_and_both_are_in_the_journal(
    simulators: RunningSimulators,
) -> None:
    await simulators.sms("once")
    await simulators.sms("once")

    effects = [e for e in await simulators.journal("sms") if e.get("effect") and e["key"] == "once"]
    assert len(effects) == 2


async def test_the_gateway_says_what_it_has(simulators: RunningSimulators) -> None:
    await simulators.sms("known")

    known = await simulators.http.get(f"{simulators.url('sms')}/messages/known")
    unknown = await simulators.http.get(f"{simulators.url('sms')}/messages/other")

    assert (known.status_code, unknown.status_code) == (200, 404)


async def test_the_gateway_still_says_what_it_has_after_a_restart(tmp_path: Path) -> None:
    settings = Settings(tmp_path, sms_port=0)
    body = {"reference": "known", "to": PHONE, "text": "Hej"}
    before = Simulators(settings)
    port = (await before.start())["sms"]
    async with httpx.AsyncClient() as http:
        sent = await http.post(f"http://127.0.0.1:{port}/messages", json=body)
        await before.stop()
        after = Simulators(settings)
        port = (await after.start())["sms"]

        known = await http.get(f"http://127.0.0.1:{port}/messages/known")

    await after.stop()
    assert (known.status_code, known.json()) == (200, sent.json())


async def test_a_mail_is_taken_by_its_message_id(simulators: RunningSimulators) -> None:
    await simulators.mail("a-key")

    (entry,) = await simulators.journal("smtp")
    assert (entry["key"], entry["effect"], entry["recipient"]) == ("a-key", True, hashed("b@example.dk"))


async def test_the_journal_outlives_a_kill_and_a_torn_line(tmp_path: Path) -> None:
    settings = {f"SIMULATORS_{name}_PORT": "0" for name in ("CPR", "DIGITAL_POST", "SMTP", "CONTROL")}
    path = tmp_path / "journals" / "sms.jsonl"
    port = free_port()
    process = Process(
        "simulators", [sys.executable, "-m", "simulators"],
        log=tmp_path / "log", cwd=ROOT, ready=tcp_open(port),
        env={**settings, "SIMULATORS_JOURNAL_DIR": str(path.parent), "SIMULATORS_SMS_PORT": str(port)},
    )  # fmt: skip
    await process.start()
    async with httpx.AsyncClient() as http:
        for number in range(5):
            body = {"reference": f"r{number}", "to": PHONE, "text": "Hej"}
            await http.post(f"http://127.0.0.1:{port}/messages", json=body)
    process.kill()
    with path.open("ab") as file:
        file.write(b'{"seq": 6, "kind": "requ')

    journal = Journal(path)
    await journal.append("receipt", key="after")

    entries = list(journal.entries())
    assert [e["key"] for e in entries] == ["r0", "r1", "r2", "r3", "r4", "after"]
    assert [e["seq"] for e in entries] == [1, 2, 3, 4, 5, 6]
    await journal.close()


async def test_told_to_stop_it_ends_in_good_order(tmp_path: Path) -> None:
    port = free_port()
    process = Process(
        "simulators", [sys.executable, "-m", "simulators"],
        log=tmp_path / "log", cwd=ROOT, ready=tcp_open(port),
        env={"SIMULATORS_JOURNAL_DIR": str(tmp_path), "SIMULATORS_SMS_PORT": str(port)},
    )  # fmt: skip
    await process.start()

    await process.stop(sign=signal.SIGTERM)

    assert process.exit_code == 0
