"""The schema of routing: tables, constraints and indexes.

The migrations make it; tests/integration/test_schema_tables.py compares the two. kit's own tables (outbox,
inbox, parked messages, relay) are in kit/database/tables.py.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from kit.database.tables import TIMESTAMPTZ, service_metadata

METADATA = service_metadata()

authority_membership = Table(
    "authority_membership",
    METADATA,
    Column("version", Integer, primary_key=True),
    Column("member", Text, primary_key=True),
    Column("body", Text, primary_key=True),
    Column("valid_from", Date, primary_key=True),
    Column("valid_to", Date),
    ForeignKeyConstraint(
        ["version"], ["authority_version.version"], name="authority_membership_version_fkey"
    ),
)

authority_now = Table(
    "authority_now",
    METADATA,
    Column("one", Boolean, primary_key=True, server_default=text("true")),
    Column("version", Integer, nullable=False),
    CheckConstraint("one", name="authority_now_one_check"),
    ForeignKeyConstraint(["version"], ["authority_version.version"], name="authority_now_version_fkey"),
)

authority_postcode = Table(
    "authority_postcode",
    METADATA,
    Column("version", Integer, primary_key=True),
    Column("postcode", Text, primary_key=True),
    Column("municipalities", ARRAY(Text), nullable=False),
    ForeignKeyConstraint(["version"], ["authority_version.version"], name="authority_postcode_version_fkey"),
)

authority_row = Table(
    "authority_row",
    METADATA,
    Column("version", Integer, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("valid_from", Date, primary_key=True),
    Column("valid_to", Date),
    Column("code", Text),
    Column("cvr", Text),
    Column("successor", Text),
    Column("delegates_to", Text),
    Column("crisis_team", Boolean),
    Column("languages", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
    Column("opening_hours", Text),
    Column("capacity_a_day", Integer),
    ForeignKeyConstraint(["version"], ["authority_version.version"], name="authority_row_version_fkey"),
)

authority_version = Table(
    "authority_version",
    METADATA,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("made_at", TIMESTAMPTZ, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("why", Text, nullable=False),
)

contact_points = Table(
    "contact_points",
    METADATA,
    Column("seq", BigInteger, Identity(always=True), primary_key=True),
    Column("authority", Text, nullable=False),
    Column("set_at", TIMESTAMPTZ, nullable=False),
    Column("set_by", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("points", JSONB, nullable=False),
    Index("contact_points_of", "authority", "seq"),
)

decision = Table(
    "decision",
    METADATA,
    Column("seq", BigInteger, Identity(always=True), nullable=False),
    Column("registration_id", Uuid, nullable=False),
    Column("on_date", Date, nullable=False),
    Column("decided_at", TIMESTAMPTZ, nullable=False),
    Column("decided_by", Text),
    Column("outcome", Text, nullable=False),
    Column("municipality", Text),
    Column("region", Text),
    Column("health_council", Text),
    Column("acting", Text),
    Column("reason", Text, nullable=False),
    Column("note", LargeBinary),
    Column("candidates", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
    Column("doubts", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
    Column("covered_by", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
    CheckConstraint("(outcome = 'resolved') = (municipality is not null)", name="decision_check"),
    CheckConstraint(
        "outcome in ('resolved', 'ambiguous', 'unknown', 'unreadable', 'closed')",
        name="decision_outcome_check",
    ),
    Index("decision_of_person", "registration_id", "seq"),
)

handover = Table(
    "handover",
    METADATA,
    Column("handover_id", Uuid, primary_key=True),
    Column("registration_id", Uuid, nullable=False),
    Column("incident_id", Uuid, nullable=False),
    Column("exercise", Boolean, nullable=False),
    Column("authority", Text, nullable=False),
    Column("municipality", Text, nullable=False),
    Column("consent_id", Uuid, nullable=False),
    Column("state", Text, nullable=False),
    Column("offered_at", TIMESTAMPTZ, nullable=False),
    Column("answer_by", TIMESTAMPTZ, nullable=False),
    Column("accepted_at", TIMESTAMPTZ),
    Column("accepted_by", Text),
    Column("contact_by", TIMESTAMPTZ),
    Column("first_contact_at", TIMESTAMPTZ),
    Column("first_contact_by", Text),
    Column("refused_at", TIMESTAMPTZ),
    Column("refused_by", Text),
    Column("refusal", Text),
    Column("refusal_note", LargeBinary),
    Column("called_off_at", TIMESTAMPTZ),
    Column("call_off", Text),
    Column("clock_at", TIMESTAMPTZ),
    Column("escalated_step", Text),
    Column("escalated_at", TIMESTAMPTZ),
    Column("covered_by", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
    Column("succeeds", Text),
    CheckConstraint(
        "(state not in ('accepted', 'contacted')) or accepted_at is not null", name="handover_check"
    ),
    CheckConstraint("(accepted_at is null) = (contact_by is null)", name="handover_check1"),
    CheckConstraint("state <> 'contacted' or first_contact_at is not null", name="handover_check2"),
    CheckConstraint(
        "(state = 'refused') <= (refused_at is not null and refusal is not null)", name="handover_check3"
    ),
    CheckConstraint("(state = 'called_off') = (called_off_at is not null)", name="handover_check4"),
    CheckConstraint(
        "state in ('offered', 'accepted', 'refused', 'contacted', 'called_off')", name="handover_state_check"
    ),
    Index("handover_clock", "clock_at", postgresql_where=text("clock_at is not null")),
    Index("handover_of_incident", "incident_id", "offered_at"),
    Index("handover_of_person", "registration_id"),
    Index("handover_offered", "registration_id", unique=True, postgresql_where=text("state = 'offered'")),
    Index(
        "handover_overdue",
        "escalated_step",
        "exercise",
        postgresql_where=text(
            "((state = 'offered') and (escalated_step = 'acceptance')) or ((state = 'accepted') and "
            "(escalated_step = 'first_contact'))"
        ),
    ),
)

home_case = Table(
    "home_case",
    METADATA,
    Column("registration_id", Uuid, primary_key=True),
    Column("incident_id", Uuid, nullable=False),
    Column("exercise", Boolean, nullable=False),
    Column("age_band", Text),
    Column("identity", LargeBinary),
    Column("contact", LargeBinary),
    Column("state", Text, nullable=False, server_default=text("'waiting'")),
    Column("due_at", TIMESTAMPTZ, nullable=False, server_default=text("now()")),
    Column("epoch", Integer, nullable=False, server_default=text("0")),
    Column("lease_until", TIMESTAMPTZ),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Column("queue", Text),
    Column("reason", Text),
    Column("candidates", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
    Column("since", TIMESTAMPTZ),
    Column("decided_on", Date),
    Column("ruled", Text),
    Column("contactability", Text),
    Column("digital_post", Boolean),
    Column("letter_allowed", Boolean, nullable=False, server_default=text("false")),
    Column("recipient", LargeBinary),
    Column("municipality", Text),
    Column("region", Text),
    Column("told_at", TIMESTAMPTZ),
    Column("merge_told_at", TIMESTAMPTZ),
    Column("settled_at", TIMESTAMPTZ),
    Column("facts_changed", Boolean, nullable=False, server_default=text("false")),
    Column("ruled_event", Boolean, nullable=False, server_default=text("false")),
    CheckConstraint("state <> 'triage' or queue is not null", name="home_case_check"),
    CheckConstraint("queue is null or reason is not null and since is not null", name="home_case_check1"),
    CheckConstraint(
        "state <> 'forgotten' or identity is null and contact is null and recipient is null and queue "
        "is null",
        name="home_case_check2",
    ),
    CheckConstraint(
        "state in ('waiting', 'resolved', 'triage', 'closed', 'merged', 'forgotten')",
        name="home_case_state_check",
    ),
    Index("home_case_decided", "decided_on", postgresql_where=text("state in ('resolved', 'triage')")),
    Index("home_case_due", "incident_id", "due_at", postgresql_where=text("state = 'waiting'")),
    Index("home_case_of_incident", "incident_id"),
    Index("home_case_queued", "incident_id", "since", postgresql_where=text("queue is not null")),
    Index("home_case_queued_since", "since", postgresql_where=text("queue is not null")),
)

incident = Table(
    "incident",
    METADATA,
    Column("incident_id", Uuid, primary_key=True),
    Column("name", Text),
    Column("place", Text),
    Column("started_at", TIMESTAMPTZ),
    Column("event_authority", Text),
    Column("told_at", TIMESTAMPTZ),
    Column("event_authorities", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
    Column("exercise", Boolean, nullable=False, server_default=text("false")),
)

passing_on = Table(
    "passing_on",
    METADATA,
    Column("seq", BigInteger, Identity(always=True), primary_key=True),
    Column("handover_id", Uuid, nullable=False),
    Column("registration_id", Uuid, nullable=False),
    Column("authority", Text, nullable=False),
    Column("field_sets", ARRAY(Text), nullable=False),
    Column("consent_id", Uuid, nullable=False),
    Column("consent_given_at", TIMESTAMPTZ, nullable=False),
    Column("consent_expires_at", TIMESTAMPTZ, nullable=False),
    Column("actor", Text, nullable=False),
    Column("passed_on_at", TIMESTAMPTZ, nullable=False),
    Index("passing_on_of_person", "registration_id"),
)

relation = Table(
    "relation",
    METADATA,
    Column("registration_id", Uuid, primary_key=True),
    Column("relative_id", Uuid, primary_key=True),
    Column("word", Text, primary_key=True),
    Index("relation_of_relative", "relative_id"),
)

reopening = Table(
    "reopening",
    METADATA,
    Column("reopening_id", Uuid, primary_key=True),
    Column("asked_at", TIMESTAMPTZ, nullable=False),
    Column("begun_at", TIMESTAMPTZ, nullable=False, server_default=text("now()")),
    Column("asked_by", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("incident_id", Uuid),
    Column("decided_until", Date, nullable=False),
    Column("authorities", ARRAY(Text)),
    Column(
        "reached", Uuid, nullable=False, server_default=text("'00000000-0000-0000-0000-000000000000'::uuid")
    ),
    Column("cases", Integer, nullable=False, server_default=text("0")),
    Column("done_at", TIMESTAMPTZ),
    Index("reopening_open", "asked_at", postgresql_where=text("done_at is null")),
)

standing = Table(
    "standing",
    METADATA,
    Column("registration_id", Uuid, primary_key=True),
    Column("incident_id", Uuid, nullable=False),
    Column("exercise", Boolean, nullable=False),
    Column("role", Text),
    Column("place", Text),
    Column("registered_at", TIMESTAMPTZ),
    Column("language", Text),
    Column("preferred_channel", Text),
    Column("circumstances", LargeBinary),
    Column("told_at", TIMESTAMPTZ),
    Column("consent_id", Uuid),
    Column("consent_given_at", TIMESTAMPTZ),
    Column("consent_expires_at", TIMESTAMPTZ),
    Column("consent_authorities", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
    Column("withdrawn_at", TIMESTAMPTZ),
    Column("restated_at", TIMESTAMPTZ),
    Column("restricted_at", TIMESTAMPTZ),
    Column("restriction_lifted_at", TIMESTAMPTZ),
    Column("do_not_contact_at", TIMESTAMPTZ),
    Column("do_not_contact_lifted_at", TIMESTAMPTZ),
    Column("merged_into", Uuid),
    Column("merged_at", TIMESTAMPTZ),
    Column("unmerged_at", TIMESTAMPTZ),
    Column("forgotten_at", TIMESTAMPTZ),
    Column("home", Text),
    Column("municipality", Text),
    Column("status", Text, nullable=False, server_default=text("'unresolved'")),
    Column("status_since", TIMESTAMPTZ, nullable=False, server_default=text("now()")),
    Column("handover_id", Uuid),
    Column("held_id", Uuid),
    Column("refused_by", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
    Column("refusal", Text),
    Column("suggested", Text),
    Column("covered_by", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
    Column("contact_withdrawn_at", TIMESTAMPTZ),
    Column("died_at", TIMESTAMPTZ),
    Column("relative_died_at", TIMESTAMPTZ),
    Column("relations_told_at", TIMESTAMPTZ),
    CheckConstraint("forgotten_at is null or circumstances is null", name="standing_check"),
    CheckConstraint("(consent_id is null) = (consent_given_at is null)", name="standing_check1"),
    Index("standing_of_incident", "incident_id"),
)

told_consent = Table(
    "told_consent",
    METADATA,
    Column("registration_id", Uuid, primary_key=True),
    Column("consent_id", Uuid, primary_key=True),
    Column("purpose", Text, nullable=False),
    Column("channels", ARRAY(Text), nullable=False),
    Column("given_at", TIMESTAMPTZ, nullable=False),
    Column("expires_at", TIMESTAMPTZ, nullable=False),
    Column("authorities", ARRAY(Text), nullable=False),
    Column("wording", Text),
    Column("language", Text),
    Column("obtained", Text),
    Column("form_number", Text),
    Column("documentation", LargeBinary),
    Column("sealed_for", Uuid, nullable=False),
    Column("restated_at", TIMESTAMPTZ),
)

triage_care = Table(
    "triage_care",
    METADATA,
    Column("registration_id", Uuid, primary_key=True),
    Column("queue", Text, nullable=False),
    Column("since", TIMESTAMPTZ, nullable=False),
    Column("owner", Text),
    Column("assigned_at", TIMESTAMPTZ),
    Column("assigned_by", Text),
    Column("overdue_told_at", TIMESTAMPTZ),
)
