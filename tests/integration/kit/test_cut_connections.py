"""A silently cut connection: every socket detects it, and no pool or relay hangs."""

import asyncio
import socket
from urllib.parse import urlsplit, urlunsplit

import pytest
import sqlalchemy as sa

from kit.database.database import Database
from tests.conftest import Databases
from tests.dropping_proxy import DroppingProxy, dropping_proxy


def through(url: str, port: int) -> str:
    parts = urlsplit(url)
    place, _, _ = parts.netloc.rpartition(":")
    return urlunsplit(parts._replace(netloc=f"{place}:{port}"))


async def cut_in_the_middle(database: Database, proxy: DroppingProxy) -> None:
    async with database.transaction() as session:
        await session.fetchval("select 1")
        proxy.cut()
        await session.fetchval("select 2")


async def test_every_connection_has_keepalives_and_a_user_timeout(databases: Databases) -> None:
    database = Database(databases.url("outreach"), name="test")
    own = await database.connect()
    found = []
    async with database.transaction() as session:
        for connection in (own, session.driver):
            sock = connection._transport.get_extra_info("socket")  # type: ignore[union-attr]
            found.append(
                (
                    sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE),
                    0 < sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) <= 30_000,
                    await connection.fetchval("show tcp_user_timeout"),
                    await connection.fetchval("show client_connection_check_interval"),
                )
            )
    await own.close()
    await database.close()

    assert found == [(1, True, "20000", "10s")] * 2


async def test_readiness_is_answered_in_time_over_a_cut_connection(databases: Databases) -> None:
    """No rollback is awaited on an abandoned connection, whatever the command timeout."""
    parts = urlsplit(databases.url("outreach"))
    assert parts.hostname is not None
    assert parts.port is not None
    async with dropping_proxy(parts.hostname, parts.port) as proxy:
        database = Database(
            through(databases.url("outreach"), proxy.port), name="test", pool_size=1, command_timeout=600
        )
        await database.ping()
        proxy.cut()

        async with asyncio.timeout(20):
            with pytest.raises((OSError, TimeoutError, sa.exc.DBAPIError)):
                await database.ping()
            await database.ping()
        await database.close()


async def test_a_connection_cut_in_the_middle_of_a_transaction_gives_the_pool_its_place_back(
    databases: Databases,
) -> None:
    parts = urlsplit(databases.url("outreach"))
    assert parts.hostname is not None
    assert parts.port is not None
    async with dropping_proxy(parts.hostname, parts.port) as proxy:
        url = through(databases.url("outreach"), proxy.port)
        database = Database(url, name="test", pool_size=1, command_timeout=1)
        async with asyncio.timeout(20):
            with pytest.raises((OSError, TimeoutError, sa.exc.DBAPIError)):
                await cut_in_the_middle(database, proxy)
            async with database.transaction() as session:
                assert await session.fetchval("select 1") == 1
        await database.close()
