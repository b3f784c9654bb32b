"""One contact: the decision when due, the events of notify, and the outcome of a call."""

from datetime import datetime, timedelta
from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from contracts.events.vocabulary import CallOutcome, Channel, StepKind
from services.outreach.domain.call_outcome import Call, CallAgain, Conclude, OutcomeFlaw, after_call
from services.outreach.domain.contact import (
    FINAL,
    ContactState,
    MessageEventKind,
    MessageProgress,
    Wait,
    Withhold,
    apply_message_event,
    decide_due,
)
from services.outreach.domain.eligibility import ProjectedPerson
from services.outreach.domain.window import Window, is_open
from tests.unit.outreach.cases import NOW
from tests.unit.outreach.test_eligibility import PEOPLE, stands
from tests.unit.outreach.test_window import WINDOWS

TELLINGS = st.lists(st.sampled_from(MessageEventKind), max_size=8)
ENDS = st.integers(-100, 1000).map(lambda hours: NOW + timedelta(hours=hours))
REQUESTED = MessageProgress(ContactState.REQUESTED)


@given(TELLINGS, TELLINGS)
def test_a_final_state_never_changes(before: list[MessageEventKind], after: list[MessageEventKind]) -> None:
    now = reduce(apply_message_event, before, REQUESTED)

    assert now.state not in FINAL or reduce(apply_message_event, after, now) == now


@given(TELLINGS)
def test_repeated_events_of_notify_lead_to_the_same_state(tellings: list[MessageEventKind]) -> None:
    once = reduce(apply_message_event, tellings, REQUESTED)

    assert reduce(apply_message_event, tellings, once).state == once.state


@given(PEOPLE, st.sampled_from(StepKind), WINDOWS, ENDS)
def test_a_contact_is_made_in_its_window_before_its_end_and_with_both_consents(
    person: ProjectedPerson, kind: StepKind, window: Window, not_after: datetime
) -> None:
    decision = decide_due(person, kind, tuple(Channel), window, not_after, NOW)

    match decision:
        case Wait(until):
            assert NOW < until < not_after
        case Withhold():
            pass
        case _:
            assert is_open(window, NOW)
            assert not_after > NOW
            assert stands(person.registration)
            assert stands(person.contact)


def test_an_unknown_person_is_not_contacted() -> None:
    always = Window(frozenset(range(7)), 0, 24 * 60, on_holidays=True)

    decision = decide_due(None, StepKind.CALL, (Channel.CALL,), always, NOW + timedelta(days=1), NOW)

    assert isinstance(decision, Withhold)


@given(
    st.builds(Call, attempts=st.integers(0, 6), ceiling=st.integers(1, 5), window=WINDOWS, not_after=ENDS),
    st.sampled_from(CallOutcome),
    st.none() | ENDS,
)
def test_a_call_is_repeated_before_its_end_up_to_the_limit_and_never_after_an_answer(
    call: Call, outcome: CallOutcome, call_back_at: datetime | None
) -> None:
    decision = after_call(call, outcome, call_back_at, NOW)

    match decision:
        case CallAgain(due_at):
            assert NOW < due_at < call.not_after
            if outcome is CallOutcome.CALL_BACK:
                assert due_at == call_back_at
            else:
                assert outcome is CallOutcome.NO_ANSWER
                assert call.attempts + 1 < call.ceiling
        case Conclude():
            assert outcome is not CallOutcome.CALL_BACK
        case OutcomeFlaw():
            assert (outcome is CallOutcome.CALL_BACK) or call_back_at is not None
