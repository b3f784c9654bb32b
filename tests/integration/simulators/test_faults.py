"""The stand-ins misbehave exactly as they are told, and the journal says which fault had its effect."""

import sys
from pathlib import Path

import aiosmtplib
import httpx
import pytest

from deploy.local.assets import ROOT
from deploy.local.ports import free_port
from deploy.local.process import Process, tcp_open
from tests.integration.simulators.stand_ins import RunningSimulators

WITHOUT_EFFECT = {"drop_before": "dropped", "status": 503, "garbage": "garbage"}
WITH_EFFECT = {"accept_then_timeout": "none", "accept_then_drop": "dropped", "status_after": 503}


def patience(word: str) -> float:
    """Seconds to wait for an answer: few only where none ever comes."""
    return 3 if word == "accept_then_timeout" else 20


@pytest.mark.parametrize(("word", "told"), (WITHOUT_EFFECT | WITH_EFFECT).items())
async def test_each_fault_has_its_effect_or_none_and_the_journal_says_which(
    simulators: RunningSimulators, word: str, told: int | str
) -> None:
    await simulators.tell("sms", {"do": word})

    try:
        answer: int | None = (await simulators.sms(patience=patience(word))).status_code
    except httpx.TransportError:
        answer = None

    (entry,) = [e for e in await simulators.journal("sms") if e["kind"] == "request"]
    assert (entry["effect"], entry["answer"]) == (word in WITH_EFFECT, told)
    assert answer == {"status": 503, "status_after": 503, "garbage": 200}.get(word)


async def test_a_slow_one_has_no_effect_before_its_time(simulators: RunningSimulators) -> None:
    with pytest.raises(httpx.ReadTimeout):
        await simulators.sms(patience=1, **{"X-Simulate": "slow=60"})

    assert await simulators.journal("sms") == []


async def test_a_word_nobody_knows_is_refused_and_has_no_effect(simulators: RunningSimulators) -> None:
    answer = await simulators.sms(**{"X-Simulate": "explode"})

    assert answer.status_code == 400
    assert await simulators.journal("sms") == []


async def test_one_request_can_ask_for_its_own_fault(simulators: RunningSimulators) -> None:
    refused = await simulators.sms(**{"X-Simulate": "status=500"})
    taken = await simulators.sms()

    assert (refused.status_code, taken.status_code) == (500, 202)


async def test_a_rate_spoils_some_and_the_same_seed_the_same_ones(simulators: RunningSimulators) -> None:
    async def run() -> list[int]:
        await simulators.tell("sms", {"do": "status", "rate": 0.5})
        return [(await simulators.sms()).status_code for _ in range(20)]

    first, second = await run(), await run()

    assert first == second
    assert {202, 503} == set(first)


async def test_above_its_limit_it_says_when_to_come_back(simulators: RunningSimulators) -> None:
    await simulators.tell("sms", {"do": "limit", "per_second": 1})

    answers = [await simulators.sms() for _ in range(3)]

    assert [answer.status_code for answer in answers[:2]] == [202, 429]
    assert answers[1].headers["Retry-After"] == "1"


MAIL_REFUSED = {"fail": 550, "status": 554, "drop_before": "dropped", "garbage": "garbage"}
MAIL_TAKEN = {"accept_then_timeout": "none", "accept_then_drop": "dropped", "status_after": 451}


@pytest.mark.parametrize(("word", "told"), (MAIL_REFUSED | MAIL_TAKEN).items())
async def test_a_mail_server_misbehaves_too(
    simulators: RunningSimulators, word: str, told: int | str
) -> None:
    await simulators.tell("smtp", {"do": word})

    with pytest.raises((aiosmtplib.SMTPException, TimeoutError)):
        await simulators.mail("a-key", patience=patience(word))

    (entry,) = await simulators.journal("smtp")
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


async def test_a_fault_nobody_knows_is_refused_and_changes_nothing(simulators: RunningSimulators) -> None:
    await simulators.tell("sms", {"do": "status"})

    unknown = await simulators.http.put(
        f"{simulators.url('control')}/faults/sms", json={"rules": [{"do": "explode"}]}
    )
    nowhere = await simulators.http.put(f"{simulators.url('control')}/faults/fax", json={"rules": []})

    assert (unknown.status_code, nowhere.status_code) == (422, 404)
    assert (await simulators.sms()).status_code == 503
