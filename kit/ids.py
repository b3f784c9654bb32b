"""New identifiers: UUIDv7, so that rows and index entries of one time lie together."""

from datetime import datetime
from uuid import UUID

import uuid_utils.compat

_VERSION_7 = 0x7 << 76
_VARIANT = 0x2 << 62


def new_id() -> UUID:
    return uuid_utils.compat.uuid7()


def floor_of(moment: datetime) -> UUID:
    """Give the smallest UUIDv7 of a moment: the border between the ids before it and after."""
    return UUID(int=(int(moment.timestamp() * 1000) << 80) | _VERSION_7 | _VARIANT)
