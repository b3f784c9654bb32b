from datetime import date

import pytest

from contracts.events.vocabulary import Contactability
from services.routing.domain.outcome import (
    Decision,
    DecisionDoubt,
    RecipientRelation,
    ResolvedHome,
    ResolvedReason,
    UnknownHome,
    UnknownReason,
)
from services.routing.domain.register_entry import CprStatus, NotFound, Protection, RegisterAnswer
from services.routing.domain.resolution import required_look_ups, resolve
from tests.unit.routing.cases import (
    AFTER,
    AUTHORITIES,
    BEFORE,
    MUNICIPALITIES,
    ON,
    OTHER,
    PERSON,
    REFORM,
    answer,
    asked,
    at,
    with_cpr,
)


def decide(*answers: RegisterAnswer, on: date = ON, cprs: tuple[str, ...] = (PERSON,)) -> Decision:
    return resolve(with_cpr(*cprs), [], asked(*answers), AUTHORITIES, on)


def test_a_resident_is_resolved_and_may_be_written_to() -> None:
    decision = decide(answer())

    assert isinstance(decision, ResolvedHome)
    assert (decision.municipality, decision.region, decision.reason) == (
        "0751",
        "1082",
        ResolvedReason.REGISTER,
    )
    assert decision.person.contactability is Contactability.OPEN
    assert decision.person.letter_allowed
    assert not decision.person.protected
    assert decision.person.recipients.relation is RecipientRelation.SELF
    assert [one.cpr for one in decision.person.recipients.people] == [PERSON]
    assert (decision.person.recipients.digital_post(), decision.person.recipients.nemsms()) == (True, False)


@pytest.mark.parametrize("municipality", [*MUNICIPALITIES, "0411"])
def test_every_municipality_is_resolved_before_on_and_after_the_reform(municipality: str) -> None:
    decisions = [decide(answer(municipality=municipality), on=on) for on in (BEFORE, REFORM, AFTER)]

    resolved = [one for one in decisions if isinstance(one, ResolvedHome)]
    assert [one.municipality for one in resolved] == [municipality] * 3
    regions = [AUTHORITIES.region_of(municipality, on) for on in (BEFORE, REFORM, AFTER)]
    assert [one.region for one in resolved] == regions
    moved = regions[0] in {"1084", "1085"}
    assert regions[1:] == (["region-oestdanmark"] * 2 if moved else [regions[0]] * 2)
    assert [one.health_council is None for one in resolved] == [True, *[municipality == "0411"] * 2]


@pytest.mark.parametrize(
    ("status", "reason", "contactability", "letter", "protected"),
    [
        (CprStatus.RESIDENT, ResolvedReason.REGISTER, "open", True, False),
        (CprStatus.NO_FIXED_ADDRESS, ResolvedReason.REGISTER_NO_FIXED_ADDRESS, "open", False, True),
        (CprStatus.MISSING, ResolvedReason.REGISTER_LAST_KNOWN, "suppressed", False, False),
        (CprStatus.DEAD, ResolvedReason.REGISTER_LAST_KNOWN, "suppressed", False, False),
        (CprStatus.GREENLAND, UnknownReason.GREENLAND, "open", True, False),
        (CprStatus.GREENLAND_NO_FIXED_ADDRESS, UnknownReason.GREENLAND, "open", False, True),
        (CprStatus.ADMINISTRATIVE, UnknownReason.ADMINISTRATIVE_NUMBER, "open", True, False),
        (CprStatus.ANNULLED, UnknownReason.NUMBER_ANNULLED, "suppressed", False, False),
        (CprStatus.DELETED, UnknownReason.NUMBER_WITHOUT_SUCCESSOR, "suppressed", False, False),
        (CprStatus.CHANGED, UnknownReason.NUMBER_WITHOUT_SUCCESSOR, "suppressed", False, False),
        (CprStatus.EMIGRATED, UnknownReason.EMIGRATED, "open", False, False),
        (None, UnknownReason.REGISTER_INCOMPLETE, "suppressed", False, False),
    ],
)
def test_every_status_has_its_outcome(
    status: CprStatus | None,
    reason: ResolvedReason | UnknownReason,
    contactability: str,
    *,
    letter: bool,
    protected: bool,
) -> None:
    decision = decide(answer(status=status))

    assert decision.reason is reason
    assert decision.person.contactability == contactability
    assert decision.person.letter_allowed is letter
    assert decision.person.protected is protected
    assert decision.person.status is status
    assert bool(decision.person.recipients.people) is (contactability == "open")


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (CprStatus.RESIDENT, UnknownReason.REGISTER_INCOMPLETE),
        (CprStatus.DEAD, UnknownReason.DEAD),
        (CprStatus.MISSING, UnknownReason.MISSING),
        (CprStatus.GREENLAND, UnknownReason.GREENLAND),
    ],
)
def test_without_a_municipality_in_the_register_a_person_decides(
    status: CprStatus, reason: UnknownReason
) -> None:
    decision = decide(answer(status=status, municipality=None))

    assert decision.reason is reason


def test_a_municipality_that_nobody_knows_is_no_answer() -> None:
    assert decide(answer(municipality="0999")).reason is UnknownReason.MUNICIPALITY_UNKNOWN


def test_a_municipality_in_greenland_is_suggested_to_nobody_because_it_cannot_be_chosen() -> None:
    decision = decide(answer(status=CprStatus.GREENLAND, municipality="0956"))

    assert isinstance(decision, UnknownHome)
    assert decision.suggestions == ()


def test_christiansoe_is_resolved_outside_the_regions() -> None:
    decision = decide(answer(municipality="0411"))

    assert isinstance(decision, ResolvedHome)
    assert (decision.municipality, decision.region) == ("0411", None)


@pytest.mark.parametrize("road_code", [9900, 9999])
def test_a_special_road_code_is_no_address_whatever_the_status(road_code: int) -> None:
    decision = decide(answer(road_code=road_code))

    assert decision.reason is ResolvedReason.REGISTER_NO_FIXED_ADDRESS
    assert decision.person.protected
    assert not decision.person.letter_allowed


@pytest.mark.parametrize(
    ("protection", "protected"),
    [
        (Protection(stated=True), True),
        (Protection(stated=True, since=date(2026, 1, 1), until=date(2026, 11, 24)), True),
        (Protection(stated=True, until=date(2026, 11, 23)), False),
        (Protection(stated=True, since=date(2026, 12, 1)), True),
        (Protection(stated=None, since=date(2026, 1, 1)), True),
        (Protection(stated=None), False),
        (Protection(stated=False, since=date(2026, 1, 1)), False),
    ],
)
def test_a_protected_person_is_masked_and_still_gets_letters(
    protection: Protection, *, protected: bool
) -> None:
    decision = decide(answer(protection=protection))

    assert decision.person.protected is protected
    assert decision.person.letter_allowed


@pytest.mark.parametrize("status", [CprStatus.DELETED, CprStatus.CHANGED])
def test_a_changed_number_is_followed_to_the_current_one(status: CprStatus) -> None:
    old = answer(PERSON, status, None, current_cpr=OTHER)

    first = required_look_ups(with_cpr(PERSON), asked(old), ON)
    decision = decide(old, answer(OTHER))

    assert first == (OTHER,)
    assert isinstance(decision, ResolvedHome)
    assert decision.person.current_cpr == OTHER
    assert [one.cpr for one in decision.person.recipients.people] == [OTHER]


def test_numbers_that_point_at_each_other_end_in_a_question_to_a_person() -> None:
    one, two = (
        answer(PERSON, CprStatus.CHANGED, current_cpr=OTHER),
        answer(OTHER, CprStatus.CHANGED, current_cpr=PERSON),
    )

    assert decide(one, two).reason is UnknownReason.NUMBER_WITHOUT_SUCCESSOR


def test_an_old_and_a_new_number_of_one_person_are_one_person() -> None:
    old = answer(PERSON, CprStatus.CHANGED, None, current_cpr=OTHER)

    assert isinstance(decide(old, answer(OTHER), cprs=(PERSON, OTHER)), ResolvedHome)


def test_numbers_of_two_people_decide_nothing_and_stop_contact() -> None:
    decision = decide(answer(), answer(OTHER), cprs=(PERSON, OTHER))

    assert decision.reason is UnknownReason.SEVERAL_PEOPLE
    assert decision.person.contactability is Contactability.SUPPRESSED
    assert decision.person.protected


def test_an_answer_that_has_not_come_is_never_not_found() -> None:
    decision = resolve(with_cpr(PERSON), [at("0751", postcode="8000")], {}, AUTHORITIES, ON)

    assert isinstance(decision, UnknownHome)
    assert decision.reason is UnknownReason.REGISTER_PENDING
    assert decision.suggestions == ("0751",)
    assert decision.person.contactability is Contactability.SUPPRESSED
    assert decision.person.protected


def test_a_number_the_register_does_not_have_falls_back_to_the_address_and_is_never_written_to() -> None:
    answers: dict[str, RegisterAnswer | NotFound] = {PERSON: NotFound()}

    by_address = resolve(with_cpr(PERSON), [at("0751", line="Testvej 1")], answers, AUTHORITIES, ON)
    without = resolve(with_cpr(PERSON), [], answers, AUTHORITIES, ON)

    assert by_address.reason is ResolvedReason.GIVEN_MUNICIPALITY
    assert by_address.person.doubts == (DecisionDoubt.NUMBER_NOT_FOUND,)
    assert by_address.person.recipients.people == ()
    assert without.reason is UnknownReason.NUMBER_NOT_FOUND


def test_a_malformed_number_is_not_asked_about() -> None:
    identity = with_cpr("3102909995")

    assert required_look_ups(identity, {}, ON) == ()
    assert resolve(identity, [], {}, AUTHORITIES, ON).reason is UnknownReason.NUMBER_MALFORMED


def test_an_emigrated_person_is_decided_by_a_person_with_the_address_here_as_a_suggestion() -> None:
    decision = resolve(
        with_cpr(PERSON), [at("0751")], asked(answer(status=CprStatus.EMIGRATED)), AUTHORITIES, ON
    )

    assert isinstance(decision, UnknownHome)
    assert decision.suggestions == ("0751",)


def test_a_decision_shows_no_number() -> None:
    assert PERSON not in repr(decide(answer()))
    assert PERSON not in repr(answer())
