"""Run the Alembic versions of a service (services/<service>/migrations) in its own schema."""

import asyncio
from pathlib import Path

from alembic import command
from alembic.config import Config


def config(url: str, versions: Path) -> Config:
    found = Config()
    found.set_main_option("script_location", str(Path(__file__).parent))
    found.set_main_option("version_locations", str(versions))
    found.set_main_option("path_separator", "os")
    found.attributes["url"] = url
    return found


async def upgrade(url: str, versions: Path) -> None:
    """Migrate the schema of the url's role to the newest version."""
    await asyncio.to_thread(command.upgrade, config(url, versions), "head")
