"""The schema of outreach: tables, constraints and indexes.

The migrations make it; tests/integration/test_schema_tables.py compares the two. kit's own tables (outbox,
inbox, parked messages, relay) are in kit/database/tables.py.
"""

from sqlalchemy import (
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

authority = Table(
    "authority",
    METADATA,
    Column("authority", Text, primary_key=True),
)

call_attempt = Table(
    "call_attempt",
    METADATA,
    Column("contact_id", Uuid, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("actor", Text, nullable=False),
    Column("outcome", Text),
    Column("note", LargeBinary),
    Column("call_back_at", TIMESTAMPTZ),
    Column("at", TIMESTAMPTZ, nullable=False, server_default=text("now()")),
    Column("attempt_id", Uuid, primary_key=True, server_default=text("uuidv7()")),
    Column("registration_id", Uuid, nullable=False),
    Column("told_at", TIMESTAMPTZ, nullable=False),
    Column("unchanged", Text),
    ForeignKeyConstraint(["contact_id"], ["contact.contact_id"], name="call_attempt_contact_id_fkey"),
    Index("call_attempt_of_contact", "contact_id"),
    Index("call_attempt_of_person", "registration_id"),
)

contact = Table(
    "contact",
    METADATA,
    Column("contact_id", Uuid, primary_key=True, server_default=text("uuidv7()")),
    Column("wave_id", Uuid, nullable=False),
    Column("incident_id", Uuid, nullable=False),
    Column("registration_id", Uuid, nullable=False),
    Column("step", SmallInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("municipality", Text, nullable=False),
    Column("channels", ARRAY(Text), nullable=False),
    Column("due_at", TIMESTAMPTZ, nullable=False),
    Column("not_after", TIMESTAMPTZ, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'waiting'")),
    Column("epoch", Integer, nullable=False, server_default=text("0")),
    Column("lease_until", TIMESTAMPTZ),
    Column("reason", Text),
    Column("attempt_id", Uuid),
    Column("claimed_by", Text),
    Column("attempts", SmallInteger, nullable=False, server_default=text("0")),
    Column("outcome", Text),
    Column("person_id", Uuid),
    Column("template", Text, nullable=False, server_default=text("''")),
    Column("authority", Text),
    CheckConstraint("(state = 'withheld') = (reason is not null)", name="contact_check"),
    CheckConstraint("(state = 'concluded') = (outcome is not null)", name="contact_check1"),
    CheckConstraint(
        "state in ('waiting', 'claimed', 'requested', 'handed_over', 'delivered', 'failed', "
        "'in_doubt', 'listed', 'concluded', 'withheld')",
        name="contact_state_check",
    ),
    UniqueConstraint("wave_id", "registration_id", "step", name="contact_wave_id_registration_id_step_key"),
    Index("contact_due", "wave_id", "due_at", postgresql_where=text("state = 'waiting'")),
    Index("contact_leased", "lease_until", postgresql_where=text("state = 'claimed'")),
    Index(
        "contact_listed_of",
        text("coalesce(authority, municipality)"),
        "due_at",
        postgresql_where=text("state = 'listed'"),
    ),
    Index(
        "contact_live_call",
        "incident_id",
        text("coalesce(person_id, registration_id)"),
        unique=True,
        postgresql_where=text("(kind = 'call') and (state = 'listed')"),
    ),
    Index("contact_of_person", "incident_id", "registration_id"),
    Index(
        "contact_open",
        "wave_id",
        "not_after",
        postgresql_where=text(
            "state in ('waiting', 'claimed', 'listed', 'requested', 'handed_over', 'in_doubt')"
        ),
    ),
    Index(
        "contact_planned",
        "registration_id",
        postgresql_where=text("state in ('waiting', 'claimed', 'listed')"),
    ),
)

follow_up = Table(
    "follow_up",
    METADATA,
    Column("follow_up_id", Uuid, primary_key=True, server_default=text("uuidv7()")),
    Column("attempt_id", Uuid, nullable=False),
    Column("contact_id", Uuid, nullable=False),
    Column("registration_id", Uuid, nullable=False),
    Column("reason", Text, nullable=False),
    Column("closed_at", TIMESTAMPTZ),
    Column("closed_by", Text),
    Column("closed_why", LargeBinary),
    CheckConstraint("(closed_at is null) = (closed_by is null)", name="follow_up_check"),
    CheckConstraint("reason in ('wants_help', 'wrong_number', 'kept')", name="follow_up_reason_check"),
    UniqueConstraint("attempt_id", name="follow_up_attempt_id_key"),
    Index("follow_up_of_person", "registration_id"),
    Index("follow_up_open", "registration_id", postgresql_where=text("closed_at is null")),
)

incident = Table(
    "incident",
    METADATA,
    Column("incident_id", Uuid, primary_key=True),
    Column("exercise", Boolean, nullable=False),
    Column("closed_at", TIMESTAMPTZ),
    Column("reopened_at", TIMESTAMPTZ),
)

person = Table(
    "person",
    METADATA,
    Column("registration_id", Uuid, primary_key=True),
    Column("incident_id", Uuid, nullable=False),
    Column("exercise", Boolean, nullable=False),
    Column("registered", Boolean, nullable=False, server_default=text("false")),
    Column("role", Text),
    Column("language", Text, nullable=False, server_default=text("'da'")),
    Column("age_band", Text, nullable=False, server_default=text("'unknown'")),
    Column("possible", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
    Column("contact", LargeBinary),
    Column("registration_consent", Uuid),
    Column("registration_given_at", TIMESTAMPTZ),
    Column("registration_expires_at", TIMESTAMPTZ),
    Column("registration_withdrawn_at", TIMESTAMPTZ),
    Column("registration_stands", Boolean, nullable=False, server_default=text("false")),
    Column("contact_consent", Uuid),
    Column("contact_channels", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
    Column("contact_given_at", TIMESTAMPTZ),
    Column("contact_expires_at", TIMESTAMPTZ),
    Column("contact_withdrawn_at", TIMESTAMPTZ),
    Column("contact_stands", Boolean, nullable=False, server_default=text("false")),
    Column("forgotten_at", TIMESTAMPTZ),
    Column("municipality", Text),
    Column("contactability", Text, nullable=False, server_default=text("'open'")),
    Column("digital_post", Boolean),
    Column("letter_allowed", Boolean, nullable=False, server_default=text("false")),
    Column("recipient", LargeBinary),
    Column("decided_at", TIMESTAMPTZ),
    Column("corrected_at", TIMESTAMPTZ),
    Column("rerouted_from", TIMESTAMPTZ),
    Column("preferred", Text),
    Column("registration_authorities", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
    Column("contact_authorities", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
    Column("restated_at", TIMESTAMPTZ),
    Column("do_not_contact_since", TIMESTAMPTZ),
    Column("do_not_contact_lifted", TIMESTAMPTZ),
    Column("restricted_since", TIMESTAMPTZ),
    Column("restricted_lifted", TIMESTAMPTZ),
    Column(
        "barred",
        Text,
        Computed(
            "case when (restricted_since >= coalesce(restricted_lifted, '-infinity'::timestamptz)) then "
            "'restricted' when (do_not_contact_since >= coalesce(do_not_contact_lifted, "
            "'-infinity'::timestamptz)) then 'do_not_contact' else null::text end",
            persisted=True,
        ),
    ),
    Column("merged_into", Uuid),
    Column("merged_at", TIMESTAMPTZ),
    Column("unmerged_at", TIMESTAMPTZ),
    Column(
        "merged",
        Boolean,
        Computed(
            "coalesce((merged_at >= coalesce(unmerged_at, '-infinity'::timestamptz)), false)", persisted=True
        ),
        nullable=False,
    ),
    Column("acting", Text),
    Column("covered_by", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
    Column("closed", Boolean, nullable=False, server_default=text("false")),
    Column("held_by", Text),
    Index("person_merged", "merged_into", postgresql_where=text("merged_into is not null")),
    Index("person_of_incident", "incident_id", "registration_id"),
)

wave = Table(
    "wave",
    METADATA,
    Column("wave_id", Uuid, primary_key=True),
    Column("incident_id", Uuid, nullable=False),
    Column("exercise", Boolean, nullable=False),
    Column("plan", Text, nullable=False),
    Column("plan_version", Integer, nullable=False),
    Column("plan_text", Text, nullable=False),
    Column("roles", ARRAY(Text), nullable=False),
    Column("municipalities", ARRAY(Text), nullable=False),
    Column("state", Text, nullable=False, server_default=text("'draft'")),
    Column("created_by", Text, nullable=False),
    Column("created_at", TIMESTAMPTZ, nullable=False, server_default=text("now()")),
    Column("preview", Integer, nullable=False, server_default=text("0")),
    Column("previewed_by", Text),
    Column("previewed_at", TIMESTAMPTZ),
    Column("frozen_hash", Text),
    Column("people", Integer),
    Column("planned", Integer),
    Column("contacts", Text),
    Column("excluded", Text),
    Column("approved_by", Text),
    Column("approved_at", TIMESTAMPTZ),
    Column("launched_by", Text),
    Column("launched_at", TIMESTAMPTZ),
    Column("launched_upto", Uuid),
    Column("ended_at", TIMESTAMPTZ),
    Column("registrations", ARRAY(Uuid), nullable=False, server_default=text("'{}'::uuid[]")),
    Column("repeat", Boolean, nullable=False, server_default=text("false")),
    Column("again", Integer, nullable=False, server_default=text("0")),
    Column("omitted", Text),
    Column("languages", Text),
    Column("written_at", TIMESTAMPTZ),
    Column("changed_at", TIMESTAMPTZ),
    Column("redeciding", Integer, nullable=False, server_default=text("0")),
    CheckConstraint("people is null or people >= planned", name="wave_check"),
    CheckConstraint("(state in ('draft', 'cancelled')) or frozen_hash is not null", name="wave_check1"),
    CheckConstraint(
        "approved_by is null or lower(approved_by) <> lower(created_by) and lower(approved_by) <> "
        "lower(previewed_by)",
        name="wave_check2",
    ),
    CheckConstraint(
        "state in ('draft', 'previewed', 'approved', 'launching', 'running', 'paused', 'cancelled', "
        "'completed')",
        name="wave_state_check",
    ),
    ForeignKeyConstraint(["incident_id"], ["incident.incident_id"], name="wave_incident_id_fkey"),
    Index("wave_at_work", "state", postgresql_where=text("state not in ('draft', 'previewed', 'completed')")),
    Index("wave_of_incident", "incident_id"),
    Index(
        "wave_to_write",
        "launched_at",
        postgresql_where=text("(launched_at is not null) and (written_at is null)"),
    ),
)

wave_member = Table(
    "wave_member",
    METADATA,
    Column("wave_id", Uuid, primary_key=True),
    Column("preview", Integer, primary_key=True),
    Column("registration_id", Uuid, primary_key=True),
    Column("municipality", Text),
    Column("excluded", Text),
    Column("channels", ARRAY(Text), nullable=False),
    Column("reasons", ARRAY(Text), nullable=False),
    Column("again", Boolean, nullable=False, server_default=text("false")),
    CheckConstraint("excluded is not null or municipality is not null", name="wave_member_check"),
)
