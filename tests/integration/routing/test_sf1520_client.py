"""The SF1520 client over real sockets, against a register that is told how to behave."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import date

import pytest

from contracts.events import personal
from contracts.events.vocabulary import AgeBand
from deploy.local.people import invent
from services.routing import metrics
from services.routing.domain.register_entry import (
    CprStatus,
    FailureReason,
    LookUpFailed,
    NotFound,
    RegisterAnswer,
)
from services.routing.register.sf1520 import Sf1520Register, Sf1520Settings
from services.routing.use_cases.look_up_people import RegisterLookUps
from tests.unit.routing.register_server import OTHER, PERSON, Register, Reply, fault, person, running


@pytest.fixture
async def register() -> AsyncIterator[Register]:
    async with running(Register()) as started:
        yield started


Client = Callable[..., Sf1520Register]


@pytest.fixture
async def client(register: Register) -> AsyncIterator[Client]:
    made: list[Sf1520Register] = []

    def make(**changes: object) -> Sf1520Register:
        settings = Sf1520Settings(register.url, first_pause=0.001, longest_pause=0.002)
        made.append(Sf1520Register(replace(settings, **changes)))  # type: ignore[arg-type]  # the test's own words
        return made[-1]

    yield make
    for one in made:
        await one.close()


def answering(register: Register, reply: Callable[[str], Reply | None]) -> None:
    async def answer(cpr: str) -> Reply | None:
        return reply(cpr)

    behave(register, answer)


def behave(register: Register, reply: Callable[[str], Awaitable[Reply | None]]) -> None:
    register.reply = reply  # type: ignore[method-assign,assignment]  # the test tells it how to behave


async def test_answers_for_each_number_once_over_kept_connections(register: Register, client: Client) -> None:
    cprs = [PERSON, OTHER, PERSON, *(f"{number:010}" for number in range(200))]

    answers = await client(at_once=4).look_up(cprs)

    assert list(answers) == list(dict.fromkeys(cprs))
    assert answers[PERSON] == RegisterAnswer(PERSON, status=CprStatus.RESIDENT, municipality="0751")
    assert sorted(register.asked) == sorted(answers)
    assert register.connections <= 4


async def test_nobody_to_look_up_is_no_call(register: Register, client: Client) -> None:
    assert await client().look_up([]) == {}
    assert register.asked == []


async def test_never_more_calls_at_once_than_allowed(register: Register, client: Client) -> None:
    in_flight, peak, full = 0, 0, asyncio.Event()

    async def reply(cpr: str) -> Reply:
        nonlocal in_flight, peak
        in_flight += 1
        peak = max(peak, in_flight)
        if in_flight == 3:
            full.set()
        await full.wait()
        in_flight -= 1
        return person(cpr)

    behave(register, reply)

    shared = client(at_once=3)
    await asyncio.gather(
        *(shared.look_up([f"{start + number:010}" for number in range(10)]) for start in (0, 100))
    )

    assert peak == 3


async def test_a_batch_of_two_thousand_is_asked_about_twenty_at_a_time_and_its_rate_is_told(
    register: Register, client: Client
) -> None:
    in_flight, peak, full = 0, 0, asyncio.Event()

    async def reply(cpr: str) -> Reply:
        nonlocal in_flight, peak
        in_flight += 1
        peak = max(peak, in_flight)
        if in_flight == 20:
            full.set()
        await full.wait()
        in_flight -= 1
        return person(cpr)

    behave(register, reply)
    before = metrics.REGISTER_ANSWERS.labels("found")._value.get()
    numbers = [one.cpr for one in invent(2000, seed=5)]
    identities = [personal.Identity((personal.Identifier("cpr", cpr),)) for cpr in numbers]
    asking = RegisterLookUps(client(at_once=20), date(2026, 11, 24))

    await asking.look_up([(identity, AgeBand.ADULT) for identity in identities])

    assert set(asking.answers) == set(numbers)
    assert peak == 20
    assert register.connections <= 20
    assert metrics.REGISTER_ANSWERS.labels("found")._value.get() == before + 2000


async def test_an_unknown_person_is_not_found_and_not_asked_again(register: Register, client: Client) -> None:
    answering(register, lambda cpr: fault("PNR not found") if cpr == PERSON else person(cpr))

    answers = await client().look_up([PERSON, OTHER])

    assert answers[PERSON] == NotFound()
    assert isinstance(answers[OTHER], RegisterAnswer)
    assert register.asked.count(PERSON) == 1


async def test_a_register_that_does_not_answer_in_time_has_failed(register: Register, client: Client) -> None:
    never = asyncio.Event()

    async def reply(cpr: str) -> Reply:
        await never.wait()
        return person(cpr)

    behave(register, reply)

    answers = await client(time_limit=0.05, attempts=2).look_up([PERSON])

    assert answers == {PERSON: LookUpFailed(FailureReason.TIME_LIMIT)}
    assert len(register.asked) == 2


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ((500, b"oops"), FailureReason.SERVER_ERROR),
        ((503, b""), FailureReason.SERVER_ERROR),
        ((429, b""), FailureReason.SERVER_ERROR),
        (fault("The system is not available"), FailureReason.SERVER_ERROR),
        (None, FailureReason.UNREACHABLE),
    ],
)
async def test_a_passing_trouble_is_tried_again_and_then_failed(
    register: Register, client: Client, reply: Reply | None, reason: FailureReason
) -> None:
    answering(register, lambda _: reply)

    answers = await client(attempts=3).look_up([PERSON])

    assert answers == {PERSON: LookUpFailed(reason)}
    assert len(register.asked) == 3


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ((200, b"<html>a proxy in between"), FailureReason.MALFORMED),
        ((200, b"x" * 2_000_000), FailureReason.MALFORMED),
        (person(OTHER), FailureReason.MALFORMED),
        ((403, b""), FailureReason.REFUSED),
        ((302, b""), FailureReason.REFUSED),
        ((404, fault("PNR not found")[1]), FailureReason.REFUSED),
    ],
)
async def test_what_another_try_cannot_mend_fails_at_once(
    register: Register, client: Client, reply: Reply, reason: FailureReason
) -> None:
    answering(register, lambda _: reply)

    assert await client().look_up([PERSON]) == {PERSON: LookUpFailed(reason)}
    assert len(register.asked) == 1


async def test_recovers_when_a_later_try_answers(register: Register, client: Client) -> None:
    answering(register, lambda cpr: person(cpr) if len(register.asked) > 2 else (503, b""))

    answers = await client(attempts=3).look_up([PERSON])

    assert isinstance(answers[PERSON], RegisterAnswer)


async def test_after_many_failures_in_a_row_nobody_is_asked_about(register: Register, client: Client) -> None:
    answering(register, lambda _: (503, b""))

    answers = await client(at_once=1, attempts=2, breaker_after=4).look_up([f"{n:010}" for n in range(50)])

    assert len(register.asked) == 4
    assert set(answers.values()) == {
        LookUpFailed(FailureReason.SERVER_ERROR),
        LookUpFailed(FailureReason.CIRCUIT_OPEN),
    }


async def test_a_register_that_is_not_there_has_failed(client: Client, register: Register) -> None:
    nowhere = register.url.replace(register.url.split(":")[2].split("/")[0], "1")

    assert await client(url=nowhere).look_up([PERSON]) == {PERSON: LookUpFailed(FailureReason.UNREACHABLE)}


async def test_no_log_and_no_address_ever_holds_a_number(
    register: Register, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    for logger in ("", "httpx", "httpcore"):  # a service made in an earlier test has quietened the clients
        caplog.set_level(logging.DEBUG, logger=logger)

    await client().look_up([PERSON])

    assert caplog.records
    assert PERSON not in caplog.text
    assert PERSON not in "".join(register.paths)
