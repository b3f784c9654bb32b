"""HTTP in: authorities of a date, where everybody is, the triage queue, a person's decisions."""

from fastapi import APIRouter, Depends, Request

from kit.clock import Clock
from kit.database import Database
from kit.keyring import Keyring
from services.routing.api import authorities, cases, decisions, triage
from services.routing.api.office import Office
from services.routing.domain.authority import Authorities


def routes(database: Database, keyring: Keyring, table: Authorities, clock: Clock) -> APIRouter:
    office = Office(database, keyring, table, clock)

    async def provide(request: Request) -> None:
        request.state.office = office

    router = APIRouter(dependencies=[Depends(provide)])
    for part in (authorities, cases, triage, decisions):
        router.include_router(part.router)
    return router
