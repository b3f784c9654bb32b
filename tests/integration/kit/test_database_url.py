"""The address of a database: any character in its password, out of a file, and TLS as `sslmode` asks."""

from pathlib import Path

import asyncpg
import pytest
from typer.testing import CliRunner

from cli.main import app
from kit.database.database import Database
from kit.database.provision import role_url
from kit.runtime.settings import ServiceSettings
from tests.conftest import Databases

ODD = "p/w:@?#%&= ø\"'\\"


async def test_a_password_out_of_a_file_may_hold_any_character(databases: Databases, tmp_path: Path) -> None:
    admin = await asyncpg.connect(databases.server.dsn("postgres"))
    quoted = await admin.fetchval("select quote_literal($1::text)", ODD)
    await admin.execute(f"alter role console password {quoted}")
    await admin.close()
    (tmp_path / "password").write_text(f"{ODD}\n", encoding="utf-8")
    place = databases.server.dsn(databases.database, "console", "").replace(":@", "@")

    settings = ServiceSettings(
        database_url=place,
        keyring_url=place,
        database_password_file=tmp_path / "password",
        master_key_file=databases.master_key_file,
        broker="x",
        http_port=1,
    )
    database = Database(settings.database_url, name="test")
    await database.ping()

    await database.close()
    assert role_url(place, "console", ODD, databases.database) == settings.database_url


@pytest.mark.parametrize("mode", ["disable", "prefer"])
async def test_sslmode_is_taken_from_the_address(databases: Databases, mode: str) -> None:
    database = Database(f"{databases.url('outreach')}?sslmode={mode}", name="test")
    await database.ping()
    own = await database.connect()

    await own.close()
    await database.close()


async def test_where_tls_is_demanded_nothing_goes_without_it(databases: Databases) -> None:
    database = Database(f"{databases.url('outreach')}?sslmode=require", name="test")

    with pytest.raises(ConnectionError, match="SSL"):  # the server of the tests has none
        await database.ping()

    await database.close()


def test_secrets_are_written_once_for_their_owner_only(tmp_path: Path) -> None:
    first = CliRunner().invoke(app, ["keys", "prepare", str(tmp_path)])
    written = {path.name: path.read_text() for path in tmp_path.iterdir()}
    modes = {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    second = CliRunner().invoke(app, ["keys", "prepare", str(tmp_path)])

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert modes == {0o400}
    assert written.keys() == {
        "master.key",
        "postgres",
        "registration",
        "routing",
        "outreach",
        "notify",
        "console",
    }
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == written
