"""Store of claims: claim due messages with their people, and check again right before the call."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from uuid import UUID

from kit.database.database import Session
from services.notify.store.people import CONSENTS, REFUSING, ContactCheck, columns, may_be_contacted

# The state of the same message of a registration that was merged into the person. outreach compares the waves
# when it requests a message. So here other waves count only if the last merge of the chain became known after
# that.
UNDER_WAY, REACHED = 1, 2

# A request from before routing named the covered authorities: only the municipality
COVERED_BY = "coalesce(m.covered_by, array[m.municipality])"


@dataclass(frozen=True, slots=True)
class Claim(ContactCheck):
    """A due message with its person, incident and wave. One that may not be sent has epoch 0 and no attempt.

    `shared`: the digest of a telephone that others use too; `unread`: the number has no digest yet.
    """

    contact_id: UUID
    incident_id: UUID
    exercise: bool
    wave_id: UUID
    municipality: str
    authority: str | None
    template: str
    channels: list[str]
    language: str
    not_after: datetime
    requested_at: datetime
    recipient: bytes | None = field(repr=False)  # sealed
    contact: bytes | None = field(repr=False)  # sealed
    tries: int
    registered: bool
    shared: bytes | None
    people: int | None  # counted by the text to a shared telephone
    unread: bool | None
    known: bool
    name: str | None
    hotline: str | None
    web_page: str | None
    wave_state: str | None
    allowed: bool | None
    epoch: int
    attempt_id: UUID
    position: int
    idempotency_key: UUID  # of the attempt
    created_at: datetime  # of the attempt


_OF_ATTEMPT = {
    "epoch": "coalesce(s.epoch, 0) as epoch",
    "attempt_id": "coalesce(s.attempt_id, l.earlier) as attempt_id",
    "position": "coalesce(s.position, l.stood) as position",
    "channel": "coalesce(s.channel, l.channels[l.stood]) as channel",
    "idempotency_key": "a.idempotency_key",
    "created_at": "a.created_at",
}
_COLUMNS = ", ".join(_OF_ATTEMPT.get(column.name, f"l.{column.name}") for column in fields(Claim))

# The digest of a telephone that others at the incident have or had too; see use_cases/shared_phones.py
_SHARED = """
    case when m.channels[ch.chosen] = 'sms' and p.phone_key is not null and (exists (select from person q
            where q.phone_key = p.phone_key and q.registration_id <> p.registration_id and not q.merged)
        or exists (select from shared_text s where s.wave_id = m.wave_id and s.template = m.template
            and s.phone_key = p.phone_key))
    then p.phone_key end
"""

# Each incident with due messages gets the same share of a round, so that no incident waits for another.
# The person is locked FOR SHARE: a withdrawal is either committed and seen here, or waits for the attempt.
_CLAIM = f"""
with waiting as materialized (
    select i.incident_id from incident i where exists (
        select from message m where m.incident_id = i.incident_id and m.state = 'waiting'
            and m.next_try_at <= clock_timestamp())
), due as materialized (
    select d.contact_id from waiting w cross join lateral (
        select contact_id from message
        where incident_id = w.incident_id and state = 'waiting' and next_try_at <= clock_timestamp()
        order by next_try_at limit (select greatest(1, $2::bigint / count(*)) from waiting)
        for no key update skip locked
    ) d
), checked as materialized (
    select m.contact_id, m.registration_id, m.incident_id, m.exercise, m.wave_id, m.municipality,
        m.authority, {COVERED_BY} as covered_by, m.template, m.channels, m.language, m.not_after,
        m.requested_at,
        case when p.identity_corrected_at is null or m.requested_at > p.identity_corrected_at
            then m.recipient end as recipient, m.tries, m.position as stood,
        m.attempt_id as earlier, p.contact, p.registered, {REFUSING}, {CONSENTS},
        ch.chosen, {_SHARED} as shared, t.text_id, t.people as counted, cardinality(t.people) as people,
        m.channels[ch.chosen] = 'sms' and p.contact is not null
            and p.phone_of is distinct from md5(p.contact)::uuid as unread,
        i.known, i.name, i.hotline, i.web_page, w.state as wave_state,
        p.registered and i.known and coalesce(w.state, 'running') = 'running'
            and m.not_after > $1 and {may_be_contacted(COVERED_BY)} as allowed,
        case when p.twins is not null then (
            select max(case o.state when 'sending' then {UNDER_WAY} else {REACHED} end) from message o
            where o.contact_id = any(p.twins) and o.template = m.template
                and (o.wave_id = m.wave_id or m.requested_at < (
                    with recursive up as (
                        select a.merged_into, a.merged_at from person a
                        where a.registration_id = o.registration_id and a.merged
                        union
                        select a.merged_into, a.merged_at from up join person a
                            on a.registration_id = up.merged_into and a.merged
                    ) select max(merged_at) from up))
                and o.state in ('sending', 'in_doubt', 'handed_over', 'delivered')) end as twin
    from message m
    join person p on p.registration_id = m.registration_id
    join incident i on i.incident_id = m.incident_id
    left join wave w on w.wave_id = m.wave_id
    cross join lateral (select min(c.at)::smallint as chosen
        from unnest(m.channels) with ordinality as c(channel, at)
        where c.at >= m.position and c.channel = any(p.contact_channels)) ch
    left join shared_text t on t.wave_id = m.wave_id and t.template = m.template
        and t.phone_key = p.phone_key and t.contact_id = m.contact_id and m.channels[ch.chosen] = 'sms'
    where m.contact_id = any(array(select contact_id from due))
    for share of p
), sent as (
    update message m set state = 'sending', epoch = m.epoch + 1, position = l.chosen, tries = m.tries + 1,
        lease_until = clock_timestamp() + $3, called = false,
        attempt_id = coalesce(case when l.chosen = l.stood then l.earlier end, uuidv7())
    from checked l
    where m.contact_id = l.contact_id and l.allowed and l.twin is null and l.chosen is not null
        and not l.unread and (l.shared is null or l.people is not null)
    returning m.contact_id, m.attempt_id, m.epoch, m.position,
        m.channels[m.position] as channel, l.text_id, l.counted
), attempted as (
    insert into attempt (attempt_id, contact_id, channel, idempotency_key, state, epoch, text_id, people)
    select attempt_id, contact_id, channel, gen_random_uuid(), 'started', epoch, text_id, counted from sent
    on conflict (attempt_id) do update set state = 'started', epoch = excluded.epoch,
        started_at = clock_timestamp(), text_id = excluded.text_id, people = excluded.people
    returning attempt_id, idempotency_key, created_at
)
select {_COLUMNS}
from checked l left join sent s using (contact_id) left join attempted a on a.attempt_id = s.attempt_id
"""  # noqa: S608 - our own column names


# The last check marks the messages whose claim still holds and whose person may still be contacted.
_MARK_CALLED = f"""
update message m set called = true, channels = l.channels from (
    select m.contact_id, string_to_array(u.channels, ',') as channels
    from unnest($2::uuid[], $3::int[], $4::text[]) as u(contact_id, epoch, channels)
    join message m on m.contact_id = u.contact_id and m.epoch = u.epoch
    join person p on p.registration_id = m.registration_id
    where m.state = 'sending' and m.lease_until > clock_timestamp()
        and {may_be_contacted(COVERED_BY)} and m.channels[m.position] = any(p.contact_channels)
    order by m.contact_id for no key update of m
) l where m.contact_id = l.contact_id
returning m.contact_id, m.channels
"""  # noqa: S608 - our own column names


async def claim(session: Session, at: datetime, limit: int, lease: timedelta) -> list[Claim]:
    """Claim due messages, and insert the attempts of those that may be sent.

    The others stay locked, for the caller to withhold or postpone.
    """
    return await session.fetch(Claim, _CLAIM, at, limit, lease)


async def mark_called(
    session: Session, at: datetime, claims: Sequence[tuple[UUID, int, Sequence[str]]]
) -> dict[UUID, list[str]]:
    """Mark the messages that are sent next, if their person may still be contacted; return their channels.

    `claims`: message, epoch and channels. A message with another epoch belongs to another worker.
    """
    called = [(contact_id, epoch, ",".join(channels)) for contact_id, epoch, channels in claims]
    return await session.fetchpairs(_MARK_CALLED, at, *columns(called))
