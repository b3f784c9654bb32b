from contracts.events import personal
from contracts.events.ids import AuthorityId
from contracts.events.vocabulary import AgeBand, Contactability
from services.routing.domain.outcome import (
    AmbiguousHome,
    AmbiguousReason,
    PersonFindings,
    RecipientRelation,
    Recipients,
    RegisteredAddressee,
    ResolvedHome,
    UnknownHome,
    UnknownReason,
)
from services.routing.domain.override import apply_override
from services.routing.domain.register_entry import CprStatus
from services.routing.domain.resolution import resolve
from services.routing.domain.triage import (
    Queue,
    Triage,
    contactability,
    contactability_after_override,
    public_reason,
    registered_recipient,
    undecided_triage,
)
from tests.unit.routing.cases import AUTHORITIES, MOTHER, ON, PERSON, answer, asked, at, child, with_cpr

NOBODY = PersonFindings(Recipients(RecipientRelation.SELF))
OPEN, SUPPRESSED = Contactability.OPEN, Contactability.SUPPRESSED


def test_every_reason_not_to_know_has_a_named_queue() -> None:
    queues = {undecided_triage(UnknownHome(ON, reason, (), NOBODY)).queue for reason in UnknownReason}

    assert queues == {Queue.IDENTITY, Queue.ADDRESS, Queue.REGISTER, Queue.ABROAD}


def test_candidates_go_with_the_case() -> None:
    decision = AmbiguousHome(
        ON, (AuthorityId("0151"), AuthorityId("0163")), None, AmbiguousReason.POSTCODE_SPANS, NOBODY
    )

    assert undecided_triage(decision) == Triage(Queue.ADDRESS, "postcode_spans", decision.candidates)


def test_what_the_register_says_of_a_life_is_not_told() -> None:
    assert {public_reason(reason) for reason in ("dead", "missing", "emigrated")} == {"register_status"}
    assert public_reason("postcode_spans") == "postcode_spans"


def test_a_child_the_registrar_did_not_know_of_is_suppressed_where_nobody_speaks_for_it() -> None:
    decision = resolve(with_cpr(PERSON), (), asked(child()), AUTHORITIES, ON)

    assert contactability(decision, AgeBand.UNKNOWN) is SUPPRESSED
    assert contactability(decision, AgeBand.UNDER_15) is OPEN
    assert registered_recipient(decision.person) is None


def test_a_recipient_says_whom_to_address_and_why() -> None:
    addressed = Recipients(
        RecipientRelation.CUSTODY_HOLDER,
        (RegisteredAddressee(MOTHER, digital_post=True, nemsms=None),),
        protected=True,
    )
    person = PersonFindings(addressed, protected=True, current_cpr=PERSON, status=CprStatus.RESIDENT)

    assert registered_recipient(person) == personal.Recipient(
        (MOTHER,), "custody_holder", protected=True, register_status="01"
    )


def test_a_persons_decision_opens_what_was_held_and_not_what_the_register_closed() -> None:
    assert contactability_after_override("several_people", SUPPRESSED) is OPEN
    assert contactability_after_override("dead", SUPPRESSED) is SUPPRESSED
    assert contactability_after_override("register_pending", None) is OPEN


def test_a_persons_choice_is_upheld_against_the_register() -> None:
    by_rule = resolve(with_cpr(PERSON), (), asked(answer()), AUTHORITIES, ON)

    decision = apply_override(AuthorityId("0461"), by_rule, AUTHORITIES)

    assert isinstance(decision, ResolvedHome)
    assert (decision.municipality, decision.region, decision.reason) == ("0461", "1083", "decided_by_person")
    assert decision.person == by_rule.person


def test_a_choice_that_is_no_authority_any_more_gives_way_to_the_rules() -> None:
    by_rule = resolve(None, (at("0751"),), {}, AUTHORITIES, ON)

    assert apply_override(AuthorityId("9999"), by_rule, AUTHORITIES) == by_rule
