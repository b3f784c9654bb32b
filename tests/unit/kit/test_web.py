"""The HTTP defaults of every service: problem details, headers, the caller."""

import json
import logging
from collections.abc import AsyncIterator
from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import asyncpg
import httpx
import pytest
import sqlalchemy as sa
from fastapi import Body
from pydantic import AwareDatetime, BaseModel, Field

from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError
from kit.http.edge import SECURITY_HEADERS
from kit.http.web import Problem, WithCaller, make_app
from kit.runtime import logs

SECRET = "2512489996"


class Kind(StrEnum):
    A = "a"
    B = "b"


class Visit(BaseModel, extra="forbid"):
    id: UUID
    at: AwareDatetime
    born: date
    kind: Kind
    name: str = Field(min_length=1)


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = make_app("test")

    @app.post("/people")
    async def register(caller: WithCaller, age: Annotated[int, Body(embed=True)]) -> dict[str, str]:
        if age < 0:
            raise Problem(409, "Nobody is that young.", errors=[("age", "below zero")], code="too-young")
        return {"by": caller.name}

    @app.post("/visits")
    async def visit(body: Visit) -> dict[str, str]:
        return {"name": body.name}

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
        "code": "too-young",
        "title": "Nobody is that young.",
        "status": 409,
        "errors": [{"field": "age", "reason": "below zero"}],
        "request_id": answer.headers["x-request-id"],
    }


async def test_an_invalid_field_is_named_and_its_value_is_not_repeated(client: httpx.AsyncClient) -> None:
    answer = await client.post("/people", json={"age": SECRET + "x"})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "age"
    assert SECRET not in answer.text


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"id": "a1"}, FieldError("id", ErrorCode.NOT_AN_ID)),
        ({"at": "2026-11-24T12:00:00"}, FieldError("at", ErrorCode.NOT_A_TIMESTAMP)),
        ({"at": "i går"}, FieldError("at", ErrorCode.NOT_A_TIMESTAMP)),
        ({"born": "31-12-1980"}, FieldError("born", ErrorCode.NOT_A_DATE)),
        ({"kind": "c"}, FieldError("kind", ErrorCode.NOT_ALLOWED, values=("a", "b"))),
        ({"name": ""}, FieldError("name", ErrorCode.MISSING)),
        ({"nmae": "Ida"}, FieldError("nmae", ErrorCode.UNKNOWN_FIELD)),
    ],
)
async def test_a_validation_error_has_a_code_and_says_what_to_write_instead(
    client: httpx.AsyncClient, changed: dict[str, str], error: FieldError
) -> None:
    visit = {"id": str(UUID(int=1)), "at": "2026-11-24T12:00:00Z", "born": "1980-12-31", "kind": "a"}

    answer = await client.post("/visits", json={**visit, "name": "Ida", **changed})

    (told,) = answer.json()["errors"]
    assert FieldError.of_document(told) == error
    assert told["reason"] == error.text


async def test_a_body_that_is_not_json_in_utf_8_is_refused_as_a_whole(client: httpx.AsyncClient) -> None:
    sent = [b"{", '{"name": "Åse"}'.encode("latin-1")]

    answers = [
        await client.post("/visits", content=one, headers={"content-type": "application/json"})
        for one in sent
    ]

    assert [answer.status_code for answer in answers] == [422, 400]
    assert [answer.json()["errors"][0]["field"] for answer in answers] == ["body", "body"]


async def test_an_unknown_path_is_a_problem_too(client: httpx.AsyncClient) -> None:
    answer = await client.get("/nowhere")

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_request_must_name_its_caller(client: httpx.AsyncClient) -> None:
    named = await client.post("/people", json={"age": 1})
    unnamed = await client.post("/people", json={"age": 1}, headers={"X-Actor": "  "})

    assert named.json() == {"by": "Anna"}
    assert unnamed.status_code == 401
    assert unnamed.json()["errors"] == [FieldError("X-Actor", ErrorCode.MISSING).document()]


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://console.test.evil.example", "null", "http://["]
)
async def test_a_change_asked_for_by_another_site_is_refused(client: httpx.AsyncClient, origin: str) -> None:
    foreign = await client.post("/people", json={"age": 1}, headers={"Origin": origin})
    own = await client.post("/people", json={"age": 1}, headers={"Origin": "http://console.test"})

    assert foreign.status_code == 403
    assert own.status_code == 200


async def test_every_answer_has_the_security_headers(client: httpx.AsyncClient) -> None:
    for answer in (await client.get("/metrics"), await client.get("/nowhere")):
        assert {name: answer.headers.get(name) for name in SECURITY_HEADERS} == SECURITY_HEADERS


@pytest.mark.parametrize(
    "outage",
    [
        ConnectionRefusedError("nobody listens"),
        asyncpg.DiskFullError("no space left on device"),
        asyncpg.TooManyConnectionsError("too many clients already"),
        sa.exc.TimeoutError("the pool has no connection left"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_a_request_gets_503_and_retry_after_while_the_database_is_away(outage: Exception) -> None:
    app = make_app("test")

    @app.post("/people")
    async def register() -> None:
        raise outage

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        answer = await client.post("/people")

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert answer.json()["type"] == "urn:folgeskab:database-away"


async def test_an_error_in_the_query_itself_is_no_outage() -> None:
    app = make_app("test")

    @app.post("/people")
    async def register() -> None:
        raise asyncpg.UndefinedColumnError("there is no such column")

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        with pytest.raises(asyncpg.UndefinedColumnError):
            await client.post("/people")


async def test_a_problem_carries_the_request_id_of_its_response(client: httpx.AsyncClient) -> None:
    answers = [
        await client.post("/people", json={"age": -1}),
        await client.post("/people", json={"age": "x"}),
        await client.get("/nowhere"),
        await client.post("/people", json={"age": 1}, headers={"Origin": "http://evil.example"}),
    ]

    for answer in answers:
        assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert len({answer.headers["x-request-id"] for answer in answers}) == len(answers)


@pytest.mark.parametrize(("given", "kept"), [("a1b2c3d4-e5", True), ("x" * 65, False), ("Ida Test", False)])
async def test_a_valid_request_id_of_the_caller_is_kept(
    client: httpx.AsyncClient,
    given: str,
    kept: bool,  # noqa: FBT001 - the two outcomes
) -> None:
    answer = await client.get("/metrics", headers={"X-Request-Id": given})

    assert (answer.headers["x-request-id"] == given) is kept


async def test_an_internal_error_is_a_problem_with_the_request_id_of_its_log_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    app = make_app("test")

    @app.get("/broken")
    async def broken() -> None:
        logs.log_event(logging.getLogger("test"), "about to break")
        raise ValueError(SECRET)

    logs.configure("test")
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as made:
        answer = await made.get("/broken")

    [line] = [json.loads(each) for each in capsys.readouterr().err.splitlines() if "about to break" in each]
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["request_id"] == answer.headers["x-request-id"] == line["request_id"]
    assert SECRET not in answer.text
