"""HTTP defaults every service has: problems that name field and reason, headers, who calls, from where."""

from collections.abc import AsyncIterator
from typing import Annotated

import httpx
import pytest
from fastapi import Body

from kit.web import SECURITY_HEADERS, Problem, WithCaller, make_app

SECRET = "2512489996"


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = make_app("test")

    @app.post("/people")
    async def register(caller: WithCaller, age: Annotated[int, Body(embed=True)]) -> dict[str, str]:
        if age < 0:
            raise Problem(409, "Nobody is that young.", errors=[("age", "below zero")], code="too-young")
        return {"by": caller.name}

    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://console.test", headers={"X-Actor": " Anna "}
    ) as made:
        yield made


async def test_a_refusal_is_a_problem_that_names_field_and_reason(client: httpx.AsyncClient) -> None:
    answer = await client.post("/people", json={"age": -1})

    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "urn:folgeskab:too-young",
        "title": "Nobody is that young.",
        "status": 409,
        "errors": [{"field": "age", "reason": "below zero"}],
    }


async def test_an_invalid_field_is_named_and_its_value_is_not_repeated(client: httpx.AsyncClient) -> None:
    answer = await client.post("/people", json={"age": SECRET + "x"})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "age"
    assert SECRET not in answer.text


async def test_an_unknown_path_is_a_problem_too(client: httpx.AsyncClient) -> None:
    answer = await client.get("/nowhere")

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_caller_says_who_it_is(client: httpx.AsyncClient) -> None:
    named = await client.post("/people", json={"age": 1})
    unnamed = await client.post("/people", json={"age": 1}, headers={"X-Actor": "  "})

    assert named.json() == {"by": "Anna"}
    assert unnamed.status_code == 401
    assert unnamed.json()["errors"] == [{"field": "X-Actor", "reason": "missing"}]


@pytest.mark.parametrize("origin", ["https://evil.example", "http://console.test.evil.example", "null"])
async def test_a_change_asked_for_by_another_site_is_refused(client: httpx.AsyncClient, origin: str) -> None:
    foreign = await client.post("/people", json={"age": 1}, headers={"Origin": origin})
    own = await client.post("/people", json={"age": 1}, headers={"Origin": "http://console.test"})

    assert foreign.status_code == 403
    assert own.status_code == 200


async def test_every_answer_has_the_security_headers(client: httpx.AsyncClient) -> None:
    for answer in (await client.get("/metrics"), await client.get("/nowhere")):
        assert {name: answer.headers.get(name) for name in SECURITY_HEADERS} == SECURITY_HEADERS
