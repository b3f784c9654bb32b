"""Static files of the pages: dkfds and htmx from npm, and our own. The path holds a digest of them."""

import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.responses import FileResponse
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

OWN = Path(__file__).parent / "static"
_CACHED = {"Cache-Control": "public, max-age=31536000, immutable"}
_FILES = {
    "dkfds/css/dkfds.css": "dkfds/dist/css/dkfds.min.css",
    "htmx.js": "htmx.org/dist/htmx.min.js",
    "sse.js": "htmx-ext-sse/dist/sse.min.js",
}
_FOLDERS = {"dkfds/fonts": "dkfds/dist/fonts", "dkfds/img": "dkfds/dist/img"}  # loaded by the style sheet


class ConsoleAssetsMissingError(RuntimeError):
    """The files from npm are missing."""


class _Folder(StaticFiles):
    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers.update(_CACHED)
        return response


def serve(app: FastAPI, assets: Path) -> str:
    """Add the routes and return their path prefix. Raise ConsoleAssetsMissingError."""
    files = {name: assets / source for name, source in _FILES.items()}
    files |= {path.name: path for path in sorted(OWN.iterdir())}
    if missing := [str(path) for path in files.values() if not path.is_file()]:
        raise ConsoleAssetsMissingError(f"run `make setup`: missing {', '.join(missing)}")
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in files.values())).hexdigest()
    base = f"/static/{digest[:12]}"
    for name, source in _FOLDERS.items():
        app.mount(f"{base}/{name}", _Folder(directory=assets / source))
    app.include_router(_single(base, files))
    return base


def _single(base: str, files: dict[str, Path]) -> APIRouter:
    router = APIRouter(prefix=base, include_in_schema=False)
    for name, path in files.items():
        router.add_api_route(f"/{name}", _sender(path))
    return router


def _sender(path: Path) -> Callable[[], Awaitable[FileResponse]]:
    async def send() -> FileResponse:
        return FileResponse(path, headers=_CACHED)

    return send
