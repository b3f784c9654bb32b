"""Store of contacts: claimed when due, updated under an epoch or by the events of notify.

The lock order is the same everywhere: wave, people in the order of ids, contacts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from contracts.events.ids import AuthorityId, ContactId, IncidentId, RegistrationId, WaveId
from contracts.events.vocabulary import CallOutcome, WithheldReason
from kit.database.database import Session
from services.outreach.domain.contact import (
    ContactState,
    MessageProgress,
    OtherContact,
    effect_of_merged_step,
)

# Each running wave with due contacts gets the same share of a round, so that no wave waits for another.
# The lateral join forces the index contact_due, whatever the statistics of a new wave say.
_CLAIM = """
with running as materialized (
    select w.wave_id, w.exercise from wave w where w.state = 'running' and exists (
        select from contact c where c.wave_id = w.wave_id and c.state = 'waiting' and c.due_at <= $1)
), due as materialized (
    select d.contact_id, r.exercise from running r cross join lateral (
        select contact_id from contact
        where wave_id = r.wave_id and state = 'waiting' and due_at <= $1
        order by due_at limit (select greatest(1, $2::bigint / count(*)) from running)
        for update skip locked
    ) d
)
update contact c set state = 'claimed', epoch = epoch + 1, lease_until = clock_timestamp() + $3
from due where c.contact_id = due.contact_id
returning c.contact_id, epoch, wave_id, incident_id, exercise, registration_id, step, kind, municipality,
    authority, channels, not_after
"""


StepKey = tuple[UUID, UUID, int]  # wave, registration, number of the step


@dataclass(frozen=True, slots=True)
class ContactUpdate:
    """The new state of a claimed contact, written if the claim still holds."""

    contact_id: UUID
    epoch: int
    state: ContactState
    municipality: str
    authority: str  # the acting authority
    reason: WithheldReason | None = None
    due_at: datetime | None = None  # for a contact that waits


@dataclass(frozen=True, slots=True)
class DueContact:
    """A claimed contact. Early ones have no authority; the municipality acts."""

    contact_id: ContactId
    epoch: int
    wave_id: WaveId
    incident_id: IncidentId
    exercise: bool
    registration_id: RegistrationId
    step: int
    kind: str
    municipality: AuthorityId
    authority: AuthorityId | None
    channels: list[str]
    not_after: datetime


@dataclass(frozen=True, slots=True)
class PlannedContact:
    contact_id: ContactId
    registration_id: RegistrationId


@dataclass(frozen=True, slots=True)
class WithheldContact:
    contact_id: ContactId
    wave_id: WaveId
    registration_id: RegistrationId
    incident_id: IncidentId
    kind: str
    municipality: AuthorityId
    authority: AuthorityId | None
    reason: str
    exercise: bool


@dataclass(frozen=True, slots=True)
class MergedContact:
    registration_id: RegistrationId
    kind: str
    template: str


@dataclass(frozen=True, slots=True)
class ReassignedContact:
    contact_id: ContactId
    wave_id: WaveId
    registration_id: RegistrationId
    incident_id: IncidentId
    municipality: AuthorityId
    authority: AuthorityId
    state: str
    exercise: bool


@dataclass(frozen=True, slots=True)
class ContactCount:
    kind: str
    bucket: str
    reason: str | None
    contacts: int


async def claim_due(session: Session, at: datetime, limit: int, lease: timedelta) -> list[DueContact]:
    return await session.fetch(DueContact, _CLAIM, at, limit, lease)


async def oldest_due(session: Session, at: datetime) -> dict[bool, float]:
    """Return the seconds since the oldest undecided contact of a running wave was due, by exercise."""
    return await session.fetchpairs(
        """
        select w.exercise, extract(epoch from max($1 - d.due_at))::float8 as oldest
        from wave w cross join lateral (
            select due_at from contact c
            where c.wave_id = w.wave_id and c.state = 'waiting' and c.due_at <= $1
            order by due_at limit 1
        ) d
        where w.state = 'running' group by w.exercise
        """,
        at,
    )


async def release_expired(session: Session) -> int:
    """Release contacts whose lease has expired. A late write of the old worker fails by the epoch."""
    return await session.execute(
        """
        update contact set state = 'waiting', epoch = epoch + 1, lease_until = null
        where contact_id = any(array(
            select contact_id from contact where state = 'claimed' and lease_until < now()
            for update skip locked))
        """
    )


async def same_step_of_merged(
    session: Session, claims: Sequence[StepKey]
) -> dict[StepKey, frozenset[OtherContact]]:
    """Return what the same steps mean that merged registrations have in the same wave. No entry: none.

    `claims`: wave, registration, step.
    """
    rows = await session.fetch(
        """
        with recursive away as (
            select merged_into as root, registration_id from person
            where merged_into = any($1::uuid[]) and merged
            union
            select a.root, p.registration_id from away a join person p
                on p.merged_into = a.registration_id and p.merged
        )
        select c.wave_id, a.root, c.step, c.state, c.outcome,
            c.state = 'listed' and coalesce(c.lease_until > now(), false)
        from away a
        join contact c on c.registration_id = a.registration_id and c.wave_id = any($2::uuid[])
        """,
        list({registration_id for _, registration_id, _ in claims}),
        list({wave_id for wave_id, _, _ in claims}),
    )
    found: dict[StepKey, set[OtherContact]] = {}
    for wave_id, root, step, state, outcome, is_claimed in rows:
        if effect := effect_of_merged_step(
            ContactState(state), CallOutcome(outcome) if outcome else None, is_claimed=is_claimed
        ):
            found.setdefault((wave_id, root, step), set()).add(effect)
    return {key: frozenset(effect) for key, effect in found.items()}


async def update_claimed(session: Session, updates: Sequence[ContactUpdate]) -> set[UUID]:
    """Write the updates whose epoch is current; return their contacts.

    The condition on the state keeps the planner off the index contact_leased. On a new table it scanned all
    dead entries of that index, more with every batch.
    """
    written = await session.fetchcolumn(
        """
        update contact c set state = u.state, reason = u.reason, municipality = u.municipality,
            authority = u.authority, due_at = coalesce(u.due_at, c.due_at), lease_until = null
        from unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::text[])
            as u(contact_id, epoch, state, municipality, reason, due_at, authority)
        where c.contact_id = u.contact_id and c.epoch = u.epoch and coalesce(c.state, '') = 'claimed'
        returning c.contact_id
        """,
        [v.contact_id for v in updates],
        [v.epoch for v in updates],
        [v.state for v in updates],
        [v.municipality for v in updates],
        [v.reason for v in updates],
        [v.due_at for v in updates],
        [v.authority for v in updates],
    )
    return set(written)


_WITHHOLD = """
update contact c set state = 'withheld', reason = $2, epoch = epoch + 1, lease_until = null
from wave w
where w.wave_id = c.wave_id and c.state in ('waiting', 'claimed', 'listed') and {which}
returning c.contact_id, c.wave_id, c.registration_id, c.incident_id, c.kind, c.municipality, c.authority,
    c.reason, w.exercise
"""

# Contacts that the due loop has claimed get their authority there. A claimed call stays with its caller.
# Without a home authority, calls go to the authority that has accepted the case.
_FOLLOW = """
update contact c set municipality = coalesce(p.municipality, c.municipality),
    authority = coalesce(p.acting, p.municipality, p.held_by)
from person p, wave w
where c.registration_id = any($1::uuid[]) and p.registration_id = c.registration_id and w.wave_id = c.wave_id
    and c.state in ('waiting', 'listed') and c.state in ('waiting', 'claimed', 'listed')
    and (p.municipality is not null or p.held_by is not null and c.kind = 'call')
    and (c.municipality <> p.municipality
        or coalesce(c.authority, c.municipality) <> coalesce(p.acting, p.municipality, p.held_by))
returning c.contact_id, c.wave_id, c.registration_id, c.incident_id, c.municipality, c.authority, c.state,
    w.exercise
"""


async def reassign(session: Session, registration_ids: Sequence[UUID]) -> list[ReassignedContact]:
    """Move planned contacts to the acting authority of people, whom the caller locked; return them."""
    return await session.fetch(ReassignedContact, _FOLLOW, registration_ids)


async def withhold_people(
    session: Session, registration_ids: Sequence[UUID], reason: WithheldReason
) -> list[WithheldContact]:
    """Withhold all planned contacts of people whom the caller has locked; return them."""
    which = "c.registration_id = any($1::uuid[])"
    return await session.fetch(WithheldContact, _WITHHOLD.format(which=which), registration_ids, reason)


async def withhold_merged(session: Session, registration_ids: Sequence[UUID]) -> list[WithheldContact]:
    """Withhold the planned contacts of merged people, except claimed calls, whose outcome is to come."""
    is_claimed = "c.state = 'listed' and coalesce(c.lease_until > now(), false)"
    which = f"c.registration_id = any($1::uuid[]) and not ({is_claimed})"
    return await session.fetch(
        WithheldContact, _WITHHOLD.format(which=which), registration_ids, WithheldReason.MERGED
    )


async def load_withheld_as_merged(session: Session, wave_id: UUID) -> list[MergedContact]:
    """Return the contacts of a wave that were withheld because of a merge."""
    return await session.fetch(
        MergedContact,
        "select registration_id, kind, template from contact "
        "where wave_id = $1 and state = 'withheld' and reason = 'merged'",
        wave_id,
    )


async def find_planned_of_merged(session: Session, limit: int) -> list[PlannedContact]:
    """Return the listed calls of merged people that nobody has claimed any more."""
    return await session.fetch(
        PlannedContact,
        "select c.contact_id, c.registration_id from person p join contact c using (registration_id) "
        "where p.merged_into is not null and p.merged and c.state in ('waiting', 'claimed', 'listed') "
        "and c.state = 'listed' and (c.lease_until is null or c.lease_until < now()) limit $1",
        limit,
    )


async def withhold(
    session: Session, contact_ids: Sequence[UUID], reason: WithheldReason
) -> list[WithheldContact]:
    """Withhold those contacts that are still planned; return them. The caller has locked their people."""
    which = "c.contact_id = any($1::uuid[])"
    return await session.fetch(WithheldContact, _WITHHOLD.format(which=which), contact_ids, reason)


async def find_planned_of_cancelled(session: Session, limit: int) -> list[PlannedContact]:
    return await session.fetch(
        PlannedContact,
        "select c.contact_id, c.registration_id from wave w cross join lateral ("
        "select contact_id, registration_id from contact where wave_id = w.wave_id "
        "and state in ('waiting', 'claimed', 'listed') limit $1) c where w.state = 'cancelled' limit $1",
        limit,
    )


async def find_expired_calls(session: Session, at: datetime, limit: int) -> list[PlannedContact]:
    """Return the calls past their end that nobody has claimed."""
    return await session.fetch(
        PlannedContact,
        "select c.contact_id, c.registration_id from wave w cross join lateral ("
        "select contact_id, registration_id from contact where wave_id = w.wave_id and state = 'listed' "
        "and state in ('waiting', 'claimed', 'listed', 'requested', 'handed_over', 'in_doubt') "
        "and not_after <= $1 and (lease_until is null or lease_until < now()) limit $2) c "
        "where w.state in ('running', 'paused') limit $2",
        at,
        limit,
    )


async def lock_messages(session: Session, contact_ids: Sequence[UUID]) -> dict[UUID, MessageProgress]:
    rows = await session.fetch(
        "select contact_id, state, attempt_id, reason from contact "
        "where contact_id = any($1::uuid[]) and kind = 'message' order by contact_id for no key update",
        contact_ids,
    )
    return {
        contact_id: MessageProgress(
            ContactState(state), attempt_id, WithheldReason(reason) if reason else None
        )
        for contact_id, state, attempt_id, reason in rows
    }


async def write_progress(session: Session, progress: Sequence[tuple[UUID, MessageProgress]]) -> None:
    """Write the results of messages. The new epoch refuses a late write of a worker that had claimed one."""
    await session.execute(
        """
        update contact c set state = u.state, attempt_id = u.attempt_id, reason = u.reason, epoch = epoch + 1,
            lease_until = null
        from unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[])
            as u(contact_id, state, attempt_id, reason)
        where c.contact_id = u.contact_id
        """,
        [contact_id for contact_id, _ in progress],
        [p.state for _, p in progress],
        [p.attempt_id for _, p in progress],
        [p.reason for _, p in progress],
    )


async def count_buckets(session: Session, incident_id: UUID) -> list[ContactCount]:
    """Count the contacts of an incident by kind, state and reason. A claimed contact counts as waiting."""
    return await session.fetch(
        ContactCount,
        "select kind, case state when 'claimed' then 'waiting' else state end as bucket, reason, "
        "count(*) as contacts from contact where incident_id = $1 group by 1, 2, 3 order by 1, 2, 3",
        incident_id,
    )
