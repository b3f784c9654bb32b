"""Two runs of `folgeskab provision` on a fresh server: one after the other, and both succeed."""

import asyncio
import json
import os
import secrets
import sys
from pathlib import Path

from deploy.local import ports
from deploy.local.postgres import Postgres
from tests.broker.broker_choice import chosen
from tests.conftest import ROOT, SERVICES


async def test_runs_at_the_same_time_follow_each_other(tmp_path: Path) -> None:
    server = Postgres(tmp_path / "postgres", port=ports.free_port(), password=secrets.token_hex(8))
    broker = chosen(tmp_path)
    await asyncio.gather(server.start(), broker.start())
    env = os.environ | {
        "FOLGESKAB_ADMIN_DATABASE_URL": server.dsn("postgres"),
        "FOLGESKAB_ROLE_PASSWORDS": json.dumps({name: secrets.token_hex(8) for name in SERVICES}),
        "FOLGESKAB_BROKER": broker.bootstrap,
        "FOLGESKAB_BROKER_REPLICATION": str(broker.replication),
        "FOLGESKAB_BROKER_MIN_INSYNC": str(broker.min_insync),
    }

    async def run() -> tuple[int | None, str]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "cli.main", "provision",
            env=env, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        said, _ = await process.communicate()
        return process.returncode, said.decode()

    try:
        ended = await asyncio.gather(run(), run())
    finally:
        broker.kill()
        await server.stop()

    assert [code for code, _ in ended] == [0, 0], ended
    assert sorted("(0 made now)" in said for _, said in ended) == [False, True]
