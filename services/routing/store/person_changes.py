"""Corrections and merges of people, in any order of arrival.

An older event never replaces a newer one. Events about a person not known yet are kept.
"""

from collections.abc import Sequence

from contracts.events.registration import PersonCorrected, PersonMerged, PersonUnmerged
from kit.database.database import Session
from services.routing.store import home_cases

_CORRECT = """
insert into home_case as c (registration_id, incident_id, exercise, age_band, identity, contact, told_at,
    facts_changed)
select * from unnest($1::uuid[], $2::uuid[], $3::boolean[], $4::text[], $5::bytea[], $6::bytea[],
    $7::timestamptz[], $8::boolean[]) as u(r) order by r
on conflict (registration_id) do update set
    age_band = case when c.told_at > excluded.told_at then c.age_band else excluded.age_band end,
    identity = case when c.told_at > excluded.told_at then c.identity else excluded.identity end,
    contact = case when c.told_at > excluded.told_at then c.contact else excluded.contact end,
    told_at = greatest(c.told_at, excluded.told_at),
    facts_changed = c.facts_changed or excluded.facts_changed,
    state = case when excluded.facts_changed and c.state in ('resolved', 'triage', 'closed') then 'waiting'
        else c.state end,
    due_at = case when excluded.facts_changed or c.contact is null then now() else c.due_at end,
    tries = case when excluded.facts_changed then 0 else c.tries end,
    epoch = c.epoch + excluded.facts_changed::integer,
    lease_until = case when not excluded.facts_changed then c.lease_until end
where c.state <> 'forgotten' and c.told_at is distinct from excluded.told_at
"""
_MERGE = """
insert into home_case as c (registration_id, incident_id, exercise, merge_told_at, state)
select *, 'merged' from unnest($1::uuid[], $2::uuid[], $3::boolean[], $4::timestamptz[]) as u(r) order by r
on conflict (registration_id) do update set state = 'merged', merge_told_at = excluded.merge_told_at,
    queue = null, candidates = '{}', epoch = c.epoch + 1, lease_until = null
where c.state <> 'forgotten' and coalesce(c.merge_told_at, '-infinity') < excluded.merge_told_at
"""
# A person not known yet has nothing to decide. The case waits for the registration, not for a worker.
_UNMERGE = """
insert into home_case as c (registration_id, incident_id, exercise, merge_told_at, due_at)
select *, 'infinity' from unnest($1::uuid[], $2::uuid[], $3::boolean[], $4::timestamptz[]) as u(r) order by r
on conflict (registration_id) do update set merge_told_at = excluded.merge_told_at, tries = 0,
    state = case when c.state = 'merged' then 'waiting' else c.state end,
    due_at = case when c.contact is null then 'infinity' else now() end
where c.state <> 'forgotten' and coalesce(c.merge_told_at, '-infinity') < excluded.merge_told_at
"""


async def write_corrections(
    session: Session, events: Sequence[PersonCorrected], bearing: Sequence[bool]
) -> None:
    """Write corrections. `bearing`: whether each may change the home, so that the case is decided again."""
    await home_cases.insert_incidents(session, events)
    await session.execute(
        _CORRECT,
        [event.registration_id for event in events],
        [event.incident_id for event in events],
        [event.exercise for event in events],
        [event.age_band for event in events],
        [event.identity for event in events],
        [event.contact for event in events],
        [event.corrected_at for event in events],
        bearing,
    )


async def write_merges(session: Session, events: Sequence[PersonMerged | PersonUnmerged]) -> None:
    """Stop the cases of merged registrations, and restart those of unmerged ones."""
    await home_cases.insert_incidents(session, events)
    merged = [(*_key(event), event.merged_at) for event in events if isinstance(event, PersonMerged)]
    unmerged = [(*_key(event), event.unmerged_at) for event in events if isinstance(event, PersonUnmerged)]
    for statement, rows in ((_MERGE, merged), (_UNMERGE, unmerged)):
        if rows:
            await session.execute(statement, *(list(column) for column in zip(*rows, strict=True)))


def _key(event: PersonMerged | PersonUnmerged) -> tuple[object, ...]:
    return event.registration_id, event.incident_id, event.exercise
