from collections.abc import AsyncIterator

import asyncpg
import pytest

from deploy.local.ports import free_port
from deploy.local.postgres import Postgres


@pytest.fixture(scope="module")
async def postgres(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Postgres]:
    server = Postgres(
        tmp_path_factory.mktemp("postgres"), port=free_port(), password="p@ss/wörd", shared_buffers="32MB"
    )
    await server.start()
    yield server
    server.destroy()


async def query(postgres: Postgres, sql: str) -> object:
    connection = await asyncpg.connect(postgres.dsn())
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


async def test_it_is_eighteen_and_keeps_what_it_has_promised(postgres: Postgres) -> None:
    assert int(str(await query(postgres, "show server_version_num"))) >= 180000
    assert await query(postgres, "show fsync") == "on"
    assert await query(postgres, "show synchronous_commit") == "on"
    assert await query(postgres, "show shared_buffers") == "32MB"


async def test_a_wrong_password_is_refused(postgres: Postgres) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(postgres.dsn(password="guess"))


async def test_committed_rows_outlive_an_immediate_stop(postgres: Postgres) -> None:
    await query(postgres, "create table stopped as select 1 as id")

    await postgres.restart("immediate")

    assert await query(postgres, "select count(*) from stopped") == 1


async def test_committed_rows_outlive_a_kill_with_connections_open(postgres: Postgres) -> None:
    open_one = await asyncpg.connect(postgres.dsn())
    await open_one.execute("create table killed as select 1 as id")

    postgres.kill()
    await postgres.start()

    assert await query(postgres, "select count(*) from killed") == 1
    open_one.terminate()
