"""HTTP routes for operations: parked messages (dead letters), the brake of the consumer, republishing."""

import logging
from dataclasses import asdict
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body
from pydantic import AfterValidator

from contracts.rules.plain_text import refuse_numbers
from kit.database.database import Database
from kit.http.web import Problem, WithCaller
from kit.kafka.consumer import Consumer
from kit.kafka.parking import Parking
from kit.kafka.relay import Relay, republish
from kit.privacy.subject_access import sealed_texts
from kit.runtime.logs import log_event

log = logging.getLogger(__name__)


def router(database: Database, parking: Parking, relay: Relay, consumer: Consumer | None) -> APIRouter:
    routes = APIRouter(prefix="/operations", tags=["operations"])
    _parked_routes(routes, database, parking, consumer)
    _search_route(routes, database, parking)
    _flow_routes(routes, database, relay, consumer)
    return routes


def _parked_routes(
    routes: APIRouter, database: Database, parking: Parking, consumer: Consumer | None
) -> None:
    @routes.get("/parked")
    async def parked() -> dict[str, Any]:
        async with database.transaction() as session:
            listed = await parking.listed(session)
        return {
            "braked": consumer is not None and consumer.braked,
            "parked": [asdict(message) for message in listed],
        }

    @routes.post("/parked/{parked_id}/replay")
    async def replay(parked_id: UUID, caller: WithCaller) -> dict[str, str]:
        if consumer is None:
            raise Problem(409, "This service takes nothing from Kafka.", code="no-consumer")
        async with database.transaction() as session:
            record = await parking.lock(session, parked_id)
            if record is None:
                raise Problem(404, "No message is parked under that id.", code="not-parked")
            reason = await consumer.replay(session, record)
            if reason is not None:
                raise Problem(409, f"It still cannot be handled: {reason}", code="still-unhandled")
            await parking.conclude(session, parked_id, "replayed")
        log_event(log, "replayed a parked message", parked_id=parked_id, by=caller.name)
        return {"state": "replayed"}

    @routes.post("/parked/{parked_id}/discard")
    async def discard(
        parked_id: UUID,
        caller: WithCaller,
        why: Annotated[str, AfterValidator(refuse_numbers), Body(embed=True, min_length=3, max_length=500)],
    ) -> dict[str, str]:
        async with database.transaction() as session:
            if not await parking.conclude(session, parked_id, "discarded", why):
                raise Problem(404, "No message is parked under that id.", code="not-parked")
        log_event(log, "discarded a parked message", parked_id=parked_id, by=caller.name)
        return {"state": "discarded"}


def _search_route(routes: APIRouter, database: Database, parking: Parking) -> None:
    @routes.get("/parked/about/{key}")
    async def about(key: UUID) -> dict[str, list[str]]:
        """Return only the sealed values of all messages ever parked under a key."""
        async with database.transaction() as session:
            records = await parking.about(session, str(key).encode())
        return {"sealed": [value for record in records for value in sealed_texts(record.value or b"")]}


def _flow_routes(routes: APIRouter, database: Database, relay: Relay, consumer: Consumer | None) -> None:
    @routes.post("/brake/release")
    async def release(caller: WithCaller) -> dict[str, str]:
        if consumer is None or not consumer.release():
            raise Problem(409, "The brake is not on.", code="not-braked")
        log_event(log, "released the brake", by=caller.name)
        return {"state": "released"}

    @routes.post("/republish")
    async def republish_all(caller: WithCaller) -> dict[str, int]:
        async with database.transaction() as session:
            events = await republish(session)
        relay.woken()
        log_event(log, "republishing the outbox", by=caller.name, events=events)
        return {"events": events}
