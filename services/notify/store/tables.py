"""The schema of notify: tables, constraints and indexes.

The migrations make it; tests/integration/test_schema_tables.py compares the two. kit's own tables (outbox,
inbox, parked messages, relay) are in kit/database/tables.py.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from kit.database.tables import TIMESTAMPTZ, service_metadata

METADATA = service_metadata()

attempt = Table(
    "attempt",
    METADATA,
    Column("attempt_id", Uuid, primary_key=True),
    Column("contact_id", Uuid, nullable=False),
    Column("channel", Text, nullable=False),
    Column("idempotency_key", Uuid, nullable=False),
    Column("state", Text, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("created_at", TIMESTAMPTZ, nullable=False, server_default=text("clock_timestamp()")),
    Column("started_at", TIMESTAMPTZ, nullable=False, server_default=text("clock_timestamp()")),
    Column("provider_id", Text),
    Column("code", Text),
    Column("resent_by", Text),
    Column("resent_why", LargeBinary),
    Column("text_id", Uuid),
    Column("people", ARRAY(Uuid)),
    CheckConstraint(
        "state in ('started', 'unsent', 'in_doubt', 'handed_over', 'delivered', 'failed', 'returned', "
        "'cancelled', 'withheld')",
        name="attempt_state_check",
    ),
    ForeignKeyConstraint(["contact_id"], ["message.contact_id"], name="attempt_contact_id_fkey"),
    UniqueConstraint("idempotency_key", name="attempt_idempotency_key_key"),
    Index("attempt_of_message", "contact_id"),
    Index("attempt_of_text", "text_id", postgresql_where=text("text_id is not null")),
)

incident = Table(
    "incident",
    METADATA,
    Column("incident_id", Uuid, primary_key=True),
    Column("exercise", Boolean, nullable=False),
    Column("known", Boolean, nullable=False, server_default=text("false")),
    Column("name", Text),
    Column("hotline", Text),
    Column("web_page", Text),
    Column("corrected_at", TIMESTAMPTZ),
)

message = Table(
    "message",
    METADATA,
    Column("contact_id", Uuid, primary_key=True),
    Column("registration_id", Uuid, nullable=False),
    Column("incident_id", Uuid, nullable=False),
    Column("exercise", Boolean, nullable=False),
    Column("wave_id", Uuid, nullable=False),
    Column("municipality", Text, nullable=False),
    Column("template", Text, nullable=False),
    Column("channels", ARRAY(Text), nullable=False),
    Column("language", Text, nullable=False),
    Column("recipient", LargeBinary),
    Column("requested_at", TIMESTAMPTZ, nullable=False),
    Column("not_after", TIMESTAMPTZ, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'waiting'")),
    Column("position", SmallInteger, nullable=False, server_default=text("1")),
    Column("attempt_id", Uuid),
    Column("epoch", Integer, nullable=False, server_default=text("0")),
    Column("lease_until", TIMESTAMPTZ),
    Column("next_try_at", TIMESTAMPTZ, nullable=False, server_default=text("now()")),
    Column("tries", SmallInteger, nullable=False, server_default=text("0")),
    Column("reason", Text),
    Column("authority", Text),
    Column("covered_by", ARRAY(Text)),
    Column("called", Boolean),
    CheckConstraint("(state in ('failed', 'withheld')) = (reason is not null)", name="message_check"),
    CheckConstraint("(state = 'sending') = (lease_until is not null)", name="message_check1"),
    CheckConstraint(
        "state in ('waiting', 'sending', 'in_doubt', 'handed_over', 'delivered', 'failed', 'withheld')",
        name="message_state_check",
    ),
    Index("message_due", "incident_id", "next_try_at", postgresql_where=text("state = 'waiting'")),
    Index("message_in_doubt", "next_try_at", postgresql_where=text("state = 'in_doubt'")),
    Index("message_leased", "lease_until", postgresql_where=text("state = 'sending'")),
    Index("message_of_incident", "incident_id", "state"),
    Index("message_of_wave", "wave_id", postgresql_where=text("state = 'waiting'")),
    Index("message_waiting", "registration_id", postgresql_where=text("state = 'waiting'")),
)

person = Table(
    "person",
    METADATA,
    Column("registration_id", Uuid, primary_key=True),
    Column("incident_id", Uuid, nullable=False),
    Column("exercise", Boolean, nullable=False),
    Column("revision", BigInteger, nullable=False, server_default=text("0")),
    Column("registered", Boolean, Computed("(revision > 0)", persisted=True), nullable=False),
    Column("contact", LargeBinary),
    Column("registration_expires_at", TIMESTAMPTZ),
    Column("registration_withdrawn_at", TIMESTAMPTZ),
    Column("registration_authorities", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
    Column("contact_channels", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
    Column("contact_expires_at", TIMESTAMPTZ),
    Column("contact_withdrawn_at", TIMESTAMPTZ),
    Column("contact_authorities", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
    Column("forgotten_at", TIMESTAMPTZ),
    Column("identity_corrected_at", TIMESTAMPTZ),
    Column("barred", Text),
    Column("merged_into", Uuid),
    Column("merged_at", TIMESTAMPTZ),
    Column("merged", Boolean, Computed("(merged_into is not null)", persisted=True), nullable=False),
    Column("twins", ARRAY(Uuid)),
    Column("phone_key", LargeBinary),
    Column("phone_of", Uuid),
    Index("person_phone", "phone_key", postgresql_where=text("phone_key is not null")),
    Index(
        "person_unread",
        "registration_id",
        postgresql_where=text(
            "(contact is not null) and ('sms' = any (contact_channels)) and (phone_of is distinct from "
            "(md5(contact))::uuid)"
        ),
    ),
)

receipt = Table(
    "receipt",
    METADATA,
    Column("idempotency_key", Uuid, primary_key=True),
    Column("status", Text, nullable=False),
    Column("handling", Text, primary_key=True),
    Column("at", TIMESTAMPTZ, primary_key=True),
    Column("code", Text),
    Column("received_at", TIMESTAMPTZ, nullable=False, server_default=text("now()")),
    Column("matched", Boolean, nullable=False, server_default=text("false")),
    Column("contradicts", Boolean, nullable=False, server_default=text("false")),
    Column("sender", Text, nullable=False, server_default=text("''")),
    Index("receipt_unmatched", "sender", "received_at", postgresql_where=text("not matched")),
)

shared_text = Table(
    "shared_text",
    METADATA,
    Column("wave_id", Uuid, primary_key=True),
    Column("template", Text, primary_key=True),
    Column("phone_key", LargeBinary, primary_key=True),
    Column("contact_id", Uuid, nullable=False),
    Column("people", ARRAY(Uuid), nullable=False),
    Column("text_id", Uuid, nullable=False, server_default=text("gen_random_uuid()")),
)

wave = Table(
    "wave",
    METADATA,
    Column("wave_id", Uuid, primary_key=True),
    Column("state", Text, nullable=False),
    Column("told_at", TIMESTAMPTZ, nullable=False),
    CheckConstraint("state in ('running', 'paused', 'cancelled')", name="wave_state_check"),
)
