"""The client and the simulated register, joined over a real socket."""

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import httpx
import pytest
from lxml import etree
from starlette.applications import Starlette

from services.routing.domain.register_entry import (
    CprStatus,
    Custody,
    CustodyKind,
    FailureReason,
    LookUpFailed,
    NotFound,
    Protection,
    RegisterAnswer,
)
from services.routing.register.request import build_request
from services.routing.register.sf1520 import Sf1520Register, Sf1520Settings
from simulators import cpr
from simulators.faults import Do, Rule, Rules
from simulators.journal import Journal
from simulators.web import LOOPBACK, Listener
from tests.unit.routing.cases import CHILD_BORN, MOTHER, OTHER, PERSON
from tests.unit.routing.sf1520_schema import published_schema

PEOPLE = (
    cpr.Person(
        cpr=PERSON,
        name="Test, Magnus",
        birth_date=CHILD_BORN.isoformat(),
        municipality="0101",
        road_code=9910,
        protected=True,
        digital_post=False,
        mother=MOTHER,
        custody=[cpr.Custody(kind=3, since="2015-03-01")],
    ),
    cpr.Person(
        cpr=MOTHER,
        current_cpr=MOTHER,
        name="Test, Ida",
        birth_date="1960-01-02",
        municipality="0751",
        street="Møllestien",
        house_number="7",
        postcode="8000",
        city="Aarhus C",
        nemsms=True,
    ),
)


class Simulated:
    def __init__(self, register: cpr.CprRegister, url: str) -> None:
        self.register = register
        self.url = url


@pytest.fixture
async def simulated(tmp_path: Path) -> AsyncIterator[Simulated]:
    register = cpr.CprRegister(Journal(tmp_path / "cpr.jsonl"))
    register.add(PEOPLE)
    listener = Listener(Starlette(routes=register.routes))
    port = await listener.start(0)
    yield Simulated(register, f"http://{LOOPBACK}:{port}")
    await listener.stop()
    await register.journal.close()


async def test_what_the_register_was_told_is_what_we_read(simulated: Simulated) -> None:
    async with Sf1520Register(Sf1520Settings(simulated.url)) as client:
        answers = await client.look_up([PERSON, MOTHER, OTHER])

    assert answers[PERSON] == RegisterAnswer(
        PERSON,
        name="Test, Magnus",
        status=CprStatus.RESIDENT,
        birth_date=CHILD_BORN,
        municipality="0101",
        road_code=9910,
        protection=Protection(stated=True),
        custody=(Custody(CustodyKind.MOTHER, MOTHER, since=date(2015, 3, 1)),),
        digital_post=False,
        nemsms=False,
    )
    assert answers[MOTHER] == RegisterAnswer(
        MOTHER,
        name="Test, Ida",
        current_cpr=MOTHER,
        status=CprStatus.RESIDENT,
        birth_date=date(1960, 1, 2),
        municipality="0751",
        digital_post=True,
        nemsms=True,
    )
    assert answers[OTHER] == NotFound()


async def test_a_register_told_to_fail_is_read_as_failing(simulated: Simulated) -> None:
    simulated.register.faults.apply(Rules(rules=[Rule(do=Do.STATUS, times=1)]))
    async with Sf1520Register(Sf1520Settings(simulated.url, attempts=1)) as client:
        first = await client.look_up([PERSON])
        second = await client.look_up([PERSON])

    assert first == {PERSON: LookUpFailed(FailureReason.SERVER_ERROR)}
    assert isinstance(second[PERSON], RegisterAnswer)


@pytest.mark.published
@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.name)
async def test_what_the_simulated_register_answers_is_valid_by_the_published_schema(
    simulated: Simulated, person: cpr.Person, tmp_path: Path
) -> None:
    async with httpx.AsyncClient() as client:
        answer = await client.post(simulated.url, content=build_request(person.cpr))

    published_schema(tmp_path).assertValid(etree.fromstring(answer.content)[0][0])
