"""Fixtures with real dependencies: PostgreSQL and a broker, started once.

A fresh pair of databases per module.
"""

import os
import secrets
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from deploy.local import ports
from deploy.local.postgres import Postgres
from kit.database import migrations, provision
from kit.database.database import Database
from kit.privacy.keyring import Keyring, MasterKey
from tests import published

SERVICES = ("registration", "routing", "outreach", "notify", "console")
ROOT = Path(__file__).resolve().parents[1]

# A slow machine is no fault of a property: speeds are measured in bench/.
settings.register_profile("no time limits", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("no time limits")


@dataclass(frozen=True)
class Databases:
    """A fresh pair of databases, with every role; schemas are migrated as asked."""

    server: Postgres
    database: str
    keyring_database: str
    passwords: dict[str, str]
    master_key_file: Path

    def url(self, role: str) -> str:
        return self.server.dsn(self.database, role, self.passwords[role])

    def keyring_url(self, role: str) -> str:
        return self.server.dsn(self.keyring_database, role, self.passwords[role])

    def master(self) -> MasterKey:
        return MasterKey.from_file(self.master_key_file)

    def keyring(self, role: str) -> Keyring:
        return Keyring(Database(self.keyring_url(role), name=f"test-{role}"), self.master())

    async def migrate(self, service: str) -> str:
        """Migrate one service's schema; give its url."""
        await migrations.upgrade(self.url(service), ROOT / "services" / service / "migrations" / "versions")
        await provision.create_partitions(self.url(service))
        return self.url(service)


@pytest.fixture(scope="session")
async def postgres(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Postgres]:
    server = Postgres(
        tmp_path_factory.mktemp("postgres"), port=ports.free_port(), password=secrets.token_hex(8)
    )
    await server.start()
    yield server
    await server.stop()
    server.destroy()


@pytest.fixture(scope="module")
async def databases(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Databases:
    name = f"t{uuid.uuid4().hex[:12]}"
    passwords = {role: secrets.token_hex(8) for role in SERVICES}
    key_file = tmp_path_factory.mktemp("key") / "master.key"
    key_file.touch(mode=0o600)
    key_file.write_text(MasterKey.new_text())
    made = Databases(postgres, name, f"{name}_keys", passwords, key_file)
    await provision.provision_databases(
        postgres.dsn("postgres"),
        passwords,
        key_writer="registration",
        database=made.database,
        keyring_database=made.keyring_database,
    )
    return made


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what needs the published data where it is absent, unless PUBLISHED=required."""
    if published.available() or os.environ.get("PUBLISHED") == "required":
        return
    left_out = [item for item in items if item.get_closest_marker("published")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
        config.stash[_LEFT_OUT] = [item.name for item in left_out]
        if hasattr(config, "workeroutput"):
            config.workeroutput["left_out"] = config.stash[_LEFT_OUT]


_LEFT_OUT = pytest.StashKey[list[str]]()


class FromWorkers:
    """Takes over from parallel workers what they left out: the main process collects no tests."""

    @staticmethod
    def pytest_testnodedown(node: Any) -> None:
        node.config.stash[_LEFT_OUT] = getattr(node, "workeroutput", {}).get("left_out", [])


def pytest_configure(config: pytest.Config) -> None:
    if config.pluginmanager.hasplugin("xdist"):
        config.pluginmanager.register(FromWorkers())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    names = config.stash.get(_LEFT_OUT, [])
    if names:
        terminalreporter.write_line(
            f"{len(names)} tests left out, they need the published data: {', '.join(sorted(set(names)))}"
        )
