"""Each registration keeps its own data; what is published of a person is in golden_record.

Fields that were filled from other registrations go back where the history tells: where everything since then
was written by merging, undoing or filling, the version before is the registration's own data.
"""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_DATA = (
    "role", "presence", "language", "interpreter", "age_band", "channels", "preferred_channel", "identity",
    "contact", "note", "circumstances",
)  # fmt: skip
_NAMES = ", ".join(_DATA)
_BY_RULE = """
v.addressed is null and (
    exists (select from merge m where m.into_id = v.registration_id
        and v.replaced_at in (m.merged_at, m.undone_at))
    or exists (select from registration r where r.repeat_of = v.registration_id
        and r.registered_by = v.replaced_by
        and v.replaced_at between r.published_at - interval '1 minute' and r.published_at))
"""
STATEMENTS: tuple[str, ...] = (
    # What was published last of a person with several registrations, sealed under the first one's key.
    """
    create table golden_record (
        registration_id uuid primary key references registration,
        role text not null,
        presence text not null,
        language text not null,
        interpreter boolean not null,
        age_band text not null,
        channels text[] not null,
        preferred_channel text,
        identity bytea,
        contact bytea not null,
        note bytea,
        circumstances bytea
    )
    """,
    f"""
    insert into golden_record (registration_id, {_NAMES}) select id, {_NAMES} from registration f
    where repeat_of is null and exists (select from registration r where r.repeat_of = f.id)
        or exists (select from merge m where m.away = f.id and m.undone_at is null)
    """,  # noqa: S608 - our own column names
    # published_at: when a linked registration was first part of what is published.
    "alter table registration rename column lent_at to published_at",
    "alter index registration_lending rename to registration_unpublished",
    f"""
    with last as (
        select v.registration_id, coalesce(max(v.number) filter (where not ({_BY_RULE})), 0) as number
        from person_version v join golden_record g on g.registration_id = v.registration_id group by 1
    )
    update registration r set ({_NAMES}) = (select {", ".join(f"v.{name}" for name in _DATA)}),
        index_version = 0
    from last, person_version v
    where r.id = last.registration_id and v.registration_id = r.id and v.number = last.number + 1
        and v.contact <> ''
    """,  # noqa: S608 - the same
    "alter table merge drop column gained",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
