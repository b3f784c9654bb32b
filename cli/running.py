"""Commands that set the system up and run it: provision, serve."""

import asyncio
import importlib
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from cli.saying import refuse, say
from contracts.catalogue import TOPICS
from kit import migrations, topics
from kit import provision as databases

SERVICES = Path(__file__).resolve().parents[1] / "services"


class ServiceName(StrEnum):
    REGISTRATION = "registration"
    ROUTING = "routing"
    OUTREACH = "outreach"
    NOTIFY = "notify"
    CONSOLE = "console"


class ProvisionSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="FOLGESKAB_", frozen=True, extra="ignore")

    admin_database_url: str
    role_passwords: dict[str, str] = Field(description="role to password, as JSON")
    broker: str
    broker_replication: int = 3
    broker_min_insync: int = 2


def provision() -> None:
    """Make roles, databases, schemas and topics, and bring every schema to its newest version.

    Safe to run again.
    """
    settings = ProvisionSettings()
    missing = {service.value for service in ServiceName} - settings.role_passwords.keys()
    if missing:
        refuse(f"FOLGESKAB_ROLE_PASSWORDS names no password for: {', '.join(sorted(missing))}")
    made = asyncio.run(_provision(settings))
    say(f"Ready: {len(settings.role_passwords)} schemas, {len(TOPICS)} topics ({len(made)} made now).")


async def _provision(settings: ProvisionSettings) -> list[str]:
    """Set up databases and topics, one run after the other; return the topics made now."""
    async with databases.one_at_a_time(settings.admin_database_url):
        await _databases(settings)
        return await asyncio.to_thread(
            topics.provision,
            settings.broker,
            TOPICS,
            replication=settings.broker_replication,
            min_insync=settings.broker_min_insync,
        )


async def _databases(settings: ProvisionSettings) -> None:
    passwords = settings.role_passwords
    await databases.databases(
        settings.admin_database_url, passwords, key_writer=ServiceName.REGISTRATION.value
    )
    for service in ServiceName:
        url = databases.role_url(settings.admin_database_url, service.value, passwords[service.value])
        await migrations.upgrade(url, SERVICES / service.value / "migrations" / "versions")
        await databases.prepare_days(url)


def serve(
    service: Annotated[ServiceName, typer.Argument(help="Which service to run in this process.")],
) -> None:
    """Run one service until it is told to stop."""
    importlib.import_module(f"services.{service.value}.app").main()
