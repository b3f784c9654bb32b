"""Whatever the order of the events, and however often they come: the buckets sum to those registered."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import reduce
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from contracts.events.ids import AuthorityId, ConsentId, IncidentId, RegistrationId
from contracts.events.registration import ConsentFact, PersonMerged, PersonState, Restriction
from contracts.events.routing import HomeAuthorityResolved, HomeAuthorityUnresolved
from contracts.events.vocabulary import (
    AgeBand,
    BarReason,
    Channel,
    Contactability,
    Purpose,
    RegistrationPlace,
    Role,
    StepKind,
)
from contracts.wire.event import PersonEvent
from services.console.projection import contact as contacts
from services.console.projection.contact import Contact, ContactStage
from services.console.projection.counters import CounterChanges, PersonRecord
from services.console.projection.event_mapping import apply_person_event
from services.console.projection.funnel import ContactRow, PeopleRow, assemble
from services.console.projection.person import PersonBucket, PersonProjection, Stage, bucket, stages
from services.console.projection.wave import Launch, LaunchedWaveState, WaveProjection

START = datetime(2026, 11, 24, 12, tzinfo=UTC)
INCIDENT, WAVE = UUID(int=1), UUID(int=2)
MESSAGES = (
    ContactStage.REQUESTED,
    ContactStage.IN_DOUBT,
    ContactStage.HANDED_OVER,
    ContactStage.DELIVERED,
    ContactStage.FAILED,
    ContactStage.WITHHELD,
)
CALLS = (ContactStage.LISTED, ContactStage.CONCLUDED, ContactStage.WITHHELD)

moments = st.integers(0, 5).map(lambda n: START + timedelta(minutes=n))
ABOUT = {
    "incident_id": IncidentId(INCIDENT),
    "exercise": True,
    "registration_id": RegistrationId(UUID(int=9)),
}


def consents(purpose: Purpose) -> st.SearchStrategy[ConsentFact]:
    return st.builds(
        ConsentFact,
        consent_id=st.just(ConsentId(UUID(int=3))),
        purpose=st.just(purpose),
        channels=st.sampled_from([(), (Channel.SMS,), (Channel.CALL, Channel.SMS)]),
        given_at=st.just(START),
        expires_at=moments,
        authorities=st.sampled_from([(), (AuthorityId("0751"),)]),
    )


def told(revision: int, state: PersonState) -> PersonMerged:
    """Make an event of registration: only its state and revision count here."""
    into = RegistrationId(UUID(int=8))
    return PersonMerged(**ABOUT, into=into, merged_at=START, person=state, revision=revision)


def decided(place: str, at: datetime, contactability: Contactability) -> HomeAuthorityResolved:
    return HomeAuthorityResolved(
        **ABOUT, on=START.date(), municipality=AuthorityId(place), region=AuthorityId("1082"),
        reason="register",
        decided_at=at, contactability=contactability, digital_post=None, letter_allowed=True,
    )  # fmt: skip


states = st.builds(
    PersonState,
    role=st.just(Role.VICTIM),
    place=st.just(RegistrationPlace.EPC),
    registered_at=st.just(START),
    language=st.just("da"),
    age_band=st.sampled_from([AgeBand.ADULT, AgeBand.UNDER_15]),
    channels=st.sampled_from([(), (Channel.CALL,), (Channel.CALL, Channel.SMS)]),
    consents=st.tuples(consents(Purpose.REGISTRATION), consents(Purpose.CONTACT))
    | st.tuples(consents(Purpose.REGISTRATION)),
    restrictions=st.sampled_from([(), (Restriction(reason=BarReason.RESTRICTED, since=START),)]),
    merged_into=st.sampled_from([None, RegistrationId(UUID(int=8))]),
    erased_at=st.none() | moments,
)
people_facts = st.one_of(
    st.builds(told, st.integers(1, 5), states),
    moments.map(
        lambda at: HomeAuthorityUnresolved(
            **ABOUT,
            on=START.date(),
            queue="unknown",
            reason="no_address",
            decided_at=at,
        )
    ),
    st.builds(decided, st.sampled_from(["0751", "0101"]), moments, st.sampled_from(Contactability)),
)


def contact_facts_of(contact_id: int, kind: StepKind, states: tuple[ContactStage, ...]) -> st.SearchStrategy:
    return st.builds(
        lambda state, at, channel: (
            contact_id,
            Contact(WAVE, "0751", kind, state, at, channel, handed_over=state is ContactStage.DELIVERED),
        ),
        st.sampled_from(states),
        moments,
        st.sampled_from([Channel.SMS, Channel.EMAIL]),
    )


contact_facts = st.one_of(
    contact_facts_of(1, StepKind.MESSAGE, MESSAGES),
    contact_facts_of(2, StepKind.MESSAGE, MESSAGES),
    contact_facts_of(3, StepKind.CALL, CALLS),
)
Fact = tuple[int, PersonEvent | tuple[int, Contact]]
facts = st.lists(
    st.tuples(
        st.integers(1, 3),
        st.one_of(people_facts, contact_facts),
    ),
    max_size=20,
    unique_by=lambda fact: (fact[0], getattr(fact[1], "revision", None) or id(fact)),  # one state each
)


def learn(known: PersonRecord, fact: PersonEvent | tuple[int, Contact]) -> PersonRecord:
    if isinstance(fact, PersonEvent):
        return PersonRecord(INCIDENT, apply_person_event(known.person, fact), known.contacts)
    contact_id, told = UUID(int=fact[0]), fact[1]
    earlier = known.contacts.get(contact_id)
    merged = contacts.merge(earlier, told) if earlier else told
    return PersonRecord(INCIDENT, known.person, {**known.contacts, contact_id: merged})


def all_known(told: list[Fact]) -> dict[int, PersonRecord]:
    nothing = PersonRecord(INCIDENT, PersonProjection(), {})
    return {
        who: reduce(learn, [fact for person, fact in told if person == who], nothing) for who in (1, 2, 3)
    }


@given(facts, st.randoms(use_true_random=False))
def test_order_and_repetition_do_not_matter(told: list[Fact], dice: random.Random) -> None:
    shuffled = told * 2
    dice.shuffle(shuffled)

    assert all_known(shuffled) == all_known(told)


@given(facts)
def test_the_deltas_add_up_to_those_registered(told: list[Fact]) -> None:
    tally, known = CounterChanges(), all_known([])

    for who, fact in told:
        after = learn(known[who], fact)
        tally.add(known[who], after)
        known[who] = after

    registered = [k for k in known.values() if k.person.registered]
    assert sum(tally.people.values()) == len(registered)
    assert all(n >= 0 for n in (*tally.people.values(), *tally.contacts.values()))
    assert {p: n for p, n in tally.people.items() if n} == {
        place: [k.key() for k in registered].count(place) for place in {k.key() for k in registered}
    }
    assert sum(tally.contacts.values()) == sum(len(k.contacts) for k in registered)


@given(facts, st.integers(0, 5))
def test_the_funnel_puts_each_registered_person_in_one_bucket(told: list[Fact], planned: int) -> None:
    tally = CounterChanges()
    for known in all_known(told).values():
        tally.add(PersonRecord(INCIDENT, PersonProjection(), {}), known)
    rows = [
        PeopleRow(p.municipality, PersonBucket(p.bucket), Stage(p.stages), n) for p, n in tally.people.items()
    ]
    called = [ContactRow(*place[1:], contacts=n) for place, n in tally.contacts.items()]
    launch = Launch("information", START, (("0751", "sms", planned),), ())

    funnel = assemble(
        rows, called, {WAVE: WaveProjection(INCIDENT, LaunchedWaveState.RUNNING, START, launch)}
    )

    assert sum(funnel.buckets.values()) == funnel.steps.registered
    assert all(n >= 0 for n in funnel.buckets.values())
    assert sum(place.steps.registered for place in funnel.places) == funnel.steps.registered
    assert funnel.steps.delivered <= funnel.steps.handed_over <= funnel.steps.planned


IN_FORCE = f"{(START + timedelta(days=365)).isoformat()};call,sms;"
READY = PersonProjection(
    revision=1,
    registration_terms=IN_FORCE,
    contact_terms=IN_FORCE,
    possible="sms",
    decided_at=START,
    municipality="0751",
)


def message(state: ContactStage, *, at: datetime = START, handed_over: bool = False) -> Contact:
    return Contact(WAVE, "0751", StepKind.MESSAGE, state, at, Channel.SMS, handed_over=handed_over)


def call(state: ContactStage) -> Contact:
    return Contact(WAVE, "0751", StepKind.CALL, state, START, Channel.CALL)


def test_the_message_decides_and_the_call_only_where_there_is_no_message() -> None:
    assert (
        bucket(READY, [message(ContactStage.DELIVERED), call(ContactStage.LISTED)]) is PersonBucket.DELIVERED
    )
    assert bucket(READY, [call(ContactStage.LISTED)]) is PersonBucket.CALL_LISTED
    assert bucket(READY, [call(ContactStage.CONCLUDED)]) is PersonBucket.CALL_CONCLUDED


def test_an_open_contact_comes_before_a_result() -> None:
    assert (
        bucket(READY, [message(ContactStage.DELIVERED), message(ContactStage.REQUESTED)])
        is PersonBucket.PLANNED
    )
    assert (
        bucket(READY, [message(ContactStage.FAILED), message(ContactStage.IN_DOUBT)]) is PersonBucket.IN_DOUBT
    )


def test_the_bucket_of_a_person_without_contacts_follows_consent_and_routing() -> None:
    withdrawn = replace(READY, contact_terms="")
    unresolved = replace(READY, municipality="")

    assert bucket(READY, []) is PersonBucket.NOT_PLANNED
    assert bucket(withdrawn, []) is PersonBucket.NO_CONSENT
    assert bucket(unresolved, []) is PersonBucket.UNRESOLVED
    assert stages(unresolved, []) == Stage.CONSENTED | Stage.UNRESOLVED


def test_a_merged_registration_is_in_its_own_bucket_until_the_merge_is_undone() -> None:
    merged = replace(READY, merged=True)

    assert bucket(merged, [message(ContactStage.DELIVERED)]) is PersonBucket.MERGED
    assert stages(merged, []) == Stage(0)
    assert bucket(READY, [message(ContactStage.DELIVERED)]) is PersonBucket.DELIVERED


def test_a_restricted_person_is_in_that_bucket_unless_already_reached() -> None:
    barred = replace(READY, barred=True)

    assert bucket(barred, []) is bucket(barred, [message(ContactStage.WITHHELD)]) is PersonBucket.BARRED
    assert bucket(barred, [message(ContactStage.DELIVERED)]) is PersonBucket.DELIVERED


def test_an_early_receipt_is_not_undone_by_older_events() -> None:
    delivered = message(ContactStage.DELIVERED, at=START, handed_over=True)
    doubted = message(ContactStage.IN_DOUBT, at=START + timedelta(minutes=5))

    assert contacts.merge(delivered, doubted) == delivered == contacts.merge(doubted, delivered)


def test_a_message_that_fell_back_waits_again_and_stays_handed_over_once() -> None:
    handed = message(ContactStage.HANDED_OVER, at=START, handed_over=True)
    fell_back = message(ContactStage.REQUESTED, at=START + timedelta(minutes=1))

    both = contacts.merge(fell_back, handed)

    assert (both.state, both.handed_over) == (ContactStage.REQUESTED, True)


def test_planned_contacts_without_events_count_as_planned() -> None:
    rows = [PeopleRow("0751", PersonBucket.NOT_PLANNED, Stage.ROUTED, 5)]
    launch = Launch("information", START, (("0751", "sms", 3), ("0751", "call", 3)), ())
    running = WaveProjection(INCIDENT, LaunchedWaveState.RUNNING, START, launch)
    ended = WaveProjection(INCIDENT, LaunchedWaveState.COMPLETED, START, launch)

    assert assemble(rows, [], {WAVE: running}).buckets[PersonBucket.PLANNED] == 3
    assert assemble(rows, [], {WAVE: ended}).buckets[PersonBucket.NOT_PLANNED] == 5
