"""The commands `provision` and `serve`."""

import asyncio
import importlib
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from pydantic import Field

from cli.output import exit_with_error, print_line
from contracts.wire.catalogue import TOPICS
from kit.database import migrations
from kit.database import provision as databases
from kit.kafka import topics
from kit.runtime.settings import EnvironmentSettings, password_in, with_password

SERVICES = Path(__file__).resolve().parents[1] / "services"


class ServiceName(StrEnum):
    REGISTRATION = "registration"
    ROUTING = "routing"
    OUTREACH = "outreach"
    NOTIFY = "notify"
    CONSOLE = "console"


class ProvisionSettings(EnvironmentSettings):
    admin_database_url: str
    admin_password_file: Path | None = None
    role_passwords: dict[str, str] = Field(default_factory=dict, description="role to password, as JSON")
    role_passwords_folder: Path | None = None  # alternative: one file per role
    broker: str
    broker_replication: int = 3
    broker_min_insync: int = 2

    def admin_url(self) -> str:
        if self.admin_password_file is None:
            return self.admin_database_url
        return with_password(self.admin_database_url, _read_password(self.admin_password_file))

    def passwords(self) -> dict[str, str]:
        """Return the password of each role that has one."""
        folder = self.role_passwords_folder
        if folder is None:
            return self.role_passwords
        files = {service.value: folder / service.value for service in ServiceName}
        return {role: _read_password(file) for role, file in files.items() if file.is_file()}


def _read_password(file: Path) -> str:
    try:
        return password_in(file)
    except ValueError as error:
        return exit_with_error(str(error))


def provision() -> None:
    """Create roles, databases, schemas and topics, and run all migrations.

    Safe to run again.
    """
    settings = ProvisionSettings()
    passwords = settings.passwords()
    missing = {service.value for service in ServiceName} - passwords.keys()
    if missing:
        exit_with_error(
            f"These roles have no password: {', '.join(sorted(missing))}. Set FOLGESKAB_ROLE_PASSWORDS or"
            " FOLGESKAB_ROLE_PASSWORDS_FOLDER."
        )
    made = asyncio.run(_provision(settings, passwords))
    print_line(f"Ready: {len(passwords)} schemas, {len(TOPICS)} topics ({len(made)} made now).")


async def _provision(settings: ProvisionSettings, passwords: dict[str, str]) -> list[str]:
    """Create databases and topics under a lock against parallel runs. Return the new topics."""
    admin_url = settings.admin_url()
    async with databases.one_at_a_time(admin_url):
        await _provision_databases(admin_url, passwords)
        return await asyncio.to_thread(
            topics.provision_topics,
            settings.broker,
            TOPICS,
            replication=settings.broker_replication,
            min_insync=settings.broker_min_insync,
        )


async def _provision_databases(admin_url: str, passwords: dict[str, str]) -> None:
    await databases.provision_databases(admin_url, passwords, key_writer=ServiceName.REGISTRATION.value)
    for service in ServiceName:
        url = databases.role_url(admin_url, service.value, passwords[service.value])
        await migrations.upgrade(url, SERVICES / service.value / "migrations" / "versions")
        await databases.create_partitions(url)


def serve(
    service: Annotated[ServiceName, typer.Argument(help="The service to run in this process.")],
) -> None:
    """Run one service until it receives a signal to stop."""
    importlib.import_module(f"services.{service.value}.app").main()
