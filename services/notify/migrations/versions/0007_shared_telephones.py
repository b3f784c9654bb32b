"""Telephones that several people share: known by a digest, and who leads each text to them."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLES: tuple[str, ...] = (
    # phone_key: a digest under a secret key, of incident and number. phone_of: of which contact details
    "alter table person add phone_key bytea, add phone_of uuid",
    "create index person_phone on person (phone_key) where phone_key is not null",
    """
    create index person_unread on person (registration_id) where contact is not null
        and 'sms' = any(contact_channels) and phone_of is distinct from md5(contact)::uuid
    """,
    # one text of a wave to one telephone: contact_id is sent, and says for how many people it is
    """
    create table shared_text (
        wave_id uuid not null,
        template text not null,
        phone_key bytea not null,
        contact_id uuid not null,
        people uuid[] not null,
        primary key (wave_id, template, phone_key)
    )
    """,
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
