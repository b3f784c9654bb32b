"""Link two people as one, and unlink them. Nothing is copied between registrations but what holds for both.

The caller holds the rows of the first registrations, and the keys of all registrations.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from contracts.events.ids import RegistrationId
from contracts.events.personal import Identifier, Identity
from contracts.events.registration import RegistrationEvent
from contracts.events.vocabulary import BarReason, Purpose
from contracts.wire.sealed import Sealed
from kit.database.database import Session
from kit.runtime.ids import new_id
from services.registration.domain.audit_stamp import AuditStamp
from services.registration.domain.combined_consents import fold
from services.registration.domain.consent import ToldBy, Withdrawn, WithdrawnBy
from services.registration.domain.correction import changes, numbers_of, value_of, with_numbers
from services.registration.domain.golden_record import golden_record
from services.registration.domain.identity_match import without_numbers
from services.registration.domain.person import Particulars
from services.registration.events import (
    EventSubject,
    full_consent_events,
    person_corrected,
    person_merged,
    person_split,
    person_unmerged,
)
from services.registration.resources import Resources
from services.registration.store import consents, contact_restrictions, people, person_links
from services.registration.store.person_links import WithdrawalRow
from services.registration.store.rows import seal_particulars
from services.registration.use_cases.correct_person import OwnCorrection, write_own
from services.registration.use_cases.emit_events import emit_person_events
from services.registration.use_cases.propose_duplicate import propose_same
from services.registration.use_cases.publish_person import Keys, OpenedPerson, open_people, publish
from services.registration.use_cases.record_consent import restate
from services.registration.use_cases.restrict_contact import carry_over, restrict_contact


async def link(
    session: Session,
    resources: Resources,
    duplicate_id: UUID,
    firsts: Collection[RegistrationId],
    keys: Keys,
    stamp: AuditStamp,
) -> None:
    """Link the person registered later to the one registered first. The stricter consents count."""
    into, away = sorted(firsts)
    before = fold((await consents.ledgers(session, [into]))[into])
    opened = await open_people(session, resources, [into, away], keys)
    published = opened[into].published
    await person_links.link(session, new_id(), duplicate_id, away, into, stamp.at)
    person = _joined(opened[into], opened[away], stamp.at)
    await publish(session, resources, [(person, published)], keys, stamp)
    await person_links.mark_published(session, [into], person.registrations, stamp.at)
    await emit_person_events(session, [person_merged(opened[away].subject, into, stamp.at)])
    await restate(session, person.subject, before, stamp.at)
    await carry_over(session, person.subject, away, stamp)


@dataclass(frozen=True, slots=True)
class LinkPreview:
    """What a link means: the registration that each field comes from, and what differs for each unlinked."""

    sources: Mapping[str, RegistrationId]
    changed: Mapping[RegistrationId, tuple[str, ...]]


def preview_link(
    people: Mapping[RegistrationId, OpenedPerson], pair: Collection[RegistrationId]
) -> LinkPreview:
    """Return what linking a pair changes; of a linked pair, what unlinking changes."""
    into, *other = [people[one] for one in sorted(people)]
    both = _joined(into, other[0], into.rows[into.id].registered_at) if other else into
    away = other[0].id if other else max(pair)
    theirs = both.under(away)
    sides = both.only(both.registrations.keys() - theirs), both.only(theirs, away)
    golden = golden_record(both.registrations.values())
    sources = {name: one for name, one in golden.sources.items() if value_of(golden.data, name)}
    return LinkPreview(sources, {side.id: changes(golden.data, side.data) for side in sides})


def _joined(into: OpenedPerson, away: OpenedPerson, at: datetime) -> OpenedPerson:
    root = replace(away.registrations[away.id], linked_to=into.id, linked_at=at)
    return replace(
        into,
        rows={**into.rows, **away.rows},
        registrations={**into.registrations, **away.registrations, away.id: root},
        guardian_of=(*into.guardian_of, *away.guardian_of),
    )


@dataclass(frozen=True, slots=True)
class Unlinking:
    """The link to undo. `since`: the time of the link. `shared`: remove shared numbers from the unlinked."""

    into: RegistrationId
    away: RegistrationId
    since: datetime
    why: str
    shared: bool = False


async def unlink(
    session: Session, resources: Resources, link: Unlinking, both: OpenedPerson, keys: Keys, stamp: AuditStamp
) -> dict[RegistrationId, tuple[str, ...]]:
    """Make one registration of a person a person of its own again, with what is linked to it.

    Return the fields that change for each of the two. Withdrawals of the time of the link hold for both.
    """
    theirs = both.under(link.away)
    withdrawals = await person_links.withdrawals_since(session, link.into, link.since)
    await person_links.unlink(session, link.away, theirs, stamp.at)
    stays = both.only(both.registrations.keys() - theirs)
    goes = both.only(theirs, link.away)
    stays, goes = await _settle_numbers(session, resources, link, (stays, goes), keys, stamp)
    changed = await publish(session, resources, [(stays, both.published), (goes, None)], keys, stamp)
    changed[goes.id] = changes(both.data, goes.data)
    await emit_person_events(session, _unlinked(link, goes, keys, stamp))
    await _withdraw_for_both(session, link, withdrawals, theirs, stamp)
    await _restate_in_full(session, (stays.subject, goes.subject), stamp)
    await _restrict_both(session, link, goes.subject, stamp)
    return changed


async def _settle_numbers(
    session: Session,
    resources: Resources,
    link: Unlinking,
    sides: tuple[OpenedPerson, OpenedPerson],
    keys: Keys,
    stamp: AuditStamp,
) -> list[OpenedPerson]:
    """ClaimRow the numbers of both sides. Remove a number of another person, and from one side one of both.

    A number of both stays where it is claimed. If it linked the two by mistake, it stays with the first.
    """
    incident_id, blind = sides[0].subject.incident_id, resources.blind_index
    claimed: list[tuple[bytes, RegistrationId]] = []
    lost: dict[RegistrationId, set[Identifier]] = {side.id: set() for side in sides}
    for number in {one for side in sides for one in numbers_of(side.data)}:
        holders = [side for side in sides if number in numbers_of(side.data)]
        claim = sides[0].claims.get(number)
        keeper: OpenedPerson | None = holders[0]
        if claim is not None and claim.person != link.into:
            keeper = None
            await propose_same(session, incident_id, holders[0].id, claim.person, stamp.at)
        elif claim is not None and not link.shared:
            keeper = next((side for side in holders if claim.registration_id in side.registrations), keeper)
        if keeper and (claim is None or claim.registration_id not in keeper.registrations):
            claimed += [(digest, keeper.id) for digest in blind.claims(Identity((number,)))]
        for side in holders:
            if side is not keeper:
                lost[side.id].add(number)
    if claimed:
        await people.give_claims(session, incident_id, claimed, list(sides[0].rows))
    return [await _drop_numbers(session, resources, side, lost[side.id], link, keys, stamp) for side in sides]


async def _drop_numbers(
    session: Session,
    resources: Resources,
    side: OpenedPerson,
    lost: Collection[Identifier],
    link: Unlinking,
    keys: Keys,
    stamp: AuditStamp,
) -> OpenedPerson:
    for one in list(side.registrations.values()):
        if mistaken := frozenset(lost).intersection(numbers_of(one.own)):
            own = without_numbers(one.own, mistaken) if link.shared else _left(one.own, mistaken)
            fields = changes(one.own, own)
            correction = OwnCorrection(one.id, side.subject.incident_id, one.own, own, fields, link.why)
            await write_own(session, resources.blind_index, correction, keys[one.id], stamp)
            side = side.corrected(one.id, own, fields, stamp.at)
    return side


def _left(own: Particulars, mistaken: Collection[Identifier]) -> Particulars:
    return with_numbers(own, [one for one in numbers_of(own) if one not in mistaken])


def _unlinked(link: Unlinking, goes: OpenedPerson, keys: Keys, stamp: AuditStamp) -> list[RegistrationEvent]:
    """Return the events of the unlinked person. One that an ID number linked was never emitted before."""
    sealed = seal_particulars(goes.data, keys[goes.id])
    if link.shared:
        return [person_split(goes.subject, goes.rows[goes.id], goes.data, sealed)]
    events: list[RegistrationEvent] = [person_unmerged(goes.subject, link.into, stamp.at)]
    earlier = {
        one.id for one in goes.registrations.values() if not one.linked_at or one.linked_at < link.since
    }
    said = {
        name for one in goes.registrations.values() for name, at in one.corrected.items() if at >= link.since
    }
    if fields := sorted({*changes(goes.only(earlier).data, goes.data), *said}):
        events.append(person_corrected(goes.subject, goes.data, sealed, tuple(fields), stamp.at))
    return events


async def _withdraw_for_both(
    session: Session,
    link: Unlinking,
    withdrawals: Collection[WithdrawalRow],
    theirs: Collection[RegistrationId],
    stamp: AuditStamp,
) -> None:
    """Record each withdrawal for the other side too: nobody knows which of the two withdrew."""
    for row in withdrawals:
        other = link.into if row.registration_id in theirs else link.away
        withdrawn = Withdrawn(Purpose(row.purpose), row.at, WithdrawnBy(row.withdrawn_by))
        told_by = ToldBy(row.told_by or ToldBy.PERSON)
        await consents.insert_withdrawn(
            session, new_id(), other, withdrawn, stamp.at, stamp.by, told_by, None
        )


async def _restate_in_full(session: Session, people: Collection[EventSubject], stamp: AuditStamp) -> None:
    ledgers = await consents.ledgers(session, [one.registration_id for one in people])
    states = {one: fold(facts) for one, facts in ledgers.items()}
    await consents.write_states(session, states)
    told = (full_consent_events(one, states[one.registration_id], stamp.at) for one in people)
    await emit_person_events(session, [event for events in told for event in events])


async def _restrict_both(session: Session, link: Unlinking, away: EventSubject, stamp: AuditStamp) -> None:
    """Keep a restriction of the time of the link for both: a person decides to lift one."""
    for one in await contact_restrictions.standing(session, link.into):
        if one.barred_at > link.since:
            reason, sealed = BarReason(one.reason), Sealed(one.barred_why) if one.barred_why else None
            await restrict_contact(session, away, reason, stamp, key_of=one.key_of, why=sealed)
