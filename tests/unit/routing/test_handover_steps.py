"""What is done with a case: for any sequence of facts, exactly one answers for the person at each moment."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.events.ids import AuthorityId, ConsentId, HandoverId
from contracts.events.vocabulary import CalledOffReason
from services.routing.domain.disclosure import NO_FACTS, PersonFacts, RegistrationConsent
from services.routing.domain.handover import (
    RESPONSIBLE_STATES,
    Case,
    Handover,
    HandoverState,
    HandoverStatus,
    HandoverTarget,
    NextStep,
    apply_step,
    next_step,
)
from services.routing.domain.handover_reply import (
    HandoverReply,
    ReplyEffect,
    reply_effect,
    state_after_acceptance,
)
from services.routing.domain.responsible import ResponsibleKind, ResponsibleParty, responsible_party
from services.routing.domain.triage import Queue

START = datetime(2026, 12, 1, 12, tzinfo=UTC)
AARHUS, HERLEV, REGION = AuthorityId("0751"), AuthorityId("0163"), AuthorityId("1082")
EVENT = AuthorityId("0101")
OTHER = UUID(int=9)


def at(hour: int) -> datetime:
    return START + timedelta(hours=hour)


def consent(hour: int, *authorities: AuthorityId, days: int = 365) -> RegistrationConsent:
    return RegistrationConsent(
        ConsentId(UUID(int=hour + 1)), at(hour), at(hour) + timedelta(days=days), authorities
    )


def consented(*authorities: AuthorityId, days: int = 365) -> PersonFacts:
    return replace(NO_FACTS, ledger=NO_FACTS.ledger.with_given(consent(0, *authorities, days=days)))


def home(authority: AuthorityId) -> HandoverTarget:
    return HandoverTarget(authority, authority)


def gone_on(case: Case, hour: int, *, by_person: bool = False) -> tuple[Case, NextStep]:
    step = next_step(case, at(hour), by_person=by_person)
    return apply_step(case, step, HandoverId(uuid4()) if step.offer else None), step


def answered(case: Case, state: HandoverState) -> Case:
    """Let the authority that was asked answer."""
    assert case.last is not None
    last = replace(case.last, state=state)
    if state is HandoverState.REFUSED:
        return replace(case, last=last, refused_by=case.refused_by | {last.authority})
    return replace(case, last=last, held=last)


def held_by(case: Case) -> AuthorityId | None:
    return case.held and case.held.authority


def offered(authority: AuthorityId = AARHUS, facts: PersonFacts | None = None) -> Case:
    return gone_on(Case(facts or consented(), home(authority)), 1)[0]


def test_a_resolved_case_is_offered_once() -> None:
    case, step = gone_on(Case(consented(), home(AARHUS)), 1)
    _, again = gone_on(case, 2)

    assert (step.status, step.offer and step.offer.home.authority) == (HandoverStatus.OFFERED, AARHUS)
    assert again == NextStep(HandoverStatus.OFFERED, keeps=case.last)


@pytest.mark.parametrize(
    "facts", [NO_FACTS, consented(HERLEV), consented(days=0)], ids=["none", "for others", "expired"]
)
def test_without_a_consent_that_covers_the_authority_nothing_is_passed_on(facts: PersonFacts) -> None:
    assert next_step(Case(facts, home(AARHUS)), at(1)) == NextStep(HandoverStatus.NOT_PASSED_ON)


@pytest.mark.parametrize("named", [HERLEV, REGION, EVENT])
def test_a_consent_that_names_the_municipality_its_region_or_the_delegate_is_passed_on(
    named: AuthorityId,
) -> None:
    """The authority asked is the delegate; the consent may name whoever answers for the person."""
    delegated = HandoverTarget(HERLEV, EVENT, (HERLEV, REGION, EVENT))
    case, step = gone_on(Case(consented(named), delegated), 1)

    accepted_one, kept = gone_on(answered(case, HandoverState.ACCEPTED), 2)

    assert step.status is HandoverStatus.OFFERED
    assert (kept.status, kept.call_off, held_by(accepted_one)) == (HandoverStatus.ACCEPTED, (), EVENT)
    assert next_step(Case(consented(AARHUS), delegated), at(1)).status is HandoverStatus.NOT_PASSED_ON


def test_a_consent_that_names_who_has_succeeded_since_keeps_what_was_accepted() -> None:
    before, after_it = (
        HandoverTarget(HERLEV, HERLEV, (HERLEV, EVENT)),
        HandoverTarget(HERLEV, HERLEV, (HERLEV, REGION, EVENT)),
    )
    case = answered(gone_on(Case(consented(EVENT), before), 1)[0], HandoverState.ACCEPTED)

    renewed = newly_consented(replace(case, home=after_it), at(2), REGION)

    assert next_step(renewed, at(3)) == NextStep(HandoverStatus.ACCEPTED, keeps=case.last)


def test_who_has_accepted_is_not_asked_once_more_where_it_succeeds_whoever_was_asked() -> None:
    """Two regions become one: the one has accepted, the other was asked, and both are the same now."""
    case = answered(offered(), HandoverState.ACCEPTED)
    both = replace(case, last=Handover(HandoverId(uuid4()), AARHUS, HandoverState.OFFERED))

    kept, step = gone_on(both, 2)

    assert (step.status, step.keeps, kept.last) == (HandoverStatus.ACCEPTED, case.held, case.held)
    assert [(each.handover, each.why) for each in step.call_off] == [(both.last, CalledOffReason.MOVED)]


def test_who_has_accepted_answers_on_the_consent_of_then_also_while_another_home_is_asked() -> None:
    delegated = HandoverTarget(HERLEV, EVENT, (HERLEV, REGION, EVENT))
    case = answered(gone_on(Case(consented(REGION), delegated), 1)[0], HandoverState.ACCEPTED)

    moved, step = gone_on(replace(case, home=home(AARHUS)), 2)

    assert (step.status, step.call_off, held_by(moved)) == (HandoverStatus.NOT_PASSED_ON, (), EVENT)


def test_who_moves_is_offered_to_the_new_authority_and_the_open_offer_is_called_off() -> None:
    case = replace(offered(), home=home(HERLEV))

    moved, step = gone_on(case, 2)

    assert [each.why for each in step.call_off] == [CalledOffReason.MOVED]
    assert moved.last is not None
    assert (moved.last.authority, moved.last.state) == (HERLEV, HandoverState.OFFERED)


def test_who_has_accepted_answers_until_the_new_one_has() -> None:
    case = replace(answered(offered(), HandoverState.ACCEPTED), home=home(HERLEV))

    moved, step = gone_on(case, 2)

    assert step.call_off == ()
    assert responsible_party(held_by(moved), step.status, None, EVENT) == ResponsibleParty(
        ResponsibleKind.AUTHORITY, AARHUS
    )
    back, again = gone_on(replace(moved, home=home(AARHUS)), 3)
    assert (again.status, back.last, [each.why for each in again.call_off]) == (
        HandoverStatus.ACCEPTED, case.last, [CalledOffReason.MOVED],
    )  # fmt: skip


def test_what_was_refused_is_offered_anew_by_a_person_only() -> None:
    refused = answered(offered(), HandoverState.REFUSED)

    by_rule, held_back = gone_on(refused, 2)
    _, by_person = gone_on(refused, 3, by_person=True)

    assert (by_rule, held_back) == (refused, NextStep(HandoverStatus.REFUSED))
    assert responsible_party(held_by(by_rule), held_back.status, None, EVENT) == ResponsibleParty(
        ResponsibleKind.TRIAGE_QUEUE, Queue.HANDOVER
    )
    assert by_person.offer is not None


def test_refusing_in_turns_does_not_loop() -> None:
    case, offers = offered(), 0
    for hour in range(2, 12):
        if case.last is not None and case.last.state is HandoverState.OFFERED:
            case = answered(case, HandoverState.REFUSED)
        case, step = gone_on(replace(case, home=home(HERLEV if hour % 2 else AARHUS)), hour)
        offers += step.offer is not None

    assert offers == 1


def test_consent_that_ends_calls_off_also_what_was_accepted_but_one_that_expires_does_not() -> None:
    case = answered(offered(), HandoverState.ACCEPTED)
    withdrawn = replace(case.facts, ledger=case.facts.ledger.with_withdrawal(at(2)))

    _, ended = gone_on(replace(case, facts=withdrawn), 3)
    _, expired = gone_on(case, 24 * 400)
    _, unanswered = gone_on(offered(), 24 * 400)

    assert (ended.status, [each.why for each in ended.call_off]) == (
        HandoverStatus.NOT_PASSED_ON, [CalledOffReason.CONSENT_ENDED],
    )  # fmt: skip
    assert expired.status is HandoverStatus.ACCEPTED
    assert [each.why for each in unanswered.call_off] == [CalledOffReason.CONSENT_ENDED]


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        (replace(consented(), restricted=NO_FACTS.restricted.with_start(at(0))), HandoverStatus.RESTRICTED),
        (replace(consented(), merge=NO_FACTS.merge.with_merge(OTHER, at(0))), HandoverStatus.MERGED),
        (replace(consented(), forgotten_at=at(0)), HandoverStatus.FORGOTTEN),
    ],
)
def test_what_stops_a_handover_stops_it_whatever_was_answered(
    facts: PersonFacts, status: HandoverStatus
) -> None:
    for case in (
        offered(),
        answered(offered(), HandoverState.ACCEPTED),
        answered(offered(), HandoverState.CONTACTED),
    ):
        stopped, step = gone_on(replace(case, facts=facts), 2)

        assert (step.status, len(step.call_off), stopped.held) == (status, 1, None)


ASKS = {
    HandoverState.OFFERED: (ReplyEffect.MADE, ReplyEffect.MADE, ReplyEffect.CONFLICT),
    HandoverState.ACCEPTED: (ReplyEffect.ALREADY, ReplyEffect.CONFLICT, ReplyEffect.MADE),
    HandoverState.CONTACTED: (ReplyEffect.ALREADY, ReplyEffect.CONFLICT, ReplyEffect.ALREADY),
    HandoverState.REFUSED: (ReplyEffect.CONFLICT, ReplyEffect.ALREADY, ReplyEffect.CONFLICT),
    HandoverState.CALLED_OFF: (ReplyEffect.CONFLICT, ReplyEffect.CONFLICT, ReplyEffect.CONFLICT),
}


@pytest.mark.parametrize("state", HandoverState)
def test_what_may_be_answered_when(state: HandoverState) -> None:
    assert tuple(reply_effect(ask, state) for ask in HandoverReply) == ASKS[state]


def test_who_was_called_before_the_answer_is_contacted_once_it_is_accepted() -> None:
    assert state_after_acceptance(person_reached=True) is HandoverState.CONTACTED
    assert state_after_acceptance(person_reached=False) is HandoverState.ACCEPTED


def newly_consented(case: Case, now: datetime, *authorities: AuthorityId) -> Case:
    new = RegistrationConsent(ConsentId(uuid4()), now, now + timedelta(days=365), authorities)
    return told(case, ledger=case.facts.ledger.with_given(new))


def told(case: Case, **what: Any) -> Case:
    return replace(case, facts=replace(case.facts, **what))


HAPPENINGS: dict[str, Callable[[Case, datetime], Case]] = {
    "home": lambda case, _: replace(case, home=home(AARHUS)),
    "away": lambda case, _: replace(case, home=HandoverTarget(HERLEV, REGION)),
    "lost": lambda case, _: replace(case, home=None),
    "a person decides": lambda case, _: replace(case, home=HandoverTarget(HERLEV, REGION)),
    "consent": newly_consented,
    "narrow consent": lambda case, now: newly_consented(case, now, AARHUS),
    "withdrawal": lambda case, now: told(case, ledger=case.facts.ledger.with_withdrawal(now)),
    "no consent stated": lambda case, now: told(case, ledger=case.facts.ledger.with_restatement(now, None)),
    "restricted": lambda case, now: told(case, restricted=case.facts.restricted.with_start(now)),
    "lifted": lambda case, now: told(case, restricted=case.facts.restricted.with_end(now)),
    "merged": lambda case, now: told(case, merge=case.facts.merge.with_merge(OTHER, now)),
    "unmerged": lambda case, now: told(case, merge=case.facts.merge.with_unmerge(now)),
    "forgotten": lambda case, now: told(case, forgotten_at=now),
    "accepted": lambda case, _: said(case, HandoverReply.ACCEPT, HandoverState.ACCEPTED),
    "contacted": lambda case, _: said(case, HandoverReply.FIRST_CONTACT, HandoverState.CONTACTED),
    "refused": lambda case, _: said(case, HandoverReply.REFUSE, HandoverState.REFUSED),
    "a year goes by": lambda case, _: case,
}


def said(case: Case, ask: HandoverReply, state: HandoverState) -> Case:
    possible = case.last is not None and reply_effect(ask, case.last.state) is ReplyEffect.MADE
    return answered(case, state) if possible else case


@settings(max_examples=400)
@given(
    st.sampled_from(([], ["home", "consent"], ["home", "consent", "accepted", "away"])),
    st.lists(st.sampled_from(sorted(HAPPENINGS)), max_size=25),
)
def test_whatever_happens_exactly_one_answers_for_the_person(first: list[str], then: list[str]) -> None:
    case, now = Case(NO_FACTS), START
    made: dict[HandoverId, Handover] = {}
    for what in (*first, *then):
        now += timedelta(days=366) if what == "a year goes by" else timedelta(hours=1)
        before, case = case.held, HAPPENINGS[what](case, now)
        if before is not None and before != case.held:  # as accepting does
            made[before.handover_id] = replace(before, state=HandoverState.CALLED_OFF)
        step = next_step(case, now, by_person=what == "a person decides")
        ended = {each.handover.handover_id for each in step.call_off}
        case = apply_step(case, step, HandoverId(uuid4()) if step.offer else None)
        for one in (case.last, case.held):
            if one is not None:
                made[one.handover_id] = one
        made |= {key: replace(made[key], state=HandoverState.CALLED_OFF) for key in ended}

        asked = [one for one in made.values() if one.state is HandoverState.OFFERED]
        taken = [one for one in made.values() if one.state in RESPONSIBLE_STATES]
        assert len(asked) <= 1
        assert not asked or case.last == asked[0]
        assert taken == ([case.held] if case.held is not None else [])
        who = responsible_party(
            held_by(case), step.status, Queue.ADDRESS if case.home is None else None, EVENT
        )
        assert (who.who is ResponsibleKind.AUTHORITY) == bool(taken)
        assert (step.status in {HandoverStatus.FORGOTTEN, HandoverStatus.MERGED}) == (who.name is None)
        standing = case.facts.ledger.unwithdrawn_consent()
        for one in (*asked, *taken):
            assert step.status not in {
                HandoverStatus.FORGOTTEN,
                HandoverStatus.MERGED,
                HandoverStatus.RESTRICTED,
            }
            assert standing is not None
            assert standing.covers(one.names())
        assert not asked or (standing is not None and now < standing.expires_at)
        again = next_step(case, now)
        assert (again.status, again.call_off, again.offer) == (step.status, (), None)
