"""HTTP in: authorities of a date, where everybody is, the triage queue, a person's decisions."""

from fastapi import APIRouter, Depends, Request

from kit.database.database import Database
from kit.privacy.keyring import Keyring
from kit.runtime.clock import Clock
from services.routing.api import (
    authorities,
    authority_imports,
    cases,
    contact_points,
    decisions,
    explanations,
    handovers,
    overrides,
    records,
    redecision,
    responsible,
    subject_access,
    triage,
)
from services.routing.api.dependencies import USUAL_RULES, Office, Rules
from services.routing.authorities.directory import Directory


def routes(
    database: Database, keyring: Keyring, directory: Directory, clock: Clock, rules: Rules = USUAL_RULES
) -> APIRouter:
    async def provide(request: Request) -> None:
        table = (await directory.edition()).authorities
        request.state.office = Office(database, keyring, table, clock, directory, rules)

    router = APIRouter(dependencies=[Depends(provide)])
    for part in (
        authorities,
        authority_imports,
        contact_points,
        cases,
        triage,
        overrides,
        decisions,
        responsible,
        handovers,
        explanations,
        subject_access,
        records,
        redecision,
    ):
        router.include_router(part.router)
    return router
