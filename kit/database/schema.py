"""The tables of kit in every service's schema: outbox, inbox, parked, relay_cursor.

The first migration of a service runs `STATEMENTS`; later ones run the others.
"""

STATEMENTS = (
    """
    create table outbox (
        seq bigint generated always as identity,
        ce_id uuid not null,
        ce_type text not null,
        ce_time timestamptz not null,
        topic text not null,
        key text not null,
        traceparent text,
        value bytea not null
    ) partition by range (ce_id)
    """,
    "create index outbox_seq on outbox (seq)",
    "create table outbox_default partition of outbox default",
    "create table inbox (ce_id uuid not null, primary key (ce_id)) partition by range (ce_id)",
    "create table inbox_default partition of inbox default",
    """
    create table relay_cursor (
        only_one boolean primary key default true check (only_one),
        seq bigint not null default 0
    )
    """,
    "insert into relay_cursor default values",
    """
    create table parked (
        id uuid primary key,
        topic text not null,
        partition integer not null,
        "offset" bigint not null,
        digest bytea not null,
        sealed bytea not null,
        reason text not null,
        state text not null default 'parked' check (state in ('parked', 'replayed', 'discarded')),
        parked_at timestamptz not null default now(),
        concluded_at timestamptz,
        why text,
        unique (topic, partition, "offset", digest)
    )
    """,
    "create index parked_open on parked (parked_at) where state = 'parked'",
)

RELAY_LEASE = (
    """
    alter table relay_cursor
        add column leader_pid integer,
        add column leader_started timestamptz,
        add column lease_until timestamptz
    """,
)
"""The lease of the relay: its leader and its end. Run from a later migration."""

RELAY_TOPIC = ("create table relay_topic (topic text primary key, topic_id text not null)",)
"""The id of each topic that the relay has published to. Run from a later migration."""

DAILY = ("outbox", "inbox")  # the tables with daily partitions
