"""Both consents of a person with their documentation, for the record that an authority gets."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TABLES: tuple[str, ...] = (
    # as registration told it; documentation is sealed with the key of sealed_for
    """
    create table told_consent (
        registration_id uuid not null,
        consent_id uuid not null,
        purpose text not null,
        channels text[] not null,
        given_at timestamptz not null,
        expires_at timestamptz not null,
        authorities text[] not null,
        wording text,
        language text,
        obtained text,
        form_number text,
        documentation bytea,
        sealed_for uuid not null,
        restated_at timestamptz, -- the last time all consents were told anew, and this was among them
        primary key (registration_id, consent_id)
    )
    """,
    "alter table standing add column contact_withdrawn_at timestamptz",
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
