"""The record disclosed with a handover, as JSON and as PDF for the authority's journal."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter, Response

from contracts.events.audit import PersonalDataSeen
from kit.database import outbox
from kit.http.web import Caller, Problem, WithCaller
from kit.privacy.sealing import Unopenable
from services.routing.api.dependencies import Dependencies, WithDependencies, person_erased
from services.routing.api.handovers import unknown_handover
from services.routing.documents.consents import document_consents
from services.routing.documents.record import HandoverRecord, as_json, open_record
from services.routing.domain.handover import HandoverState
from services.routing.store import consents, decisions, handover_lists, handover_replies, relations
from services.routing.store.handover_lists import DisclosedHandover

router = APIRouter(tags=["handovers"])
_READABLE: Final = (HandoverState.OFFERED, HandoverState.ACCEPTED, HandoverState.CONTACTED)


@router.get("/handovers/{handover_id}/record")
async def record(handover_id: UUID, caller: WithCaller, deps: WithDependencies) -> dict[str, Any]:
    """Return the disclosed record, opened. The access is recorded in the audit log first."""
    return as_json(await _read(handover_id, caller, deps, "handover record"))


@router.get("/handovers/{handover_id}/record.pdf", response_class=Response)
async def print_pdf(handover_id: UUID, caller: WithCaller, deps: WithDependencies) -> Response:
    assets = _assets(deps)
    found = await _read(handover_id, caller, deps, "handover record printed")
    pdf = await asyncio.to_thread(_print, found, assets, deps.clock.now())
    names = {"Content-Disposition": f'inline; filename="overdragelse-{handover_id}.pdf"'}
    return Response(pdf, media_type="application/pdf", headers=names)


def _print(found: HandoverRecord, assets: Path, now: datetime) -> bytes:
    from services.routing.documents.record_pdf import print_record  # noqa: PLC0415 - 35 MB that few processes need

    return print_record(found, assets, now)


async def _read(handover_id: UUID, caller: Caller, deps: Dependencies, purpose: str) -> HandoverRecord:
    async with deps.database.transaction() as session:
        owner = await handover_replies.find_registration(session, handover_id)
        told = await consents.list_of_person(session, owner) if owner is not None else []
    if owner is None:
        raise unknown_handover()
    keys = await deps.keyring.read({owner, *(row.sealed_for for row in told)})
    async with deps.database.transaction() as session:
        row = _require_readable(
            await handover_lists.lock_shared_record(session, handover_id), deps.clock.now()
        )
        if owner not in keys:
            raise person_erased()
        passed = await handover_lists.list_disclosures(session, handover_id)
        decided = await decisions.list_decisions(session, owner)
        try:
            said = document_consents(told, keys), await relations.list_of_person(session, owner)
            found = open_record(row, keys[owner], passed, decided, said, deps.authorities)
        except Unopenable:
            raise _unreadable() from None
        await outbox.emit(session, [_data_seen(found, caller, deps, purpose)])
    return found


def _require_readable(row: DisclosedHandover | None, now: datetime) -> DisclosedHandover:
    """Return the row; raise a Problem if the handover is closed or its consent has expired."""
    if row is None:
        raise unknown_handover()
    if row.state not in _READABLE:
        raise Problem(
            409,
            f"The handover is {row.state}. Its record is no longer disclosed to that authority.",
            code="not-passed-on",
        )
    if row.consent_expires_at is None or row.consent_expires_at <= now:
        raise Problem(
            409, "The consent has expired. Nothing is disclosed. Obtain a new consent.", code="expired"
        )
    return row


def _unreadable() -> Problem:
    return Problem(
        409,
        "The sealed data of the person cannot be opened. Correct the registration.",
        code="unreadable",
    )


def _assets(deps: Dependencies) -> Path:
    if deps.assets_dir is None:
        raise Problem(503, "The fonts for printing are missing. Set FOLGESKAB_ASSETS_DIR.", code="no-fonts")
    return deps.assets_dir


def _data_seen(found: HandoverRecord, caller: Caller, deps: Dependencies, purpose: str) -> PersonalDataSeen:
    return PersonalDataSeen(
        incident_id=found.row.incident_id,
        exercise=found.row.exercise,
        registration_id=found.row.registration_id,
        actor=caller.name,
        field_sets=found.field_sets,
        purpose=purpose,
        seen_at=deps.clock.now(),
    )
