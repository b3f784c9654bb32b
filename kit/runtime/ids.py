"""New identifiers: UUIDv7, so that rows and index entries of the same time are adjacent."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import uuid_utils.compat

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_VERSION_7 = 0x7 << 76
_VARIANT = 0x2 << 62


def new_id() -> UUID:
    return uuid_utils.compat.uuid7()


def new_id_at(moment: datetime) -> UUID:
    """Return a new id of a moment, for rows in daily partitions."""
    return uuid_utils.compat.uuid7(nanoseconds=(moment - _EPOCH) // timedelta(microseconds=1) * 1000)


def smallest_id_at(moment: datetime) -> UUID:
    """Return the smallest UUIDv7 of a moment: the bound between earlier and later ids."""
    return UUID(int=(int(moment.timestamp() * 1000) << 80) | _VERSION_7 | _VARIANT)
