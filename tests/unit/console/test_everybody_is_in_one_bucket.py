"""Whatever the order of the events, and however often they come: the buckets sum to those registered."""

import random
from datetime import UTC, datetime, timedelta
from functools import reduce
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from contracts.events.vocabulary import Channel, StepKind
from services.console.projection import contact as contacts
from services.console.projection import person as people
from services.console.projection.contact import Contact, ContactStage
from services.console.projection.counters import CounterChanges, PersonRecord
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
terms = st.builds(
    lambda at, channels, authorities: f"{at.isoformat()};{channels};{authorities}",
    moments,
    st.sampled_from(["", "sms", "call,sms"]),
    st.sampled_from(["", "0751"]),
) | st.just("")
people_facts = st.one_of(
    st.just(PersonProjection(registered=True)),
    st.just(PersonProjection(forgotten=True)),
    st.builds(
        lambda at, text: PersonProjection(registration_given_at=at, registration_terms=text), moments, terms
    ),
    st.builds(lambda at, text: PersonProjection(contact_given_at=at, contact_terms=text), moments, terms),
    st.builds(
        lambda at, possible, child: PersonProjection(reach_at=at, possible=possible, is_child=child),
        moments,
        st.sampled_from(["", "call", "call,sms"]),
        st.booleans(),
    ),
    moments.map(lambda at: PersonProjection(lapsed_for=at)),
    moments.map(lambda at: PersonProjection(contact_withdrawn_at=at)),
    moments.map(lambda at: PersonProjection(registration_withdrawn_at=at)),
    st.builds(
        lambda at, registration, contact, text: PersonProjection(
            restated_at=at,
            restated_registration=registration,
            restated_contact=contact,
            restated_contact_terms=text,
        ),
        moments,
        st.booleans(),
        st.booleans(),
        terms,
    ),
    st.builds(
        lambda at, name: PersonProjection(**{name: at}),
        moments,
        st.sampled_from(
            (
                "do_not_contact_since",
                "do_not_contact_lifted",
                "restricted_since",
                "restricted_lifted",
                "merged_at",
                "unmerged_at",
            )
        ),
    ),
    st.builds(
        lambda at, place, closed, suppressed: PersonProjection(
            decided_at=at, municipality=place, covered_by=place, closed=closed, suppressed=suppressed
        ),
        moments,
        st.sampled_from(["", "0751", "0101"]),
        st.sampled_from(["", "digital_post"]),
        st.booleans(),
    ),
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
Fact = tuple[int, PersonProjection | tuple[int, Contact]]
facts = st.lists(
    st.tuples(
        st.integers(1, 3),
        st.one_of(people_facts, contact_facts),
    ),
    max_size=20,
)


def learn(known: PersonRecord, fact: PersonProjection | tuple[int, Contact]) -> PersonRecord:
    if isinstance(fact, PersonProjection):
        return PersonRecord(INCIDENT, people.merge(known.person, fact), known.contacts)
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


READY = PersonProjection(
    registered=True,
    registration_given_at=START,
    contact_given_at=START,
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
    withdrawn = people.merge(READY, PersonProjection(contact_withdrawn_at=START))
    unresolved = people.merge(READY, PersonProjection(decided_at=START + timedelta(hours=1)))

    assert bucket(READY, []) is PersonBucket.NOT_PLANNED
    assert bucket(withdrawn, []) is PersonBucket.NO_CONSENT
    assert bucket(unresolved, []) is PersonBucket.UNRESOLVED
    assert stages(unresolved, []) == Stage.CONSENTED | Stage.UNRESOLVED


def test_a_merged_registration_is_in_its_own_bucket_until_the_merge_is_undone() -> None:
    merged = people.merge(READY, PersonProjection(merged_at=START))
    undone = people.merge(merged, PersonProjection(unmerged_at=START + timedelta(hours=1)))

    assert bucket(merged, [message(ContactStage.DELIVERED)]) is PersonBucket.MERGED
    assert stages(merged, []) == Stage(0)
    assert bucket(undone, [message(ContactStage.DELIVERED)]) is PersonBucket.DELIVERED


def test_a_restricted_person_is_in_that_bucket_unless_already_reached() -> None:
    barred = people.merge(READY, PersonProjection(do_not_contact_since=START))
    lifted = people.merge(barred, PersonProjection(do_not_contact_lifted=START + timedelta(hours=1)))

    assert bucket(barred, []) is bucket(barred, [message(ContactStage.WITHHELD)]) is PersonBucket.BARRED
    assert bucket(barred, [message(ContactStage.DELIVERED)]) is PersonBucket.DELIVERED
    assert bucket(lifted, []) is PersonBucket.NOT_PLANNED


def test_restated_consents_replace_earlier_ones() -> None:
    later = START + timedelta(hours=1)
    narrowed = people.merge(READY, PersonProjection(restated_at=later, restated_registration=True))
    given_since = people.merge(narrowed, PersonProjection(contact_given_at=later + timedelta(hours=1)))
    widened = PersonProjection(restated_at=later, restated_registration=True, restated_contact=True)
    withdrawn = people.merge(READY, PersonProjection(contact_withdrawn_at=START))

    assert bucket(narrowed, []) is PersonBucket.NO_CONSENT
    assert bucket(given_since, []) is PersonBucket.NOT_PLANNED
    assert people.merge(withdrawn, widened).consents
    assert not people.merge(
        widened, PersonProjection(registration_withdrawn_at=later + timedelta(hours=1))
    ).consents


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
