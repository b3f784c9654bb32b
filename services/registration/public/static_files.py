"""The static files of the public page, under a path with a digest of their content."""

import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from fastapi import APIRouter
from fastapi.responses import FileResponse

_STYLE_SHEET: Final = Path(__file__).parent / "static" / "tilmeld.css"
_DESIGN: Final = Path("dkfds") / "dist"
_FONTS: Final = Path("fonts") / "IBMPlexSans" / "complete"
_FONT_FILES: Final = "woff*/IBMPlexSans-*.woff*"  # the style sheet selects among them
_IMAGES: Final = ("check-white", "chevron-down")  # the images of the style sheet that the page uses
_CACHE_HEADERS: Final = {"Cache-Control": "public, max-age=31536000, immutable"}


class PublicAssetsMissingError(RuntimeError):
    """Files from npm are missing."""


def routes(assets: Path) -> tuple[APIRouter, str]:
    """Return the routes and their base path. Raise PublicAssetsMissingError."""
    files = {"css/dkfds.css": assets / _DESIGN / "css" / "dkfds.min.css", "css/tilmeld.css": _STYLE_SHEET}
    for font in sorted((assets / _DESIGN / _FONTS).glob(_FONT_FILES)):
        files[font.relative_to(assets / _DESIGN).as_posix()] = font
    for image in _IMAGES:
        name = f"img/svg-icons/{image}.svg"
        files[name] = assets / _DESIGN / name
    if missing := [str(path) for path in files.values() if not path.is_file()]:
        raise PublicAssetsMissingError(f"Files from npm are missing: {', '.join(missing)}. Run `make setup`.")
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in files.values())).hexdigest()
    base = f"/tilmeld/static/{digest[:12]}"
    router = APIRouter(prefix=base, include_in_schema=False)
    for name, path in files.items():
        router.add_api_route(f"/{name}", _file_endpoint(path))
    return router, base


def _file_endpoint(path: Path) -> Callable[[], Awaitable[FileResponse]]:
    async def send() -> FileResponse:
        return FileResponse(path, headers=_CACHE_HEADERS)

    return send
