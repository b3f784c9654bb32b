"""An SMS gateway: JSON over HTTP, delivery reports pushed. A reference sent again is sent again."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators.faults import Do, Faults, Plan
from simulators.journal import Journal, hashed
from simulators.receipts import Receipt, Receipts
from simulators.web import answered, misbehave, plan_of


class Message(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reference: str = Field(min_length=1, max_length=100)
    to: str = Field(pattern=r"^\+\d{6,15}$")
    text: str = Field(min_length=1, max_length=1600)


class SmsGateway:
    def __init__(self, journal: Journal, receipts: Receipts) -> None:
        self.journal = journal
        self.faults = Faults()
        self._receipts = receipts
        self._taken = {  # the last by reference; also those of the run before
            entry["key"]: _known(entry["key"], entry["id"]) for entry in journal.entries() if "id" in entry
        }
        self.routes = [
            Route("/messages", self.take, methods=["POST"]),
            Route("/messages/{reference}", self.look_up, methods=["GET"]),
        ]

    async def take(self, request: Request) -> Response:
        try:
            message = Message.model_validate_json(await request.body())
        except ValidationError as error:
            wrong = {str(problem["loc"][0]) for problem in error.errors() if problem["loc"]}
            await self.journal.append("request", effect=False, answer=422)
            return JSONResponse({"code": "invalid_number" if wrong == {"to"} else "invalid"}, 422)
        plan = plan_of(self.faults, request, message.to)
        fields = {"key": message.reference, "recipient": hashed(message.to)}

        async def note(answer: int | str) -> None:
            await self.journal.append("request", **fields, effect=False, answer=answer)

        async def answer() -> Response:
            known = _known(message.reference, str(uuid4()))
            await self.journal.append(
                "request", **fields, effect=True, answer=answered(plan, 202), id=known["id"]
            )
            self._taken[message.reference] = known
            self._receipts.plan(plan, _reports(known, plan))
            return JSONResponse(known, 202)

        return await misbehave(request, plan, answer, note)

    async def look_up(self, request: Request) -> Response:
        reference = request.path_params["reference"]
        known = self._taken.get(reference)
        await self.journal.append("enquiry", key=reference, answer=200 if known else 404)
        return JSONResponse(known) if known else JSONResponse({"code": "unknown"}, 404)


def _known(reference: str, own: str) -> dict[str, Any]:
    return {"reference": reference, "id": own, "status": "accepted"}


def _reports(known: dict[str, Any], plan: Plan) -> list[Receipt]:
    failure = plan.get(Do.FAIL)
    last = {"status": "failed", "code": failure.code} if failure else {"status": "delivered"}
    return [_report(known, fields) for fields in ({"status": "sent"}, last)]


def _report(known: dict[str, Any], fields: dict[str, str]) -> Receipt:
    at = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    body = {"reference": known["reference"], "id": known["id"], "at": at} | fields
    return Receipt(known["reference"], fields["status"], json.dumps(body).encode())
