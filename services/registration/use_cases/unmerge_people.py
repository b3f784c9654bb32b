"""A merge was a mistake: each registration is a person of its own again, with what is its own.

The caller holds the rows of both, and the keys of everybody merged with them.
"""

from collections.abc import Collection, Mapping
from uuid import UUID

import asyncpg

from contracts.events.ids import RegistrationId
from contracts.events.personal import IDENTITY, Identity
from contracts.events.registration import PersonUnmerged
from contracts.events.vocabulary import BarReason, Purpose
from kit.database.database import Session
from kit.privacy.sealing import DataKey
from kit.runtime.ids import new_id
from services.registration.domain.age import LOCAL
from services.registration.domain.audit_stamp import AuditStamp
from services.registration.domain.combined_consents import fold
from services.registration.domain.consent import ToldBy, Withdrawn, WithdrawnBy
from services.registration.domain.correction_origin import Apart
from services.registration.domain.duplicate_review import Gained, grown, lacking
from services.registration.domain.person import Particulars
from services.registration.events import EventSubject, full_consent_events
from services.registration.resources import Resources
from services.registration.store import consents, contact_restrictions, people, person_links
from services.registration.store.people import RegistrationRow
from services.registration.store.person_links import Merge
from services.registration.store.rows import particulars_of
from services.registration.use_cases.correct_person import correct
from services.registration.use_cases.emit_events import emit_person_events
from services.registration.use_cases.merge_people import gained_of
from services.registration.use_cases.restrict_contact import restrict_contact
from services.registration.use_cases.split_corrections import (
    Fit,
    give_back,
    propose,
    told_apart,
    without_anothers,
)


def _as_said(person: Particulars, _: Particulars) -> Particulars:
    return person


async def unmerge(
    session: Session,
    resources: Resources,
    merge: Merge,
    pair: Mapping[RegistrationId, RegistrationRow],
    keys: Mapping[UUID, DataKey],
    stamp: AuditStamp,
    fit: Fit = _as_said,
) -> Apart:
    into, away = pair[merge.into], pair[merge.away]
    withdrawals = await person_links.withdrawals_since(session, merge)
    await person_links.mark_undone(session, merge.id, stamp.at)
    parted = await person_links.part(session, merge.away, merge.into)
    whose = await told_apart(session, merge, pair, keys, parted)
    held = await _own(session, merge, whose.own, keys, stamp)
    recognised = await _reclaim(session, resources, merge, away, parted, whose.theirs, held, keys, stamp)
    if recognised:  # what was said of them goes along
        whose = await told_apart(session, merge, pair, keys, (*parted, *recognised))
        held = await _own(session, merge, whose.own, keys, stamp)
    why = f"registration {merge.away} is another person: the merge was undone"
    held = await without_anothers(session, resources, into, held, keys[merge.into], stamp)
    await correct(session, resources, into, held, keys[merge.into], stamp, why)
    await emit_person_events(session, [_unmerged(away, merge.into, stamp)])
    await give_back(session, resources, merge, whose, keys[merge.away], stamp, fit)
    await _withdraw_for_both(session, merge, withdrawals, parted, stamp)
    await _tell_consents(session, (into, away), stamp)
    await _bar_both(session, merge, away, stamp)
    return whose


async def _own(
    session: Session,
    merge: Merge,
    held: Particulars,
    keys: Mapping[UUID, DataKey],
    stamp: AuditStamp,
) -> Particulars:
    """Take what is lacking without the other from a third, merged as well."""
    key = keys[merge.into]
    undone = key.open(gained_of(merge.id), merge.gained, Gained)
    others = {row["id"]: row for row in await people.repeats_of(session, merge.into)}
    for third in await person_links.merged_into(session, merge.into):
        other = particulars_of(others[third.away], keys[third.away])
        more = lacking(held, other, stamp.at.astimezone(LOCAL).date())
        before = key.open(gained_of(third.id), third.gained, Gained)
        after = before.without(undone).joined(more)
        if after != before:
            await person_links.set_gained(session, third.id, key.seal(gained_of(third.id), after))
        held = grown(held, more)
    return held


async def _reclaim(
    session: Session,
    resources: Resources,
    merge: Merge,
    away: RegistrationRow,
    parted: Mapping[RegistrationId, bytes | None],
    theirs: Particulars,
    held: Particulars,
    keys: Mapping[UUID, DataKey],
    stamp: AuditStamp,
) -> list[RegistrationId]:
    """Take the identity values back, and whoever was recognised by them since, who are given.

    Before the other lets go of them, so that nobody can come between.
    """
    values = {value for one, sealed in parted.items() for value in _values(resources, keys, one, sealed)}
    before, now = (
        set(_values(resources, keys, merge.away, away["identity"])),
        set(resources.blind_index.claims(theirs.identity)),
    )
    values |= now
    own = set(resources.blind_index.claims(held.identity))
    recognised: list[RegistrationId] = []
    for row in await person_links.repeats_since(session, merge):
        found = set(_values(resources, keys, row["id"], row["identity"]))
        if found & values and not found & own:
            recognised.append(row["id"])
            values |= found
    await person_links.move_repeats(session, recognised, merge.away)
    taken = values - own - (before - now)
    await people.hand_over_claims(session, merge.into, merge.away, taken)
    for value in sorted(taken):
        await people.claim_identities(session, away["incident_id"], [(value, merge.away)])
        holder = await people.holder(session, away["incident_id"], value)
        if holder not in {None, merge.away}:
            await propose(session, away, RegistrationId(holder), stamp)
    return recognised


def _values(
    resources: Resources, keys: Mapping[UUID, DataKey], owner: RegistrationId, sealed: bytes | None
) -> tuple[bytes, ...]:
    if sealed is None or owner not in keys:
        return ()
    return resources.blind_index.claims(keys[owner].open(IDENTITY, sealed, Identity))


def _unmerged(away: RegistrationRow, out_of: RegistrationId, stamp: AuditStamp) -> PersonUnmerged:
    return PersonUnmerged(
        incident_id=away["incident_id"],
        exercise=away["exercise"],
        registration_id=away["id"],
        out_of=out_of,
        unmerged_at=stamp.at,
    )


async def _withdraw_for_both(
    session: Session,
    merge: Merge,
    withdrawals: Collection[asyncpg.Record],
    parted: Collection[RegistrationId],
    stamp: AuditStamp,
) -> None:
    """Nobody knows which of the two withdrew while they were one: it holds for both."""
    for row in withdrawals:
        other = merge.into if row["registration_id"] in parted else merge.away
        withdrawn = Withdrawn(Purpose(row["purpose"]), row["at"], WithdrawnBy(row["withdrawn_by"]))
        await consents.insert_withdrawn(
            session,
            new_id(),
            other,
            withdrawn,
            stamp.at,
            stamp.by,
            ToldBy(row["told_by"] or ToldBy.PERSON),
            None,
        )


async def _tell_consents(session: Session, rows: Collection[RegistrationRow], stamp: AuditStamp) -> None:
    ledgers = await consents.ledgers(session, [row["id"] for row in rows])
    states = {one: fold(facts) for one, facts in ledgers.items()}
    await consents.write_states(session, states)
    for row in rows:
        await emit_person_events(
            session, full_consent_events(EventSubject.of(row), states[row["id"]], stamp.at)
        )


async def _bar_both(session: Session, merge: Merge, away: RegistrationRow, stamp: AuditStamp) -> None:
    """Let a bar that was put up while they were one stand for both: lifting one is a person's decision."""
    for one in await contact_restrictions.standing(session, merge.into):
        if one["barred_at"] > merge.merged_at:
            reason = BarReason(one["reason"])
            await restrict_contact(session, away, reason, stamp, key_of=one["key_of"], why=one["barred_why"])
