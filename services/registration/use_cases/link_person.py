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
from contracts.events.vocabulary import AgeBand, BarReason, Purpose
from contracts.wire.sealed import Sealed
from kit.runtime.ids import new_id
from services.registration.domain.combined_consents import Fact, fold
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
from services.registration.store import consents, contact_restrictions, people, person_links
from services.registration.store.person_links import WithdrawalRow
from services.registration.store.rows import seal_particulars
from services.registration.use_cases.correct_person import Correction, write_own
from services.registration.use_cases.emit_events import emit_person_events
from services.registration.use_cases.minor_consents import reevaluate
from services.registration.use_cases.propose_duplicate import propose_same
from services.registration.use_cases.publish_person import (
    OpenedPerson,
    UnitOfWork,
    open_people,
    publish,
    store_golden,
)
from services.registration.use_cases.record_consent import restate
from services.registration.use_cases.restrict_contact import carry_over, contact_barred, restrict_contact


async def link(work: UnitOfWork, duplicate_id: UUID, firsts: Collection[RegistrationId]) -> None:
    """Link the person registered later to the one registered first. The stricter consents count."""
    session, at = work.session, work.stamp.at
    into, away = sorted(firsts)
    ledgers = await consents.ledgers(session, [into, away])
    before = fold(ledgers[into])
    opened = await open_people(work, [into, away])
    published = opened[into].published
    await person_links.link(session, new_id(), duplicate_id, away, into, at)
    person = _joined(opened[into], opened[away], at).guarded([*ledgers[into], *ledgers[away]])
    await publish(work, [(person, published)])
    await person_links.mark_published(session, [into], person.registrations, at)
    await emit_person_events(session, [person_merged(opened[away].subject, into, at)])
    await restate(session, person.subject, before, at)
    await carry_over(session, person.subject, away, work.stamp)


@dataclass(frozen=True, slots=True)
class LinkPreview:
    """The result of a link: the source of each field, and the fields that change for each registration."""

    sources: Mapping[str, RegistrationId]
    changed: Mapping[RegistrationId, tuple[str, ...]]


def preview_link(
    people: Mapping[RegistrationId, OpenedPerson],
    pair: Collection[RegistrationId],
    facts: Collection[Fact],
    at: datetime,
) -> LinkPreview:
    """Return what linking a pair changes; of a linked pair, what unlinking changes. `facts`: of both."""
    into, *other = [people[one] for one in sorted(people)]
    both = (_joined(into, other[0], at) if other else into).guarded(facts)
    away = other[0].id if other else max(pair)
    theirs = both.under(away)
    sides = both.only(both.registrations.keys() - theirs), both.only(theirs, away)
    golden = golden_record(both.registrations.values(), both.guardian_of)
    sources = {name: one for name, one in golden.sources.items() if value_of(golden.data, name)}
    return LinkPreview(sources, {side.id: changes(golden.data, side.data) for side in sides})


def _joined(into: OpenedPerson, away: OpenedPerson, at: datetime) -> OpenedPerson:
    root = replace(away.registrations[away.id], linked_to=into.id, linked_at=at)
    return replace(
        into,
        rows={**into.rows, **away.rows},
        registrations={**into.registrations, **away.registrations, away.id: root},
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
    work: UnitOfWork, link: Unlinking, both: OpenedPerson
) -> dict[RegistrationId, tuple[str, ...]]:
    """Make one registration of a person a person of its own again, with what is linked to it.

    Return the fields that change for each of the two. Withdrawals of the time of the link hold for both.
    """
    session = work.session
    theirs = both.under(link.away)
    withdrawals = await person_links.withdrawals_since(session, link.into, link.since)
    await person_links.unlink(session, link.away, theirs, work.stamp.at)
    stays = both.only(both.registrations.keys() - theirs)
    goes = both.only(theirs, link.away)
    sides = stays, goes = await _settle_numbers(work, link, (stays, goes))
    stored = await store_golden(work, [(stays, both.published), (goes, both.data)], anew=True)
    await _withdraw_for_both(work, link, withdrawals, theirs)
    for side in sides:
        if side.data.age_band is AgeBand.UNDER_15:
            await reevaluate(session, work.resources, side.subject, side.data, work.stamp)
    event, _ = stored[stays.id]
    told: list[RegistrationEvent] = [event] if event else []
    told += _unlinked(work, link, goes)
    told += await _restated(work, [side.subject for side in sides])
    await emit_person_events(session, told)
    await _restrict(work, link, goes)
    return {one: fields for one, (_, fields) in stored.items()}


async def _settle_numbers(
    work: UnitOfWork, link: Unlinking, sides: tuple[OpenedPerson, OpenedPerson]
) -> list[OpenedPerson]:
    """Claim the numbers of both sides. Remove a number of another person, and from one side one of both.

    A number of both stays where it is claimed. If it linked the two by mistake, it stays with the first.
    """
    session, incident_id, blind = work.session, sides[0].subject.incident_id, work.resources.blind_index
    claimed: list[tuple[bytes, RegistrationId]] = []
    lost: dict[RegistrationId, set[Identifier]] = {side.id: set() for side in sides}
    for number in {one for side in sides for one in numbers_of(side.data)}:
        holders = [side for side in sides if number in numbers_of(side.data)]
        claim = sides[0].claims.get(number)
        keeper: OpenedPerson | None = holders[0]
        if claim is not None and claim.person != link.into:
            keeper = None
            await propose_same(session, incident_id, holders[0].id, claim.person, work.stamp.at)
        elif claim is not None and not link.shared:
            keeper = next((side for side in holders if claim.registration_id in side.registrations), keeper)
        if keeper and (claim is None or claim.registration_id not in keeper.registrations):
            claimed += [(digest, keeper.id) for digest in blind.claims(Identity((number,)))]
        for side in holders:
            if side is not keeper:
                lost[side.id].add(number)
    if claimed:
        await people.give_claims(session, incident_id, claimed, list(sides[0].rows))
    return [await _drop_numbers(work, link, side, lost[side.id]) for side in sides]


async def _drop_numbers(
    work: UnitOfWork, link: Unlinking, side: OpenedPerson, lost: Collection[Identifier]
) -> OpenedPerson:
    for one in list(side.registrations.values()):
        if mistaken := frozenset(lost).intersection(numbers_of(one.own)):
            own = without_numbers(one.own, mistaken) if link.shared else _left(one.own, mistaken)
            correction = Correction(one.own, own, changes(one.own, own), link.why)
            about = replace(side.subject, registration_id=one.id)
            await write_own(work, about, correction)
            side = side.corrected(one.id, own, correction.fields, work.stamp.at)
    return side


def _left(own: Particulars, mistaken: Collection[Identifier]) -> Particulars:
    return with_numbers(own, [one for one in numbers_of(own) if one not in mistaken])


def _unlinked(work: UnitOfWork, link: Unlinking, goes: OpenedPerson) -> list[RegistrationEvent]:
    """Return the events of the unlinked person. One that an ID number linked was never emitted before."""
    sealed, at = seal_particulars(goes.data, work.keys[goes.id]), work.stamp.at
    if link.shared:
        return [person_split(goes.subject, goes.rows[goes.id], goes.data, sealed)]
    events: list[RegistrationEvent] = [person_unmerged(goes.subject, link.into, at)]
    earlier = {
        one.id for one in goes.registrations.values() if not one.linked_at or one.linked_at < link.since
    }
    said = {
        name for one in goes.registrations.values() for name, t in one.corrected.items() if t >= link.since
    }
    if fields := sorted({*changes(goes.only(earlier).data, goes.data), *said}):
        events.append(person_corrected(goes.subject, goes.data, sealed, tuple(fields), at))
    return events


async def _withdraw_for_both(
    work: UnitOfWork,
    link: Unlinking,
    withdrawals: Collection[WithdrawalRow],
    theirs: Collection[RegistrationId],
) -> None:
    """Record each withdrawal for the other side too: nobody knows which of the two withdrew."""
    at, by = work.stamp.at, work.stamp.by
    for row in withdrawals:
        other = link.into if row.registration_id in theirs else link.away
        withdrawn = Withdrawn(Purpose(row.purpose), row.at, WithdrawnBy(row.withdrawn_by), row.withdrawn_on)
        told_by = ToldBy(row.told_by or ToldBy.PERSON)
        await consents.insert_withdrawn(work.session, new_id(), other, withdrawn, at, by, told_by, None)


async def _restated(work: UnitOfWork, people: Collection[EventSubject]) -> list[RegistrationEvent]:
    """Write the consents of people, and return the events with all of them."""
    ledgers = await consents.ledgers(work.session, [one.registration_id for one in people])
    states = {one: fold(facts) for one, facts in ledgers.items()}
    await consents.write_states(work.session, states)
    told = (full_consent_events(one, states[one.registration_id], work.stamp.at) for one in people)
    return [event for events in told for event in events]


async def _restrict(work: UnitOfWork, link: Unlinking, goes: OpenedPerson) -> None:
    """Restrict the unlinked person as its own registrations do, and as the person since the link.

    A restriction that the unlinked registration itself had lifted since stays lifted.
    """
    session, about = work.session, goes.subject
    rows = await contact_restrictions.restrictions_of(session, [link.into, *goes.registrations])
    lifted = {one.reason: one.lifted_at for one in rows if one.registration_id == goes.id and one.lifted_at}
    for one in rows:
        reason, why = BarReason(one.reason), Sealed(one.barred_why) if one.barred_why else None
        later = one.barred_at > link.since
        own = one.registration_id in goes.registrations and lifted.get(reason, one.barred_at) <= one.barred_at
        if one.lifted_at is not None or not (later or own):
            continue
        if one.registration_id != goes.id:
            await restrict_contact(session, about, reason, work.stamp, key_of=one.key_of, why=why)
        elif later or link.shared:  # nobody was told of it while it was linked
            await emit_person_events(session, [contact_barred(about, reason, one.barred_at)])
