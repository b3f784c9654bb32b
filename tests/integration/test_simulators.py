"""The stand-ins speak their protocols, journal before they answer, and misbehave exactly as they are told."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiosmtplib
import httpx
import pytest
from lxml import etree
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deploy.local.assets import ROOT
from deploy.local.ports import free_port
from deploy.local.process import Process, tcp_open
from services.notify.channels.digital_post import post_status
from services.notify.domain.receipt import Receipt, ReceiptStatus
from simulators.__main__ import Simulators
from simulators.journal import Journal, hashed
from simulators.settings import Settings
from simulators.web import Listener

CPR = "2512489996"  # published: HL7 Denmark, dk-core
PHONE = "+4520123456"
MEMO = (
    '<kombi_request><KombiValgKode>Digital Post</KombiValgKode><memo:Message'
    ' xmlns:memo="https://DigitalPost.dk/MeMo-1" memoVersion="1.1"><memo:MessageHeader><memo:Recipient>'
    f"<memo:recipientID>{CPR}</memo:recipientID></memo:Recipient></memo:MessageHeader></memo:Message>"
    "</kombi_request>"
)  # fmt: skip


class Sender:
    """Takes receipts, or refuses them for a while."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, bytes]] = []
        self.refuse = 0
        self.refusal = 503
        self._grown = asyncio.Event()

    async def take(self, request: Request) -> Response:
        if self.refuse:
            self.refuse -= 1
            return Response(status_code=self.refusal)
        self.taken.append((request.url.path, await request.body()))
        self._grown.set()
        return Response()

    async def until(self, count: int) -> list[tuple[str, bytes]]:
        async with asyncio.timeout(20):
            while len(self.taken) < count:
                self._grown.clear()
                await self._grown.wait()
        return self.taken

    def statuses(self) -> list[ReceiptStatus]:
        read = [post_status.read(body) for _, body in self.taken]
        return [receipt.status for receipt in read if isinstance(receipt, Receipt)]


class Running:
    def __init__(self, simulators: Simulators, ports: dict[str, int], sender: Sender) -> None:
        self.simulators = simulators
        self.ports = ports
        self.sender = sender
        self.http = httpx.AsyncClient(timeout=20)

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.ports[name]}"

    async def tell(self, simulator: str, *rules: dict[str, Any]) -> None:
        answer = await self.http.put(f"{self.url('control')}/faults/{simulator}", json={"rules": list(rules)})
        assert answer.status_code == 200, answer.text

    async def sms(self, key: str | None = None, *, patience: float = 20, **headers: str) -> httpx.Response:
        body = {"reference": key or str(uuid4()), "to": PHONE, "text": "Hej"}
        return await self.http.post(
            f"{self.url('sms')}/messages", json=body, headers=headers, timeout=patience
        )

    async def post(self, key: str | None = None, **headers: str) -> httpx.Response:
        return await self.http.post(
            f"{self.url('digital_post')}/service/KombiPostAfsend_1/memos",
            content=MEMO,
            headers={"X-TransaktionsId": key or str(uuid4())} | headers,
        )

    async def mail(self, key: str) -> tuple[dict[str, Any], str]:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = "a@example.dk", "b@example.dk", "Hej"
        message["Message-ID"] = f"<{key}@example.dk>"
        message.set_content("Hej")
        return await aiosmtplib.send(
            message, hostname="127.0.0.1", port=self.ports["smtp"], start_tls=False, timeout=1
        )

    async def journal(self, name: str) -> list[dict[str, Any]]:
        answer = await self.http.get(f"{self.url('control')}/journals/{name}")
        return [json.loads(line) for line in answer.text.splitlines()]


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    sender = Sender()
    sink = Listener(Starlette(routes=[Route("/{path:path}", sender.take, methods=["POST"])]))
    port = await sink.start(0)
    simulators = Simulators(
        Settings(
            tmp_path / "journals",
            cpr_port=0, digital_post_port=0, sms_port=0, smtp_port=0, control_port=0,
            receipts_url=f"http://127.0.0.1:{port}/receipts",
        )
    )  # fmt: skip
    made = Running(simulators, await simulators.start(), sender)
    yield made
    await made.http.aclose()
    await simulators.stop()
    await sink.stop()


async def test_a_message_is_journalled_before_it_is_answered_and_names_nobody(running: Running) -> None:
    key = str(uuid4())

    answer = await running.post(key)

    assert etree.fromstring(answer.content).findtext("Result") == "true"
    (entry,) = [e for e in await running.journal("digital_post") if e["kind"] == "request"]
    assert (entry["key"], entry["effect"], entry["answer"]) == (key, True, 200)
    assert entry["recipient"] == hashed(CPR)
    assert CPR not in json.dumps(await running.journal("digital_post"))


async def test_a_well_behaved_platform_tells_received_then_delivered(running: Running) -> None:
    await running.post()

    await running.sender.until(2)

    assert running.sender.statuses() == [ReceiptStatus.RECEIVED, ReceiptStatus.DELIVERED]


async def test_a_receipt_that_is_not_taken_is_sent_again(running: Running) -> None:
    running.sender.refuse = 2

    await running.sms()
    told = await running.sender.until(2)

    assert [json.loads(body)["status"] for _, body in told] == ["sent", "delivered"]
    assert {path for path, _ in told} == {"/receipts/sms"}


async def test_told_so_receipts_come_twice_and_the_last_first(running: Running) -> None:
    await running.tell("digital_post", {"do": "twice"}, {"do": "out_of_order", "seconds": 0})

    await running.post()
    await running.sender.until(4)

    assert running.sender.statuses() == [ReceiptStatus.DELIVERED] * 2 + [ReceiptStatus.RECEIVED] * 2


async def test_told_so_a_message_fails_for_good_with_its_code(running: Running) -> None:
    await running.tell("digital_post", {"do": "fail", "code": "memo.invalid"})

    await running.post()
    told = await running.sender.until(2)

    last = post_status.read(told[-1][1])
    assert isinstance(last, Receipt)
    assert (last.status, last.code) == (ReceiptStatus.FAILED, "memo.invalid")


async def test_told_so_no_receipt_comes(running: Running) -> None:
    await running.sms("of the silent one", **{"X-Simulate": "never"})
    await running.sms("of the other")
    told = await running.sender.until(2)

    assert {json.loads(body)["reference"] for _, body in told} == {"of the other"}


async def test_told_so_receipts_come_late(running: Running) -> None:
    await running.sms("late", **{"X-Simulate": "late=2"})
    await running.sms("at once")
    told = await running.sender.until(4)

    assert [json.loads(body)["reference"] for _, body in told] == ["at once"] * 2 + ["late"] * 2


async def test_a_receipt_that_cannot_be_read_is_sent_once_and_the_journal_says_so(running: Running) -> None:
    running.sender.refusal = 400
    running.sender.refuse = 1

    await running.sms("unreadable", **{"X-Simulate": "fail=absent"})
    await running.sender.until(1)
    await running.simulators.sms.journal.newer_than(2)

    receipts = [e for e in await running.journal("sms") if e["kind"] == "receipt"]
    assert [(e["status"], e["taken"]) for e in receipts] == [("sent", False), ("failed", True)]


WITHOUT_EFFECT = {"drop_before": "dropped", "status": 503, "garbage": "garbage"}
WITH_EFFECT = {"accept_then_timeout": "none", "accept_then_drop": "dropped", "status_after": 503}


@pytest.mark.parametrize(("word", "told"), (WITHOUT_EFFECT | WITH_EFFECT).items())
async def test_each_fault_has_its_effect_or_none_and_the_journal_says_which(
    running: Running, word: str, told: int | str
) -> None:
    await running.tell("sms", {"do": word})

    try:
        answer: int | None = (await running.sms(patience=1)).status_code
    except httpx.TransportError:
        answer = None

    (entry,) = [e for e in await running.journal("sms") if e["kind"] == "request"]
    assert (entry["effect"], entry["answer"]) == (word in WITH_EFFECT, told)
    assert answer == {"status": 503, "status_after": 503, "garbage": 200}.get(word)


async def test_a_slow_one_has_no_effect_before_its_time(running: Running) -> None:
    with pytest.raises(httpx.ReadTimeout):
        await running.sms(patience=1, **{"X-Simulate": "slow=60"})

    assert await running.journal("sms") == []


async def test_a_word_nobody_knows_is_refused_and_has_no_effect(running: Running) -> None:
    answer = await running.sms(**{"X-Simulate": "explode"})

    assert answer.status_code == 400
    assert await running.journal("sms") == []


async def test_one_request_can_ask_for_its_own_fault(running: Running) -> None:
    refused = await running.sms(**{"X-Simulate": "status=500"})
    taken = await running.sms()

    assert (refused.status_code, taken.status_code) == (500, 202)


async def test_a_rate_spoils_some_and_the_same_seed_the_same_ones(running: Running) -> None:
    async def run() -> list[int]:
        await running.tell("sms", {"do": "status", "rate": 0.5})
        return [(await running.sms()).status_code for _ in range(20)]

    first, second = await run(), await run()

    assert first == second
    assert {202, 503} == set(first)


async def test_above_its_limit_it_says_when_to_come_back(running: Running) -> None:
    await running.tell("sms", {"do": "limit", "per_second": 1})

    answers = [await running.sms() for _ in range(3)]

    assert [answer.status_code for answer in answers[:2]] == [202, 429]
    assert answers[1].headers["Retry-After"] == "1"


async def test_a_reference_sent_again_is_sent_again_and_both_are_in_the_journal(running: Running) -> None:
    await running.sms("once")
    await running.sms("once")

    effects = [e for e in await running.journal("sms") if e.get("effect") and e["key"] == "once"]
    assert len(effects) == 2


async def test_the_gateway_says_what_it_has(running: Running) -> None:
    await running.sms("known")

    known = await running.http.get(f"{running.url('sms')}/messages/known")
    unknown = await running.http.get(f"{running.url('sms')}/messages/other")

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


async def test_a_mail_is_taken_by_its_message_id(running: Running) -> None:
    await running.mail("a-key")

    (entry,) = await running.journal("smtp")
    assert (entry["key"], entry["effect"], entry["recipient"]) == ("a-key", True, hashed("b@example.dk"))


MAIL_REFUSED = {"fail": 550, "status": 554, "drop_before": "dropped", "garbage": "garbage"}
MAIL_TAKEN = {"accept_then_timeout": "none", "accept_then_drop": "dropped", "status_after": 451}


@pytest.mark.parametrize(("word", "told"), (MAIL_REFUSED | MAIL_TAKEN).items())
async def test_a_mail_server_misbehaves_too(running: Running, word: str, told: int | str) -> None:
    await running.tell("smtp", {"do": word})

    with pytest.raises((aiosmtplib.SMTPException, TimeoutError)):
        await running.mail("a-key")

    (entry,) = await running.journal("smtp")
    assert (entry["effect"], entry["answer"]) == (word in MAIL_TAKEN, told)


@pytest.mark.parametrize("word", ["drop_before", "accept_then_drop"])
async def test_the_process_hangs_up_on_a_mail_and_does_not_just_fall_silent(
    tmp_path: Path, word: str
) -> None:
    smtp, control = free_port(), free_port()
    process = Process(
        "simulators", [sys.executable, "-m", "simulators"],
        log=tmp_path / "log", cwd=ROOT, ready=tcp_open(smtp),
        env={
            "SIMULATORS_JOURNAL_DIR": str(tmp_path),
            "SIMULATORS_SMTP_PORT": str(smtp),
            "SIMULATORS_CONTROL_PORT": str(control),
        },
    )  # fmt: skip
    await process.start()
    try:
        async with httpx.AsyncClient() as http:
            told = await http.put(f"http://127.0.0.1:{control}/faults/smtp", json={"rules": [{"do": word}]})
        assert told.status_code == 200, told.text

        with pytest.raises(aiosmtplib.SMTPServerDisconnected):
            await aiosmtplib.send(
                "Subject: Hej\r\n\r\nHej", sender="a@example.dk", recipients=["b@example.dk"],
                hostname="127.0.0.1", port=smtp, start_tls=False, timeout=20,
            )  # fmt: skip
    finally:
        await process.stop()


async def test_a_fault_nobody_knows_is_refused_and_changes_nothing(running: Running) -> None:
    await running.tell("sms", {"do": "status"})

    unknown = await running.http.put(
        f"{running.url('control')}/faults/sms", json={"rules": [{"do": "explode"}]}
    )
    nowhere = await running.http.put(f"{running.url('control')}/faults/fax", json={"rules": []})

    assert (unknown.status_code, nowhere.status_code) == (422, 404)
    assert (await running.sms()).status_code == 503


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
