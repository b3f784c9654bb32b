"""The schema of registration: tables, constraints and indexes.

The migrations make it; tests/integration/test_schema_tables.py compares the two. kit's own tables (outbox,
inbox, parked messages, relay) are in kit/database/tables.py.
"""

from sqlalchemy import (
    REAL,
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
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from kit.database.tables import TIMESTAMPTZ, service_metadata

METADATA = service_metadata()

blind_index = Table(
    "blind_index",
    METADATA,
    Column("digest", LargeBinary, primary_key=True),
    Column("registration_id", Uuid, primary_key=True),
    Index("blind_index_person", "registration_id"),
)

childs_consent = Table(
    "childs_consent",
    METADATA,
    Column("entry_id", Uuid, primary_key=True),
    Column("registration_id", Uuid, primary_key=True),
    ForeignKeyConstraint(["entry_id"], ["consent_entry.id"], name="childs_consent_entry_id_fkey"),
    ForeignKeyConstraint(
        ["registration_id"], ["registration.id"], name="childs_consent_registration_id_fkey"
    ),
    Index("childs_consent_person", "registration_id"),
)

consent_entry = Table(
    "consent_entry",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("registration_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("at", TIMESTAMPTZ, nullable=False),
    Column("recorded_at", TIMESTAMPTZ, nullable=False),
    Column("recorded_by", Text, nullable=False),
    Column("channels", ARRAY(Text)),
    Column("expires_at", TIMESTAMPTZ),
    Column("wording", Text),
    Column("language", Text),
    Column("obtained", Text),
    Column("form_number", Text),
    Column("key_of", Uuid),
    Column("documentation", LargeBinary),
    Column("withdrawn_by", Text),
    Column("authorities", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
    Column("told_by", Text),
    Column("unconfirmed", Boolean, nullable=False, server_default=text("false")),
    Column("withdrawn_on", TIMESTAMPTZ),
    Column("device_at", TIMESTAMPTZ),
    CheckConstraint(
        "kind = 'withdrawn' or channels is not null and expires_at <= (at + '1 year'::interval) and "
        "wording is not null and language is not null and obtained is not null and key_of is not null "
        "and documentation is not null",
        name="consent_entry_check",
    ),
    CheckConstraint("kind = 'given' or withdrawn_by is not null", name="consent_entry_check1"),
    CheckConstraint("kind in ('given', 'withdrawn')", name="consent_entry_kind_check"),
    ForeignKeyConstraint(["registration_id"], ["registration.id"], name="consent_entry_registration_id_fkey"),
    Index("consent_entry_person", "registration_id"),
    Index(
        "consent_entry_source",
        text("(case when kind = 'given' then key_of else registration_id end)"),
    ),
)

contact_bar = Table(
    "contact_bar",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("registration_id", Uuid, nullable=False),
    Column("reason", Text, nullable=False),
    Column("key_of", Uuid, nullable=False),
    Column("barred_at", TIMESTAMPTZ, nullable=False),
    Column("barred_by", Text, nullable=False),
    Column("barred_why", LargeBinary),
    Column("lifted_at", TIMESTAMPTZ),
    Column("lifted_by", Text),
    Column("lifted_why", LargeBinary),
    CheckConstraint("(lifted_at is null) = (lifted_by is null)", name="contact_bar_check"),
    CheckConstraint("reason in ('do_not_contact', 'restricted')", name="contact_bar_reason_check"),
    ForeignKeyConstraint(["registration_id"], ["registration.id"], name="contact_bar_registration_id_fkey"),
    Index("contact_bar_person", "registration_id"),
    Index(
        "contact_bar_standing",
        "registration_id",
        "reason",
        unique=True,
        postgresql_where=text("lifted_at is null"),
    ),
)

duplicate = Table(
    "duplicate",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("incident_id", Uuid, nullable=False),
    Column("one", Uuid, nullable=False),
    Column("other", Uuid, nullable=False),
    Column("score", REAL, nullable=False),
    Column("reasons", ARRAY(Text), nullable=False),
    Column("state", Text, nullable=False, server_default=text("'open'")),
    Column("found_at", TIMESTAMPTZ, nullable=False),
    Column("suggested_by", Text),
    CheckConstraint("one < other", name="duplicate_check"),
    CheckConstraint("state <> 'suggested' or suggested_by is not null", name="duplicate_check1"),
    CheckConstraint("score >= 0 and score <= 1", name="duplicate_score_check"),
    CheckConstraint(
        "state in ('open', 'suggested', 'merged', 'dismissed', 'undone')", name="duplicate_state_check"
    ),
    ForeignKeyConstraint(["incident_id"], ["incident.id"], name="duplicate_incident_id_fkey"),
    ForeignKeyConstraint(["one"], ["registration.id"], name="duplicate_one_fkey"),
    ForeignKeyConstraint(["other"], ["registration.id"], name="duplicate_other_fkey"),
    UniqueConstraint("one", "other", name="duplicate_one_other_key"),
    Index("duplicate_incident", "incident_id", "state", text("score desc"), "id"),
    Index("duplicate_other", "other"),
)

duplicate_step = Table(
    "duplicate_step",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("duplicate_id", Uuid, nullable=False),
    Column("step", Text, nullable=False),
    Column("at", TIMESTAMPTZ, nullable=False),
    Column("by", Text, nullable=False),
    Column("why", LargeBinary),
    CheckConstraint(
        "step in ('suggested', 'merged', 'dismissed', 'undone')", name="duplicate_step_step_check"
    ),
    ForeignKeyConstraint(["duplicate_id"], ["duplicate.id"], name="duplicate_step_duplicate_id_fkey"),
    Index("duplicate_step_duplicate", "duplicate_id"),
)

golden_record = Table(
    "golden_record",
    METADATA,
    Column("registration_id", Uuid, primary_key=True),
    Column("role", Text, nullable=False),
    Column("presence", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("interpreter", Boolean, nullable=False),
    Column("age_band", Text, nullable=False),
    Column("channels", ARRAY(Text), nullable=False),
    Column("preferred_channel", Text),
    Column("identity", LargeBinary),
    Column("contact", LargeBinary, nullable=False),
    Column("note", LargeBinary),
    Column("circumstances", LargeBinary),
    ForeignKeyConstraint(["registration_id"], ["registration.id"], name="golden_record_registration_id_fkey"),
)

identity_claim = Table(
    "identity_claim",
    METADATA,
    Column("digest", LargeBinary, primary_key=True),
    Column("incident_id", Uuid, primary_key=True),
    Column("registration_id", Uuid, nullable=False),
    Index("identity_claim_person", "registration_id"),
)

import_bad_row = Table(
    "import_bad_row",
    METADATA,
    Column("import_id", Uuid, primary_key=True),
    Column("line", Integer, primary_key=True),
    Column("cells", LargeBinary, nullable=False),
    ForeignKeyConstraint(["import_id"], ["import_job.id"], name="import_bad_row_import_id_fkey"),
)

import_file = Table(
    "import_file",
    METADATA,
    Column("import_id", Uuid, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("piece", LargeBinary, nullable=False),
    ForeignKeyConstraint(["import_id"], ["import_job.id"], name="import_file_import_id_fkey"),
)

import_flaw = Table(
    "import_flaw",
    METADATA,
    Column("seq", BigInteger, Identity(always=True), nullable=False),
    Column("import_id", Uuid, nullable=False),
    Column("line", Integer, nullable=False),
    Column("column_name", Text, nullable=False),
    Column("hint", Boolean, nullable=False),
    Column("code", Text, nullable=False),
    Column("params", JSONB, nullable=False),
    ForeignKeyConstraint(["import_id"], ["import_job.id"], name="import_flaw_import_id_fkey"),
    Index("import_flaw_line", "import_id", "line"),
)

import_job = Table(
    "import_job",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("incident_id", Uuid, nullable=False),
    Column("started_by", Text, nullable=False),
    Column("way", Text, nullable=False),
    Column("dry_run", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    Column("columns", ARRAY(Text)),
    Column("bytes_read", BigInteger, nullable=False, server_default=text("0")),
    Column("rows", Integer, nullable=False, server_default=text("0")),
    Column("registered", Integer, nullable=False, server_default=text("0")),
    Column("already_there", Integer, nullable=False, server_default=text("0")),
    Column("bad_rows", Integer, nullable=False, server_default=text("0")),
    Column("started_at", TIMESTAMPTZ, nullable=False),
    Column("ended_at", TIMESTAMPTZ),
    Column("beat_at", TIMESTAMPTZ, nullable=False, server_default=text("now()")),
    Column("cells_deleted_at", TIMESTAMPTZ),
    Column("name", LargeBinary),
    CheckConstraint("state in ('running', 'done', 'failed', 'interrupted')", name="import_job_state_check"),
    CheckConstraint("way in ('csv', 'xlsx')", name="import_job_way_check"),
    ForeignKeyConstraint(["incident_id"], ["incident.id"], name="import_job_incident_id_fkey"),
    Index("import_job_cells", "started_at", postgresql_where=text("cells_deleted_at is null")),
    Index("import_job_incident", "incident_id"),
    Index("import_job_running", "beat_at", postgresql_where=text("state = 'running'")),
)

incident = Table(
    "incident",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("started_at", TIMESTAMPTZ, nullable=False),
    Column("event_authority", Text, nullable=False),
    Column("hotline", Text),
    Column("web_page", Text),
    Column("exercise", Boolean, nullable=False),
    Column("long_running", Boolean, nullable=False),
    Column("opened_at", TIMESTAMPTZ, nullable=False),
    Column("opened_by", Text, nullable=False),
    Column("closed_at", TIMESTAMPTZ),
    Column("closed_by", Text),
    Column("event_authorities", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
    Column("changed_at", TIMESTAMPTZ),
)

incident_change = Table(
    "incident_change",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("incident_id", Uuid, nullable=False),
    Column("at", TIMESTAMPTZ, nullable=False),
    Column("by", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("changed", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
    Column("was", JSONB),
    Column("why", LargeBinary),
    CheckConstraint("(what = 'corrected') = (was is not null)", name="incident_change_check"),
    CheckConstraint(
        "what in ('opened', 'closed', 'reopened', 'corrected')", name="incident_change_what_check"
    ),
    ForeignKeyConstraint(["incident_id"], ["incident.id"], name="incident_change_incident_id_fkey"),
    Index("incident_change_incident", "incident_id"),
)

intake = Table(
    "intake",
    METADATA,
    Column("key", LargeBinary, primary_key=True),
    Column("body", LargeBinary),
    Column("made", Uuid, nullable=False),
    Column("at", TIMESTAMPTZ, nullable=False, server_default=text("now()")),
)

learned_number = Table(
    "learned_number",
    METADATA,
    Column("registration_id", Uuid, primary_key=True),
    Column("number", LargeBinary, nullable=False),
    Column("learned_at", TIMESTAMPTZ, nullable=False),
)

link = Table(
    "link",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("one", Uuid, nullable=False),
    Column("other", Uuid, nullable=False),
    Column("made_at", TIMESTAMPTZ, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("ended_at", TIMESTAMPTZ),
    Column("ended_by", Text),
    CheckConstraint("one <> other", name="link_check"),
    CheckConstraint("kind = 'guardian' or one < other", name="link_check1"),
    CheckConstraint("kind in ('family', 'guardian', 'came_with')", name="link_kind_check"),
    ForeignKeyConstraint(["one"], ["registration.id"], name="link_one_fkey"),
    ForeignKeyConstraint(["other"], ["registration.id"], name="link_other_fkey"),
    Index("link_other", "other"),
    Index("link_standing", "one", "other", "kind", unique=True, postgresql_where=text("ended_at is null")),
)

mention = Table(
    "mention",
    METADATA,
    Column("registration_id", Uuid, primary_key=True),
    Column("in_registration", Uuid, primary_key=True),
    Column("place", Text, primary_key=True),
    ForeignKeyConstraint(["in_registration"], ["registration.id"], name="mention_in_registration_fkey"),
    ForeignKeyConstraint(["registration_id"], ["registration.id"], name="mention_registration_id_fkey"),
    Index("mention_in", "in_registration"),
)

mention_search = Table(
    "mention_search",
    METADATA,
    Column("registration_id", Uuid, primary_key=True),
    Column("searched", Integer, nullable=False),
    Column("people", Integer, nullable=False),
    Column("at", TIMESTAMPTZ, nullable=False),
    ForeignKeyConstraint(
        ["registration_id"], ["registration.id"], name="mention_search_registration_id_fkey"
    ),
)

merge = Table(
    "merge",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("duplicate_id", Uuid, nullable=False),
    Column("away", Uuid, nullable=False),
    Column("into_id", Uuid, nullable=False),
    Column("merged_at", TIMESTAMPTZ, nullable=False),
    Column("undone_at", TIMESTAMPTZ),
    ForeignKeyConstraint(["away"], ["registration.id"], name="merge_away_fkey"),
    ForeignKeyConstraint(["duplicate_id"], ["duplicate.id"], name="merge_duplicate_id_fkey"),
    ForeignKeyConstraint(["into_id"], ["registration.id"], name="merge_into_id_fkey"),
    Index("merge_away", "away", unique=True, postgresql_where=text("undone_at is null")),
    Index("merge_into", "into_id", postgresql_where=text("undone_at is null")),
)

person_version = Table(
    "person_version",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("registration_id", Uuid, nullable=False),
    Column("number", Integer, nullable=False),
    Column("key_of", Uuid, nullable=False),
    Column("changed", ARRAY(Text), nullable=False),
    Column("replaced_at", TIMESTAMPTZ, nullable=False),
    Column("replaced_by", Text, nullable=False),
    Column("why", LargeBinary, nullable=False),
    Column("role", Text, nullable=False),
    Column("presence", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("interpreter", Boolean, nullable=False),
    Column("age_band", Text, nullable=False),
    Column("channels", ARRAY(Text), nullable=False),
    Column("preferred_channel", Text),
    Column("identity", LargeBinary),
    Column("contact", LargeBinary, nullable=False),
    Column("note", LargeBinary),
    Column("circumstances", LargeBinary),
    Column("addressed", Uuid),
    ForeignKeyConstraint(["addressed"], ["registration.id"], name="person_version_addressed_fkey"),
    ForeignKeyConstraint(
        ["registration_id"], ["registration.id"], name="person_version_registration_id_fkey"
    ),
    UniqueConstraint("registration_id", "number", name="person_version_registration_id_number_key"),
)

public_attempt = Table(
    "public_attempt",
    METADATA,
    Column("digest", LargeBinary, primary_key=True),
    Column("since", TIMESTAMPTZ, primary_key=True),
    Column("attempts", Integer, nullable=False),
    Index("public_attempt_since", "since"),
)

public_form = Table(
    "public_form",
    METADATA,
    Column("incident_id", Uuid, primary_key=True),
    Column("slug", Text, nullable=False),
    Column("open", Boolean, nullable=False),
    Column("changed_at", TIMESTAMPTZ, nullable=False),
    Column("changed_by", Text, nullable=False),
    ForeignKeyConstraint(["incident_id"], ["incident.id"], name="public_form_incident_id_fkey"),
    UniqueConstraint("slug", name="public_form_slug_key"),
)

registration = Table(
    "registration",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("incident_id", Uuid, nullable=False),
    Column("repeat_of", Uuid),
    Column("role", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("presence", Text, nullable=False),
    Column("registered_at", TIMESTAMPTZ, nullable=False),
    Column("registered_by", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("interpreter", Boolean, nullable=False),
    Column("age_band", Text, nullable=False),
    Column("channels", ARRAY(Text), nullable=False),
    Column("identity", LargeBinary),
    Column("contact", LargeBinary, nullable=False),
    Column("note", LargeBinary),
    Column("registration_until", TIMESTAMPTZ),
    Column("contact_until", TIMESTAMPTZ),
    Column("withdrawn", Boolean, nullable=False, server_default=text("false")),
    Column("forgotten_at", TIMESTAMPTZ),
    Column("forgotten_by", Text),
    Column("forgotten_why", LargeBinary),
    Column("key_deleted_at", TIMESTAMPTZ),
    Column("circumstances", LargeBinary),
    Column("preferred_channel", Text),
    Column("published_at", TIMESTAMPTZ),
    Column("within", Uuid),
    Column("compared_at", TIMESTAMPTZ),
    Column("index_version", SmallInteger, nullable=False, server_default=text("0")),
    Column("changed_at", TIMESTAMPTZ),
    Column("device_at", TIMESTAMPTZ),
    Column(
        "revision",
        BigInteger,
        nullable=False,
        server_default=text("(extract(epoch from now()) * 1000000)::bigint"),
    ),
    ForeignKeyConstraint(["incident_id"], ["incident.id"], name="registration_incident_id_fkey"),
    ForeignKeyConstraint(["repeat_of"], ["registration.id"], name="registration_repeat_of_fkey"),
    ForeignKeyConstraint(["within"], ["registration.id"], name="registration_within_fkey"),
    Index(
        "registration_compare",
        "id",
        postgresql_where=text("(compared_at is null) and (forgotten_at is null)"),
    ),
    Index(
        "registration_forgetting",
        "id",
        postgresql_where=text("(forgotten_at is not null) and (key_deleted_at is null)"),
    ),
    Index("registration_incident", "incident_id"),
    Index("registration_index_version", "index_version", "id", postgresql_where=text("forgotten_at is null")),
    Index("registration_kept", "incident_id", "id", postgresql_where=text("forgotten_at is null")),
    Index(
        "registration_unpublished",
        "id",
        postgresql_where=text(
            "(repeat_of is not null) and (published_at is null) and (forgotten_at is null)"
        ),
    ),
    Index("registration_repeat", "repeat_of", postgresql_where=text("repeat_of is not null")),
)

retention = Table(
    "retention",
    METADATA,
    Column("seq", BigInteger, Identity(always=True), primary_key=True),
    Column("incident_id", Uuid, nullable=False),
    Column("keep_until", Date, nullable=False),
    Column("why", LargeBinary, nullable=False),
    Column("set_by", Text, nullable=False),
    Column("set_at", TIMESTAMPTZ, nullable=False),
    Column("began_at", TIMESTAMPTZ),
    Column("forgotten", Integer, nullable=False, server_default=text("0")),
    Column("ended_at", TIMESTAMPTZ),
    Column("reaches_until", TIMESTAMPTZ),
    CheckConstraint("ended_at is null or began_at is not null", name="retention_check"),
    CheckConstraint("(began_at is null) = (reaches_until is null)", name="retention_check1"),
    ForeignKeyConstraint(["incident_id"], ["incident.id"], name="retention_incident_id_fkey"),
    Index("retention_incident", "incident_id", text("seq desc")),
    Index("retention_open", "keep_until", postgresql_where=text("ended_at is null")),
)
