from datetime import date

import pytest

from contracts.events import personal
from contracts.events.vocabulary import AgeBand
from services.routing.domain.outcome import (
    Decision,
    DecisionDoubt,
    RecipientRelation,
    ResolvedHome,
    UnknownReason,
)
from services.routing.domain.recipient import ConsentingGuardian
from services.routing.domain.register_entry import (
    CprStatus,
    Custody,
    CustodyKind,
    GuardianKind,
    Guardianship,
    NotFound,
    Protection,
    RegisterAnswer,
)
from services.routing.domain.resolution import required_look_ups, resolve
from tests.unit.routing.cases import (
    AUTHORITIES,
    CHILD_BORN,
    FATHER,
    GUARDIAN,
    MOTHER,
    ON,
    OTHER,
    PERSON,
    answer,
    asked,
    at,
    child,
    custody,
    with_cpr,
)

BOTH = (custody(MOTHER), custody(FATHER, CustodyKind.FATHER))


def decide(
    *answers: RegisterAnswer,
    missing: tuple[str, ...] = (),
    on: date = ON,
    consenting: ConsentingGuardian | None = None,
) -> Decision:
    known = {**asked(*answers), **dict.fromkeys(missing, NotFound())}
    return resolve(with_cpr(PERSON), [], known, AUTHORITIES, on, consenting=consenting)


def written_to(decision: Decision) -> list[str]:
    return [one.cpr for one in decision.person.recipients.people]


def test_a_child_is_written_to_by_way_of_both_custody_holders() -> None:
    decision = decide(child(*BOTH), answer(MOTHER), answer(FATHER, digital_post=False))

    assert isinstance(decision, ResolvedHome)
    assert decision.person.recipients.relation is RecipientRelation.CUSTODY_HOLDER
    assert sorted(written_to(decision)) == sorted([MOTHER, FATHER])
    assert decision.person.doubts == ()


@pytest.mark.parametrize("exempt", [MOTHER, FATHER])
@pytest.mark.parametrize("other", [True, None])
def test_a_custody_holder_exempt_from_digital_post_does_not_silence_the_message_to_the_other(
    exempt: str, *, other: bool | None
) -> None:
    reached = FATHER if exempt == MOTHER else MOTHER

    decision = decide(child(*BOTH), answer(exempt, digital_post=False), answer(reached, digital_post=other))

    assert written_to(decision) == [reached, exempt]
    assert decision.person.recipients.digital_post() is other


def test_who_is_known_to_have_digital_post_comes_before_who_may_have() -> None:
    decision = decide(
        child(*BOTH), answer(min(MOTHER, FATHER), digital_post=None), answer(max(MOTHER, FATHER))
    )

    assert written_to(decision) == [max(MOTHER, FATHER), min(MOTHER, FATHER)]
    assert decision.person.recipients.digital_post() is True


def test_where_both_custody_holders_are_exempt_there_is_no_digital_post() -> None:
    decision = decide(child(*BOTH), answer(MOTHER, digital_post=False), answer(FATHER, digital_post=False))

    assert written_to(decision) == sorted([MOTHER, FATHER])
    assert decision.person.recipients.digital_post() is False


@pytest.mark.parametrize("consenting", [MOTHER, FATHER])
def test_the_custody_holder_who_consented_is_written_to_first(consenting: str) -> None:
    other = FATHER if consenting == MOTHER else MOTHER

    for enrolled in (True, None):
        decision = decide(
            child(*BOTH),
            answer(consenting, digital_post=enrolled),
            answer(other),
            consenting=ConsentingGuardian("Mor Test", consenting),
        )

        assert written_to(decision) == [consenting, other]
        assert decision.person.recipients.digital_post() is True


@pytest.mark.parametrize("other", [True, None])
def test_a_custody_holder_who_consented_and_is_exempt_comes_last(*, other: bool | None) -> None:
    first = max(MOTHER, FATHER)

    decision = decide(
        child(*BOTH),
        answer(first, digital_post=False),
        answer(min(MOTHER, FATHER), digital_post=other),
        consenting=ConsentingGuardian("Mor Test", first),
    )

    assert written_to(decision) == [min(MOTHER, FATHER), first]


def test_the_old_number_of_who_consented_leads_to_the_custody_holder() -> None:
    decision = decide(
        child(custody(OTHER), custody(FATHER)),
        answer(OTHER, CprStatus.CHANGED, None, current_cpr=MOTHER),
        answer(MOTHER),
        answer(FATHER),
        consenting=ConsentingGuardian("Mor Test", OTHER),
    )

    assert written_to(decision) == [MOTHER, FATHER]


@pytest.mark.parametrize(
    "said",
    ["Ida Møller", "ida moeller", "Møller, Ida", "Ida Sofie Møller", "Ida  S. Møller", "IDA SOFIE MØLLER"],
)
def test_where_only_a_name_is_known_the_custody_holder_of_that_name_comes_first(said: str) -> None:
    first, last = max(MOTHER, FATHER), min(MOTHER, FATHER)

    decision = decide(
        child(*BOTH),
        answer(first, name="Møller, Ida Sofie"),
        answer(last, name="Møller, Bo"),
        consenting=ConsentingGuardian(said),
    )

    assert written_to(decision) == [first, last]


@pytest.mark.parametrize(
    "consenting",
    [
        ConsentingGuardian("Mor"),
        ConsentingGuardian("Møller"),
        ConsentingGuardian("Eva Møller"),
        ConsentingGuardian("?"),
        ConsentingGuardian("Ida Møller", OTHER),
        None,
    ],
    ids=["a word", "a family name", "another name", "no name", "a number that is no holder's", "nobody"],
)
def test_who_is_no_custody_holder_changes_no_order(consenting: ConsentingGuardian | None) -> None:
    decision = decide(
        child(*BOTH),
        answer(max(MOTHER, FATHER), name="Møller, Ida"),
        answer(min(MOTHER, FATHER), name="Møller, Bo"),
        consenting=consenting,
    )

    assert written_to(decision) == sorted([MOTHER, FATHER])


def test_a_name_that_both_custody_holders_have_decides_nothing() -> None:
    decision = decide(
        child(*BOTH),
        answer(max(MOTHER, FATHER), name="Møller, Kim"),
        answer(min(MOTHER, FATHER), name="Møller, Kim Bo"),
        consenting=ConsentingGuardian("Kim Møller"),
    )

    assert written_to(decision) == sorted([MOTHER, FATHER])


def test_the_custody_holders_are_looked_up_before_anything_is_decided() -> None:
    answers = asked(child(*BOTH), answer(MOTHER))

    assert required_look_ups(with_cpr(PERSON), {}, ON) == (PERSON,)
    assert required_look_ups(with_cpr(PERSON), answers, ON) == (FATHER,)
    assert resolve(with_cpr(PERSON), [], answers, AUTHORITIES, ON).reason is UnknownReason.REGISTER_PENDING


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ((custody(MOTHER),), [MOTHER]),
        ((custody(MOTHER), custody(FATHER, CustodyKind.FATHER, deleted=date(2020, 1, 1))), [MOTHER]),
        ((custody(MOTHER), custody(FATHER, CustodyKind.FATHER, since=date(2027, 1, 1))), [MOTHER]),
        ((custody(FATHER, deleted=date(2027, 1, 1)),), [FATHER]),
        ((custody(MOTHER), custody(MOTHER, CustodyKind.OTHER_1)), [MOTHER]),
        ((custody(OTHER, CustodyKind.OTHER_2),), [OTHER]),
    ],
)
def test_only_custody_in_force_counts(rows: tuple[Custody, ...], expected: list[str]) -> None:
    decision = decide(child(*rows), answer(MOTHER), answer(FATHER), answer(OTHER))

    assert written_to(decision) == expected


@pytest.mark.parametrize("rows", [(), (custody(MOTHER, deleted=date(2020, 1, 1)),), (custody(None),)])
def test_a_child_without_a_custody_holder_has_a_home_and_nobody_to_write_to(
    rows: tuple[Custody, ...],
) -> None:
    decision = decide(child(*rows))

    assert isinstance(decision, ResolvedHome)
    assert written_to(decision) == []
    assert decision.person.doubts == (DecisionDoubt.CUSTODY_UNCLEAR,)
    assert not decision.person.letter_allowed


@pytest.mark.parametrize("status", [CprStatus.DEAD, CprStatus.MISSING, CprStatus.ANNULLED, None])
def test_a_custody_holder_who_cannot_be_reached_is_left_out(status: CprStatus | None) -> None:
    decision = decide(child(*BOTH), answer(MOTHER, status), answer(FATHER))

    assert written_to(decision) == [FATHER]
    assert decision.person.doubts == ()


def test_when_every_custody_holder_is_dead_or_unknown_a_person_must_look() -> None:
    decision = decide(child(*BOTH), answer(MOTHER, CprStatus.DEAD), missing=(FATHER,))

    assert written_to(decision) == []
    assert decision.person.doubts == (DecisionDoubt.CUSTODY_HOLDERS_UNREACHABLE,)


def test_a_custody_holder_with_a_changed_number_is_followed() -> None:
    decision = decide(
        child(custody(MOTHER)), answer(MOTHER, CprStatus.CHANGED, None, current_cpr=OTHER), answer(OTHER)
    )

    assert written_to(decision) == [OTHER]


def test_a_protected_parent_masks_the_child_and_stops_letters() -> None:
    """One parent may be protected from the other."""
    decision = decide(child(*BOTH), answer(MOTHER, protection=Protection(stated=True)), answer(FATHER))

    assert decision.person.protected
    assert not decision.person.letter_allowed


@pytest.mark.parametrize(
    ("on", "relation"),
    [(date(2030, 2, 28), RecipientRelation.CUSTODY_HOLDER), (date(2030, 3, 1), RecipientRelation.SELF)],
)
def test_from_the_15th_birthday_the_message_goes_to_the_child(on: date, relation: RecipientRelation) -> None:
    assert date(2015, 3, 1) == CHILD_BORN
    assert decide(child(custody(MOTHER)), answer(MOTHER), on=on).person.recipients.relation is relation


def test_a_dead_child_needs_no_look_up_of_others() -> None:
    dead = child(*BOTH, status=CprStatus.DEAD)

    assert required_look_ups(with_cpr(PERSON), asked(dead), ON) == ()
    assert written_to(decide(dead)) == []


@pytest.mark.parametrize(
    ("guardianship", "expected", "doubts"),
    [
        (Guardianship(GuardianKind.NUMBER, GUARDIAN), [GUARDIAN], ()),
        (Guardianship(GuardianKind.NUMBER, None), [], (DecisionDoubt.GUARDIAN_NOT_IN_REGISTER,)),
        (Guardianship(GuardianKind.NOT_IN_REGISTER, None), [], (DecisionDoubt.GUARDIAN_NOT_IN_REGISTER,)),
        (Guardianship(GuardianKind.ADDRESS_ONLY, None), [], (DecisionDoubt.GUARDIAN_NOT_IN_REGISTER,)),
        (Guardianship(GuardianKind.NUMBER, GUARDIAN, deleted=date(2026, 1, 1)), [PERSON], ()),
        (Guardianship(GuardianKind.NUMBER, GUARDIAN, since=date(2027, 1, 1)), [PERSON], ()),
        (Guardianship(GuardianKind.NUMBER, FATHER), [], (DecisionDoubt.GUARDIAN_UNREACHABLE,)),
    ],
)
def test_a_guardian_in_force_is_written_to_instead(
    guardianship: Guardianship, expected: list[str], doubts: tuple[DecisionDoubt, ...]
) -> None:
    decision = decide(answer(guardianship=guardianship), answer(GUARDIAN), answer(FATHER, CprStatus.DEAD))

    assert isinstance(decision, ResolvedHome)
    assert written_to(decision) == expected
    assert decision.person.doubts == doubts


@pytest.mark.parametrize(
    ("identity", "age_band", "relation"),
    [
        (None, AgeBand.UNKNOWN, RecipientRelation.SELF),
        (None, AgeBand.UNDER_15, RecipientRelation.CUSTODY_HOLDER),
        (personal.Identity(birth_date="2015-03-01"), AgeBand.ADULT, RecipientRelation.CUSTODY_HOLDER),
        (personal.Identity(birth_date="1990-04-05"), AgeBand.UNDER_15, RecipientRelation.SELF),
        (personal.Identity(birth_date="not a date"), AgeBand.UNDER_15, RecipientRelation.CUSTODY_HOLDER),
        (
            personal.Identity((personal.Identifier("d_ecpr", "1206135VK9", "1084"),)),
            AgeBand.UNKNOWN,
            RecipientRelation.CUSTODY_HOLDER,
        ),
    ],
)
def test_a_child_without_a_cpr_number_has_custody_holders_nobody_knows(
    identity: personal.Identity | None, age_band: AgeBand, relation: RecipientRelation
) -> None:
    person = resolve(identity, [at("0751", line="Testvej 1")], {}, AUTHORITIES, ON, age_band).person

    is_child = relation is RecipientRelation.CUSTODY_HOLDER
    assert person.recipients.relation is relation
    assert person.recipients.digital_post() is None
    assert person.doubts == ((DecisionDoubt.CUSTODY_UNCLEAR,) if is_child else ())
    assert person.letter_allowed is not is_child


@pytest.mark.parametrize(
    ("enrolled", "together"),
    [((True, True), True), ((True, None), True), ((None, None), None), ((False, False), False)],
)
def test_digital_post_reaches_the_custody_holders_if_it_reaches_one(
    enrolled: tuple[bool | None, bool | None], *, together: bool | None
) -> None:
    decision = decide(
        child(*BOTH), answer(MOTHER, digital_post=enrolled[0]), answer(FATHER, digital_post=enrolled[1])
    )

    assert decision.person.recipients.digital_post() is together
