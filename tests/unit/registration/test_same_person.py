from uuid import UUID

import pytest

from contracts.events.ids import RegistrationId
from contracts.events.personal import ContactDetails, Identifier, Identity
from contracts.events.vocabulary import AgeBand, Presence, RegistrationPlace, Role
from services.registration.domain.identity_match import (
    IdentityClaims,
    match_candidates,
    names_agree,
    without_numbers,
)
from services.registration.domain.person import NewPerson
from tests.unit.registration.moments import NOW as AT

A, B, C, D = (RegistrationId(UUID(int=number)) for number in range(4))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Karl Jensen", "Karl Jensen"),
        ("Jensen, Karl", "Karl Jensen"),
        ("Karl Bay Jensen", "Jensen Karl"),
        ("Karl Jensen", "Karl"),
        ("Karl Jensen", "Karl Jenssen"),
        ("Karl Jensen", "Karl Prøvesen"),
        ("Karl Bay Jensen", "Karl Bay Jenssen"),
        ("Anne-Marie Holm", "Annemarie Holm"),
        ("van der Berg, Anna", "Anna van der Berg"),
        ("Anne Marie Holm", "Marie Holm"),
        ("K. Jensen", "Karl Jensen"),
        ("N. Jensen", "Nina Jensen"),
        ("Bjørn Ærtesen", "Bjoern Aertesen"),
        ("Ukendt mand", "Karl Jensen"),
        ("Karl Jensen", "N.N."),
        ("Ukendt", "Jensen"),
    ],
)
def test_names_that_can_be_one_persons(one: str, other: str) -> None:
    assert names_agree(one, other)
    assert names_agree(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [  # a family, twins, or one whose name changed: people decide
        ("Karl Jensen", "Birgit Holm"),
        ("Karl Jensen", "Birgit Jensen"),
        ("Jensen, Karl", "Birgit Jensen"),
        ("Ib Holm", "Bo Prøvesen"),
        ("Anna Holm Jensen", "Bo Holm Jensen"),
        ("Holm Jensen, Anna", "Holm Jensen, Bo"),
        ("Holm Jensen, Anna", "Bo Holm Jensen"),
        ("Anna van der Berg", "Bo van der Berg"),
        ("Anna de la Cruz Santos", "Bo de la Cruz Santos"),
        ("Anna Al Hassan", "Omar Al-Hassan"),
        ("Nguyen Van An", "Nguyen Van Binh"),
        ("Holm Jensen Karl", "Holm Jensen Birgit"),
        ("ბერიძე გელა", "ბერიძე ნინო"),
        ("Hansen Mia", "Jensen Pia"),
        ("Marie Bay", "Anne Marie Holm"),
        ("Jensen", "Karl Jensen"),
        ("van der Berg", "Anna van der Berg"),
        ("Ukendt Jensen", "Karl Jensen"),
        ("Anna Bay Holm", "Bo Anna Holm"),
        ("Mia Holm", "Pia Holm"),
        ("Sofie Bay Holm", "Sofia Bay Holm"),
        ("Holm Jensen, Mia", "Holm Jensen, Pia"),
        ("Karl Jensen", "Carl Jenssen"),
    ],
)
def test_names_that_are_two_peoples(one: str, other: str) -> None:
    assert not names_agree(one, other)
    assert not names_agree(other, one)


def test_a_shared_value_matches_the_first_and_another_name_does_not_match() -> None:
    claimants = [IdentityClaims(B, (b"1",)), IdentityClaims(C, (b"1", b"2")), IdentityClaims(D, (b"2",))]
    owners = {b"1": A, b"2": C}
    strangers = {(C, A)}

    found = match_candidates(claimants, owners, lambda one, other: (one, other) not in strangers)

    assert found.same == {B: A, D: C}
    assert found.apart == {C: A}


def test_of_two_numbers_the_one_of_somebody_alike_named_decides() -> None:
    found = match_candidates(
        [IdentityClaims(C, (b"1", b"2"))], {b"1": A, b"2": B}, lambda _, other: other == B
    )

    assert (found.same, found.apart) == ({C: B}, {})


@pytest.mark.parametrize(
    ("band", "after"),
    [(AgeBand.UNDER_15, AgeBand.UNDER_15), (AgeBand.ADULT, AgeBand.UNKNOWN)],
)
def test_without_anothers_number_nothing_of_it_is_left_but_a_child_stays_one(
    band: AgeBand, after: AgeBand
) -> None:
    mistaken, own = Identifier("cpr", "0101585018"), Identifier("passport", "P1", "DE")
    person = NewPerson(
        role=Role.VICTIM, presence=Presence.VERIFIED, language="da", interpreter=False,
        age_band=band, channels=(),
        identity=Identity((mistaken, own), "1858-01-01"),
        contact=ContactDetails("Bo Prøvesen", phone="+4520123456"),
        note=None, consents=(), place=RegistrationPlace.EPC, registered_at=AT, registered_by="Registrator 1",
    )  # fmt: skip

    left = without_numbers(person, frozenset({mistaken}))

    assert left.identity == Identity((own,), None)
    assert left.age_band is after
    assert "digital_post" not in left.channels
    assert "sms" in left.channels
