"""New identifiers: UUIDv7, so that rows and index entries of one time lie together."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import uuid_utils.compat

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_VERSION_7 = 0x7 << 76
_VARIANT = 0x2 << 62


def new_id() -> UUID:
    return uuid_utils.compat.uuid7()


def new_id_at(moment: datetime) -> UUID:
    """Return a new id of a moment: where its day decides in which partition a row lies."""
    return uuid_utils.compat.uuid7(nanoseconds=(moment - _EPOCH) // timedelta(microseconds=1) * 1000)


def floor_of(moment: datetime) -> UUID:
    """Give the smallest UUIDv7 of a moment: the border between the ids before it and after."""
    return UUID(int=(int(moment.timestamp() * 1000) << 80) | _VERSION_7 | _VARIANT)
