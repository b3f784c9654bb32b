"""The schema of console: tables, constraints and indexes.

The migrations make it; tests/integration/test_schema_tables.py compares the two. kit's own tables (outbox,
inbox, parked messages, relay) are in kit/database/tables.py.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)

from kit.database.tables import TIMESTAMPTZ, service_metadata

METADATA = service_metadata()

contact = Table(
    "contact",
    METADATA,
    Column("registration_id", Uuid, primary_key=True),
    Column("contact_id", Uuid, primary_key=True),
    Column("wave_id", Uuid, nullable=False),
    Column("municipality", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("at", TIMESTAMPTZ, nullable=False),
    Column("channel", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("handed_over", Boolean, nullable=False),
)

contact_count = Table(
    "contact_count",
    METADATA,
    Column("incident_id", Uuid, primary_key=True),
    Column("wave_id", Uuid, primary_key=True),
    Column("municipality", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("state", Text, primary_key=True),
    Column("reason", Text, primary_key=True),
    Column("contacts", BigInteger, nullable=False),
)

incident = Table(
    "incident",
    METADATA,
    Column("incident_id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("started_at", TIMESTAMPTZ, nullable=False),
    Column("event_authority", Text, nullable=False),
    Column("hotline", Text),
    Column("web_page", Text),
    Column("exercise", Boolean, nullable=False),
    Column("corrected_at", TIMESTAMPTZ),
)

incident_closing = Table(
    "incident_closing",
    METADATA,
    Column("incident_id", Uuid, primary_key=True),
    Column("closed_at", TIMESTAMPTZ),
    Column("reopened_at", TIMESTAMPTZ),
)

incident_version = Table(
    "incident_version",
    METADATA,
    Column("incident_id", Uuid, primary_key=True),
    Column("version", BigInteger, nullable=False),
)

people_count = Table(
    "people_count",
    METADATA,
    Column("incident_id", Uuid, primary_key=True),
    Column("municipality", Text, primary_key=True),
    Column("bucket", Text, primary_key=True),
    Column("stages", SmallInteger, primary_key=True),
    Column("people", BigInteger, nullable=False),
)

person = Table(
    "person",
    METADATA,
    Column("registration_id", Uuid, primary_key=True),
    Column("incident_id", Uuid, nullable=False),
    Column("revision", BigInteger, nullable=False, server_default=text("0")),
    Column("forgotten", Boolean, nullable=False, server_default=text("false")),
    Column("decided_at", TIMESTAMPTZ),
    Column("municipality", Text, nullable=False, server_default=text("''")),
    Column("barred", Boolean, nullable=False, server_default=text("false")),
    Column("merged", Boolean, nullable=False, server_default=text("false")),
    Column("registration_terms", Text, nullable=False, server_default=text("''")),
    Column("contact_terms", Text, nullable=False, server_default=text("''")),
    Column("possible", Text, nullable=False, server_default=text("''")),
    Column("is_child", Boolean, nullable=False, server_default=text("false")),
    Column("covered_by", Text, nullable=False, server_default=text("''")),
    Column("closed", Text, nullable=False, server_default=text("''")),
    Column("suppressed", Boolean, nullable=False, server_default=text("false")),
    Column("unaddressed", Boolean, nullable=False, server_default=text("false")),
    Column("expires_at", TIMESTAMPTZ),
    Column("lapsed_for", TIMESTAMPTZ),
    Index(
        "person_expiring",
        "expires_at",
        postgresql_where=text("(lapsed_for is null) or (lapsed_for < expires_at)"),
    ),
    Index("person_lapsed", "lapsed_for", postgresql_where=text("lapsed_for is not null")),
)

wave = Table(
    "wave",
    METADATA,
    Column("wave_id", Uuid, primary_key=True),
    Column("incident_id", Uuid, nullable=False),
    Column("plan", Text),
    Column("launched_at", TIMESTAMPTZ),
    Column("planned", Text, nullable=False, server_default=text("'[]'")),
    Column("excluded", Text, nullable=False, server_default=text("'[]'")),
    Column("state", Text, nullable=False),
    Column("state_at", TIMESTAMPTZ, nullable=False),
    Index("wave_of_incident", "incident_id"),
)
