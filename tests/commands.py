"""Run the command `folgeskab`, and serve a service's API on a socket for it."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import APIRouter, FastAPI

from deploy.local.assets import ROOT
from deploy.local.ports import free_port
from kit.http.web import make_app


async def folgeskab(*words: str, typed: str = "", **settings: str) -> tuple[int, str]:
    """Return its exit code and its output."""
    env = {
        "PATH": "/usr/bin:/bin",
        "COLUMNS": "200",
        **{f"FOLGESKAB_{k.upper()}": v for k, v in settings.items()},
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cli.main", *words,
        cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    async with asyncio.timeout(60):
        said, _ = await process.communicate(typed.encode())
    return process.returncode or 0, said.decode()


@asynccontextmanager
async def on_a_socket(app: FastAPI) -> AsyncIterator[str]:
    """Return its address."""
    server = uvicorn.Server(uvicorn.Config(app, port=free_port(), log_config=None, lifespan="off"))
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(20):
        while not server.started:
            await asyncio.wait({serving}, timeout=0.01)
    yield f"http://127.0.0.1:{server.config.port}"
    server.should_exit = True
    await serving


@asynccontextmanager
async def registration_on_a_socket(*routers: APIRouter) -> AsyncIterator[str]:
    app = make_app("registration")
    for router in routers:
        app.include_router(router)
    async with on_a_socket(app) as url:
        yield url
