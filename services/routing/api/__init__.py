"""HTTP in: authorities, cases, the triage queue, overrides, handovers."""

from pathlib import Path

from fastapi import APIRouter, Depends, Request

from kit.database.database import Database
from kit.http.subject_access import subject_access_routes
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
    triage,
)
from services.routing.api.dependencies import Dependencies
from services.routing.api.subject_access import SUBJECT_ACCESS
from services.routing.authorities.directory import AuthorityDirectory
from services.routing.domain.deadlines import DEFAULT_DEADLINES, Deadlines


def routes(
    database: Database,
    keyring: Keyring,
    directory: AuthorityDirectory,
    clock: Clock,
    deadlines: Deadlines = DEFAULT_DEADLINES,
    *,
    assets_dir: Path | None = None,
) -> APIRouter:
    async def provide(request: Request) -> None:
        table = (await directory.edition()).authorities
        request.state.deps = Dependencies(database, keyring, table, clock, directory, deadlines, assets_dir)

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
        records,
        redecision,
    ):
        router.include_router(part.router)
    router.include_router(subject_access_routes(database, keyring, clock, SUBJECT_ACCESS))
    return router
