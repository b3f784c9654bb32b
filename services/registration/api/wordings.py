"""The wordings of the consents, as read aloud or printed on forms."""

from dataclasses import asdict
from typing import Any, Literal

from fastapi import APIRouter

from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError
from kit.http.web import Problem
from services.registration.documents.texts import current_version, wordings

router = APIRouter(prefix="/wordings", tags=["wordings"])


@router.get("")
async def list_wordings() -> list[dict[str, Any]]:
    """List the versions, oldest first. The newest is in use."""
    return [
        {"version": version, "languages": list(languages), "current": version == current_version()}
        for version, languages in wordings().items()
    ]


@router.get("/{version}")
async def wording(version: str, language: Literal["da", "en", "uk", "ar"] = "da") -> dict[str, Any]:
    found = wordings().get(version)
    if found is None:
        raise Problem(
            404,
            "There is no such wording.",
            errors=[FieldError("version", ErrorCode.UNKNOWN)],
            code="no-wording",
        )
    return {"version": version, "language": language, **asdict(found[language])}
