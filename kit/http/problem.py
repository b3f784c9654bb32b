"""Problem details (RFC 9457): the body of every refusal."""

from collections.abc import Sequence
from typing import Any

from fastapi.responses import JSONResponse

from contracts.wire.errors import FieldError
from kit.runtime.logs import REQUEST_ID


def problem_response(
    status: int, title: str, errors: Sequence[FieldError | tuple[str, str]] = (), code: str = ""
) -> JSONResponse:
    body: dict[str, Any] = {
        "type": f"urn:folgeskab:{code}" if code else "about:blank",
        "title": title,
        "status": status,
    }
    if code:
        body["code"] = code
    if request_id := REQUEST_ID.get():
        body["request_id"] = request_id
    if errors:
        body["errors"] = [_document(error) for error in errors]
    return JSONResponse(body, status, media_type="application/problem+json")


def _document(error: FieldError | tuple[str, str]) -> dict[str, Any]:
    if isinstance(error, FieldError):
        return error.document()
    return {"field": error[0], "reason": error[1]}
