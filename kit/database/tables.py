"""The tables of kit in every service's schema, as SQLAlchemy metadata. kit/database/schema.py creates them.

A service's own tables are in its store/tables.py.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

TIMESTAMPTZ = DateTime(timezone=True)


def service_metadata() -> MetaData:
    """Return metadata that holds kit's tables, for a service to add its own to."""
    metadata = MetaData(naming_convention={"pk": "%(table_name)s_pkey"})
    Table(
        "outbox",
        metadata,
        Column("seq", BigInteger, Identity(always=True), nullable=False),
        Column("ce_id", Uuid, nullable=False),
        Column("ce_type", Text, nullable=False),
        Column("ce_time", TIMESTAMPTZ, nullable=False),
        Column("topic", Text, nullable=False),
        Column("key", Text, nullable=False),
        Column("traceparent", Text),
        Column("value", LargeBinary, nullable=False),
        Index("outbox_seq", "seq"),
        postgresql_partition_by="range (ce_id)",
    )
    Table(
        "inbox",
        metadata,
        Column("ce_id", Uuid, primary_key=True),
        postgresql_partition_by="range (ce_id)",
    )
    Table(
        "relay_cursor",
        metadata,
        Column("only_one", Boolean, primary_key=True, server_default=text("true")),
        Column("seq", BigInteger, nullable=False, server_default=text("0")),
        Column("leader_pid", Integer),
        Column("leader_started", TIMESTAMPTZ),
        Column("lease_until", TIMESTAMPTZ),
        CheckConstraint("only_one", name="relay_cursor_only_one_check"),
    )
    Table(
        "relay_topic",
        metadata,
        Column("topic", Text, primary_key=True),
        Column("topic_id", Text, nullable=False),
    )
    Table(
        "parked",
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("topic", Text, nullable=False),
        Column("partition", Integer, nullable=False),
        Column("offset", BigInteger, nullable=False),
        Column("digest", LargeBinary, nullable=False),
        Column("sealed", LargeBinary, nullable=False),
        Column("reason", Text, nullable=False),
        Column("state", Text, nullable=False, server_default=text("'parked'")),
        Column("parked_at", TIMESTAMPTZ, nullable=False, server_default=text("now()")),
        Column("concluded_at", TIMESTAMPTZ),
        Column("why", Text),
        CheckConstraint("state in ('parked', 'replayed', 'discarded')", name="parked_state_check"),
        UniqueConstraint(
            "topic", "partition", "offset", "digest", name="parked_topic_partition_offset_digest_key"
        ),
        Index("parked_open", "parked_at", postgresql_where=text("state = 'parked'")),
    )
    return metadata
