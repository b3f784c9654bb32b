"""The clock of a stack's services, moved from one day to another."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from deploy.local.stack import SERVICES, Stack


def at(moment: datetime) -> dict[str, str]:
    """Return the setting by which a service that is started now takes it to be that moment."""
    return {"FOLGESKAB_CLOCK_OFFSET_SECONDS": str((moment - datetime.now(UTC)).total_seconds())}


async def moved_to(stack: Stack, moment: datetime, services: Sequence[str] = SERVICES) -> None:
    """Start services again with their clock at that moment."""
    for process in (stack.services[name] for name in services):
        process.env.update(at(moment))
    await asyncio.gather(*(stack.services[name].restart() for name in services))
