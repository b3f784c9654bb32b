"""Pages: upload a file of people, follow its progress, and show the report of rejected rows."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.requests import ClientDisconnect

from kit.runtime.ids import new_id
from services.console.clients.service_client import Document, Ok, ProblemResponse, Unavailable
from services.console.pages.handovers.routes import document_response
from services.console.pages.imports import view as views
from services.console.pages.incidents.context import head_context
from services.console.web.dependencies import Dependencies
from services.console.web.multipart_stream import InvalidUploadError, MultipartStream
from services.console.web.renderer import NO_NAME, Alert, alert_of, go, nothing
from services.console.web.session import Visitor, WithVisitor

_STATED: Final = ("wording", "obtained_by", "witness", "consented_at", "channels")
_UNTOUCHED: Final[Mapping[str, str]] = {"dry_run": "yes"}
_NO_FILE = Alert("no-file", "", status=422)
_BAD_UPLOAD = Alert("bad-upload", "", status=422)


LARGE: Final[dict[re.Pattern[str], int | None]] = {
    re.compile(r"/incidents/[^/]+/imports"): None  # files, streamed to registration
}


def routes(deps: Dependencies) -> APIRouter:
    router = APIRouter(prefix="/incidents/{incident_id}/imports", include_in_schema=False)
    _add_upload(router, deps)
    _add_reports(router, deps)
    _add_good_rows(router, deps)
    return router


def _add_upload(router: APIRouter, deps: Dependencies) -> None:
    @router.get("")
    async def imports(request: Request, visitor: WithVisitor, incident_id: UUID) -> Response:
        return await _show(deps, request, visitor, incident_id)

    @router.post("")
    async def send(request: Request, visitor: WithVisitor, incident_id: UUID) -> Response:
        """Stream the file to registration. The page follows it by the import id it chose."""
        if not visitor.name:
            return await _show(deps, request, visitor, incident_id, NO_NAME)
        try:
            upload = MultipartStream(request.headers.get("content-type", ""), aiter(request.stream()))
            fields = await upload.begin()
            import_id = UUID(fields.get("import_id", ""))
        except (InvalidUploadError, ValueError, ClientDisconnect):
            return await _show(deps, request, visitor, incident_id, _BAD_UPLOAD)
        if not upload.file_name:
            return await _show(deps, request, visitor, incident_id, _NO_FILE, fields)
        answer = await _forward_upload(deps, visitor.name, incident_id, import_id, upload)
        if isinstance(answer, Alert):
            return await _show(deps, request, visitor, incident_id, answer, fields)
        return go(f"/incidents/{incident_id}/imports/{import_id}")


async def _forward_upload(
    deps: Dependencies, who: str, incident_id: UUID, import_id: UUID, upload: MultipartStream
) -> Alert | None:
    """Return an alert, or None. A file that could not be read has a report, so that is no alert."""
    asked = {
        "import_id": str(import_id),
        "dry_run": "true" if upload.fields.get("dry_run") else "false",
    }
    try:
        answer = await deps.services.send(
            "registration",
            f"/incidents/{incident_id}/imports?{urlencode(asked)}",
            actor=who,
            file_headers={"X-File-Name": (upload.file_name or "")[:200], **_statement(upload.fields)},
            pieces=upload.pieces(),
            timeout=deps.import_timeout,
        )
    except (InvalidUploadError, ClientDisconnect):
        return _BAD_UPLOAD
    match answer:
        case Ok() | ProblemResponse(code="bad-header" | "too-large"):
            return None
        case ProblemResponse() | Unavailable():
            return alert_of(answer)
        case _:
            raise TypeError(type(answer).__name__)


def _statement(fields: Mapping[str, str]) -> dict[str, str]:
    """Return the header with the consent statement for the whole list."""
    stated = {name: fields[name].strip() for name in _STATED if fields.get(name, "").strip()}
    return {"X-List-Consent": json.dumps(stated)} if stated else {}


def _add_reports(router: APIRouter, deps: Dependencies) -> None:
    @router.get("/{import_id}")
    async def report(request: Request, visitor: WithVisitor, incident_id: UUID, import_id: UUID) -> Response:
        return await _show_report(deps, request, visitor, incident_id, import_id)

    @router.get("/{import_id}/progress")
    async def progress(visitor: WithVisitor, incident_id: UUID, import_id: UUID) -> Response:
        context = await report_context(deps, incident_id, import_id, visitor.name)
        html = deps.renderer.partial("imports/_report.html", visitor.translator.lang, context)
        return Response(html, media_type="text/html")

    @router.get("/{import_id}/bad-rows.csv")
    async def bad_rows(
        request: Request, visitor: WithVisitor, incident_id: UUID, import_id: UUID
    ) -> Response:
        if not visitor.name:
            return await _show_report(deps, request, visitor, incident_id, import_id, NO_NAME)
        path = f"/imports/{import_id}/bad-rows.csv"
        found = await deps.services.fetch("registration", path, actor=visitor.name)
        if not isinstance(found, Document):
            return await _show_report(deps, request, visitor, incident_id, import_id, alert_of(found))
        return document_response(found)


def _add_good_rows(router: APIRouter, deps: Dependencies) -> None:
    @router.post("/{import_id}/good-rows")
    async def good_rows(
        request: Request, visitor: WithVisitor, incident_id: UUID, import_id: UUID
    ) -> Response:
        """Import the valid rows of a dry run, and show the new report."""
        if not visitor.name:
            return await _show_report(deps, request, visitor, incident_id, import_id, NO_NAME)
        new_import_id = new_id()
        path = f"/imports/{import_id}/good-rows?new_import_id={new_import_id}"
        answer = await deps.services.post(
            "registration", path, actor=visitor.name, timeout=deps.import_timeout
        )
        if not isinstance(answer, Ok):
            return await _show_report(deps, request, visitor, incident_id, import_id, alert_of(answer))
        return go(f"/incidents/{incident_id}/imports/{new_import_id}")


async def _show(
    deps: Dependencies,
    request: Request,
    visitor: Visitor,
    incident_id: UUID,
    alert: Alert | None = None,
    fields: Mapping[str, str] = _UNTOUCHED,
) -> Response:
    """`fields`: values of the form. The visitor must choose the file again: browsers do not keep it."""
    context = await head_context(deps, incident_id)
    if context is None:
        return nothing(deps.renderer, request, visitor)
    answer = await deps.services.get(
        "registration", f"/incidents/{incident_id}/imports", actor=visitor.name or None
    )
    context |= {
        "here": f"/incidents/{incident_id}/imports",
        "imports": [views.line(one) for one in answer.json] if isinstance(answer, Ok) else None,
        "nameless": not visitor.name,
        "import_id": new_id(),
        "fields": dict.fromkeys(("dry_run", *_STATED), "") | dict(fields),
        "stated": any(fields.get(name, "").strip() for name in _STATED),
    }
    return deps.renderer.page(request, visitor, "imports/page.html", context, alert=alert)


async def _show_report(
    deps: Dependencies,
    request: Request,
    visitor: Visitor,
    incident_id: UUID,
    import_id: UUID,
    alert: Alert | None = None,
) -> Response:
    context = await head_context(deps, incident_id)
    if context is None:
        return nothing(deps.renderer, request, visitor)
    context |= await report_context(deps, incident_id, import_id, visitor.name)
    context |= {"here": f"/incidents/{incident_id}/imports/{import_id}"}
    return deps.renderer.page(
        request, visitor, "imports/report.html", context, alert=alert or context["trouble"]
    )


async def report_context(deps: Dependencies, incident_id: UUID, import_id: UUID, who: str) -> dict[str, Any]:
    """Return the progress and the errors of an import. `report` is None if registration does not answer."""
    about = {"incident_id": incident_id, "import_id": import_id, "report": None, "trouble": None}
    if not who:
        return about | {"trouble": NO_NAME}
    answer = await deps.services.get("registration", f"/imports/{import_id}", actor=who)
    if not isinstance(answer, Ok):
        return about | {"trouble": alert_of(answer)}
    return about | {"report": views.report(answer.json)}
