"""Set up a database server: a role and a schema per service, and the database of the keyring."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit, urlunsplit

from kit.database import connections, partitions
from kit.database.database import COMMAND_TIMEOUT, Connection
from kit.database.schema import DAILY
from kit.privacy import keyring

_ANOTHER_RUN = 600.0  # seconds to wait for another run
DATABASE = "folgeskab"
KEYRING = "keyring"


def _at(url: str, database: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def role_url(admin_url: str, role: str, password: str, database: str = DATABASE) -> str:
    parts = urlsplit(admin_url)
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(
        parts._replace(netloc=f"{role}:{quote(password, safe='')}@{place}", path=f"/{database}")
    )


async def _connect(url: str) -> Connection:
    return await connections.connect(url, command_timeout=COMMAND_TIMEOUT)


@asynccontextmanager
async def one_at_a_time(admin_url: str) -> AsyncIterator[None]:
    """Hold the lock of provisioning: wait for another run to end, and make later runs wait."""
    admin = await connections.connect(admin_url, command_timeout=_ANOTHER_RUN)
    try:
        await admin.fetchval("select pg_advisory_lock(hashtext('folgeskab provision'))")
        yield
    finally:
        await admin.close(timeout=5)


async def provision_databases(
    admin_url: str,
    passwords: Mapping[str, str],
    *,
    key_writer: str,
    database: str = DATABASE,
    keyring_database: str = KEYRING,
) -> None:
    """Create roles, databases, schemas and grants. Idempotent; passwords are set again.

    Only the role `key_writer` may issue and delete keys.
    """
    admin = await _connect(admin_url)
    try:
        for role, password in passwords.items():
            await _role(admin, role, password)
        for name in (database, keyring_database):
            if not await admin.fetchval("select 1 from pg_database where datname = $1", name):
                await admin.execute(f"create database {name}")
            await admin.execute(f"revoke all on database {name} from public")
    finally:
        await admin.close()
    await _schemas(_at(admin_url, database), list(passwords), database)
    await _keyring(_at(admin_url, keyring_database), list(passwords), keyring_database, key_writer)


async def _role(admin: Connection, role: str, password: str) -> None:
    quoted = await admin.fetchval("select quote_literal($1::text)", password)
    exists = await admin.fetchval("select 1 from pg_roles where rolname = $1", role)
    await admin.execute(f"{'alter' if exists else 'create'} role {role} login password {quoted}")
    await admin.execute(f"grant pg_read_all_stats to {role}")  # to see the start of other roles' transactions


async def _schemas(url: str, roles: list[str], database: str) -> None:
    connection = await _connect(url)
    try:
        await connection.execute("revoke all on schema public from public")
        for role in roles:
            await connection.execute(f"grant connect on database {database} to {role}")
            await connection.execute(f"create schema if not exists {role} authorization {role}")
            await connection.execute(f"revoke all on schema {role} from public")
            await connection.execute(f"alter role {role} in database {database} set search_path = {role}")
    finally:
        await connection.close()


async def _keyring(url: str, roles: list[str], database: str, key_writer: str) -> None:
    connection = await _connect(url)
    try:
        await connection.execute(keyring.CREATE)
        for role in roles:
            rights = "select, insert, delete" if role == key_writer else "select"
            await connection.execute(f"grant connect on database {database} to {role}")
            await connection.execute(f"grant usage on schema public to {role}")
            await connection.execute(f"grant {rights} on data_key to {role}")
    finally:
        await connection.close()


async def create_partitions(url: str) -> None:
    """Create the partitions of today and the coming days in the schema of one service."""
    connection = await _connect(url)
    try:
        for table in DAILY:
            await partitions.prepare(connection, table, datetime.now(UTC))
    finally:
        await connection.close()
