"""What a person has decided: a student who lives elsewhere, and what becomes of it when facts change."""

import pytest

from contracts.events import personal
from contracts.events.ids import AuthorityId
from services.routing.domain.outcome import DecisionDoubt, ResolvedHome, ResolvedReason
from services.routing.domain.override import apply_override
from services.routing.domain.redecision import affects_home
from services.routing.domain.resolution import resolve
from tests.unit.routing.cases import AUTHORITIES, ON, PERSON, answer, asked, at, with_cpr

COPENHAGEN, AARHUS = AuthorityId("0101"), AuthorityId("0751")


def ruled_on(
    *addresses: personal.Address, registered: str | None = None, facts_changed: bool
) -> ResolvedHome:
    """A student whom a person has placed in Aarhus."""
    identity = with_cpr(PERSON) if registered else None
    answers = asked(answer(municipality=registered)) if registered else {}
    rules = resolve(identity, addresses, answers, AUTHORITIES, ON)
    decision = apply_override(AARHUS, rules, AUTHORITIES, facts_changed=facts_changed)
    assert isinstance(decision, ResolvedHome)
    return decision


def test_a_student_away_from_home_stays_where_a_person_has_placed_them() -> None:
    decision = ruled_on(registered="0101", facts_changed=False)

    assert (decision.municipality, decision.reason) == (AARHUS, ResolvedReason.DECIDED_BY_PERSON)
    assert decision.person.doubts == ()
    assert [one.cpr for one in decision.person.recipients.people] == [PERSON]


@pytest.mark.parametrize(
    ("address", "doubts"),
    [
        (at("0101"), (DecisionDoubt.FACTS_CHANGED,)),  # the rules would choose another
        (at(postcode="2750"), (DecisionDoubt.FACTS_CHANGED,)),  # they cannot tell
        (at(country="SE"), (DecisionDoubt.FACTS_CHANGED,)),  # they would choose nobody
        (at("0751"), ()),  # they agree
    ],
)
def test_it_holds_against_new_facts_and_a_person_looks_where_the_rules_disagree(
    address: personal.Address, doubts: tuple[DecisionDoubt, ...]
) -> None:
    decision = ruled_on(address, facts_changed=True)

    assert decision.municipality == AARHUS
    assert decision.person.doubts == doubts


@pytest.mark.parametrize(
    ("changed", "bears"),
    [
        (("phone", "name"), False),
        (("identifiers",), True),
        (("addresses", "phone"), True),
        (("birth_date",), True),
        (("age_band",), True),
        (("something nobody has told us of",), True),
        ((), False),
    ],
)
def test_a_correction_is_decided_again_where_it_may_say_where_somebody_lives(
    changed: tuple[str, ...], *, bears: bool
) -> None:
    assert affects_home(changed) is bears
