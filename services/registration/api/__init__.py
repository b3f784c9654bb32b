"""The HTTP API: incidents, registrations, imports, consents."""

import re
from typing import Final

from fastapi import APIRouter, Depends, Request

from kit.http.subject_access import subject_access_routes
from kit.runtime.clock import Clock
from services.registration.api import (
    batches,
    consents,
    contact_restrictions,
    corrections,
    duplicates,
    erasure,
    imports,
    incident_changes,
    incidents,
    registrations,
    relations,
    retention,
    search,
    wordings,
)
from services.registration.api.dependencies import Dependencies
from services.registration.api.subject_access import SUBJECT_ACCESS
from services.registration.resources import Resources

LARGE: Final[dict[re.Pattern[str], int | None]] = {
    re.compile(r"/incidents/[^/]+/imports"): None,  # files are read in pieces
    re.compile(r"/incidents/[^/]+/batches"): 20 * 1024 * 1024,  # registrations that a device stored offline
}


def routes(
    resources: Resources, clock: Clock, *, import_batch: int, import_largest_bytes: int = 50_000_000
) -> APIRouter:
    """Build the router. `import_batch`: rows per transaction. `import_largest_bytes`: limit of a workbook."""
    deps = Dependencies(resources, clock, import_batch, import_largest_bytes)

    async def provide(request: Request) -> None:
        request.state.deps = deps

    router = APIRouter(dependencies=[Depends(provide)])
    for part in (
        incidents,
        registrations,
        imports,
        consents,
        erasure,
        search,
        incident_changes,
        corrections,
        relations,
        contact_restrictions,
        batches,
        duplicates,
        wordings,
        retention,
    ):
        router.include_router(part.router)
    router.include_router(subject_access_routes(resources.database, resources.keyring, clock, SUBJECT_ACCESS))
    return router
