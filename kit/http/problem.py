"""Problem details (RFC 9457): the body of every refusal."""

from collections.abc import Sequence
from typing import Any

from fastapi.responses import JSONResponse

from kit.runtime.logs import REQUEST_ID


def problem_response(
    status: int, title: str, errors: Sequence[tuple[str, str]] = (), code: str = ""
) -> JSONResponse:
    body: dict[str, Any] = {
        "type": f"urn:folgeskab:{code}" if code else "about:blank",
        "title": title,
        "status": status,
    }
    if request_id := REQUEST_ID.get():
        body["request_id"] = request_id
    if errors:
        body["errors"] = [{"field": field, "reason": reason} for field, reason in errors]
    return JSONResponse(body, status, media_type="application/problem+json")
