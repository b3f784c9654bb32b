"""The control port: set faults, read the journals, add people to the register."""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Protocol

from pydantic import TypeAdapter, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from simulators.cpr import CprRegister, Person
from simulators.faults import Faults, Rules
from simulators.journal import Journal

_PEOPLE = TypeAdapter(list[Person])


class Simulator(Protocol):
    @property
    def journal(self) -> Journal: ...
    @property
    def faults(self) -> Faults: ...


class Control:
    """`simulators` by name. An unknown name is 404; an invalid body is 422 and changes nothing."""

    def __init__(self, simulators: Mapping[str, Simulator], register: CprRegister) -> None:
        self._simulators = simulators
        self._register = register
        self.app = Starlette(
            routes=[
                Route("/health", lambda _: JSONResponse(sorted(simulators)), methods=["GET"]),
                Route("/faults/{simulator}", self._set_faults, methods=["PUT"]),
                Route("/journals/{simulator}", self._journal, methods=["GET"]),
                Route("/journals/{simulator}/counts", self._counts, methods=["GET"]),
                Route("/cpr/people", self._people, methods=["POST"]),
            ],
            exception_handlers={KeyError: _unknown, ValueError: _unreadable},
        )

    async def _set_faults(self, request: Request) -> Response:
        simulator = self._named(request)
        simulator.faults.apply(Rules.model_validate_json(await request.body()))
        return JSONResponse(simulator.faults.rules.model_dump(mode="json"))

    async def _journal(self, request: Request) -> Response:
        journal = self._named(request).journal
        since = int(request.query_params.get("since", "0"))

        async def lines() -> AsyncIterator[bytes]:
            for entry in journal.entries(since):
                yield json.dumps(entry).encode() + b"\n"

        return StreamingResponse(lines(), media_type="application/x-ndjson")

    async def _counts(self, request: Request) -> Response:
        return JSONResponse(dict(self._named(request).journal.counts))

    async def _people(self, request: Request) -> Response:
        people = _PEOPLE.validate_json(await request.body())
        self._register.add(people)
        return JSONResponse({"people": len(people)})

    def _named(self, request: Request) -> Simulator:
        return self._simulators[request.path_params["simulator"]]


async def _unknown(_request: Request, _error: Exception) -> Response:
    return JSONResponse({"problem": "there is no simulator of that name"}, 404)


async def _unreadable(_request: Request, error: Exception) -> Response:
    problems = (
        error.errors(include_input=False, include_url=False) if isinstance(error, ValidationError) else []
    )
    return JSONResponse({"problem": json.loads(json.dumps(problems, default=str))}, 422)
