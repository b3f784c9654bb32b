"""The style sheets of the public page, under a path that changes when they do."""

import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from fastapi import APIRouter
from fastapi.responses import FileResponse

_OWN: Final = Path(__file__).parent / "static" / "tilmeld.css"
_DESIGN: Final = Path("dkfds") / "dist"
_FONTS: Final = Path("fonts") / "IBMPlexSans" / "complete"
_FONT_FILES: Final = "woff*/IBMPlexSans-*.woff*"  # the style sheet says which of them it wants
_IMAGES: Final = ("check-white", "chevron-down")  # of those that the style sheet names, what the page shows
_CACHED: Final = {"Cache-Control": "public, max-age=31536000, immutable"}


class AssetsMissing(RuntimeError):  # noqa: N818 - a state
    """The files from npm are not there."""


def routes(assets: Path) -> tuple[APIRouter, str]:
    """Give the routes and the path they begin with. Raises AssetsMissing."""
    files = {"css/dkfds.css": assets / _DESIGN / "css" / "dkfds.min.css", "css/tilmeld.css": _OWN}
    for font in sorted((assets / _DESIGN / _FONTS).glob(_FONT_FILES)):
        files[font.relative_to(assets / _DESIGN).as_posix()] = font
    for image in _IMAGES:
        name = f"img/svg-icons/{image}.svg"
        files[name] = assets / _DESIGN / name
    if missing := [str(path) for path in files.values() if not path.is_file()]:
        raise AssetsMissing(f"run `make setup`: missing {', '.join(missing)}")
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in files.values())).hexdigest()
    base = f"/tilmeld/static/{digest[:12]}"
    router = APIRouter(prefix=base, include_in_schema=False)
    for name, path in files.items():
        router.add_api_route(f"/{name}", _sender(path))
    return router, base


def _sender(path: Path) -> Callable[[], Awaitable[FileResponse]]:
    async def send() -> FileResponse:
        return FileResponse(path, headers=_CACHED)

    return send
