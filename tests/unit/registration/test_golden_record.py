"""The golden record is a pure function of the linked registrations, so that a link can be undone."""

import random
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from contracts.events.ids import RegistrationId
from contracts.events.personal import Circumstances, ContactDetails, Identifier, Identity
from contracts.events.vocabulary import AgeBand, Channel, Presence, Role
from services.registration.domain.contact_details import possible_channels
from services.registration.domain.correction import changes, overlaid, value_of
from services.registration.domain.golden_record import LinkedRegistration, golden_record, said_of
from services.registration.domain.person import Particulars
from tests.unit.registration.moments import NOW

ONE, OTHER, THIRD = (RegistrationId(UUID(int=number)) for number in (1, 2, 3))
CPR, NEW_CPR = Identifier("cpr", "0101585018"), Identifier("cpr", "2512489996")
PASSPORT = Identifier("passport", "AB12345", "SE")


def someone(
    name: str = "Kirsten",
    phone: str | None = None,
    *numbers: Identifier,
    born: str | None = None,
    **more: Any,
) -> Particulars:
    contact, identity = ContactDetails(name, phone, **more), Identity(numbers, born)
    return Particulars(
        role=Role.VICTIM, presence=Presence.STATED, language="da", interpreter=False,
        age_band=AgeBand.UNKNOWN, channels=possible_channels(contact, identity),
        identity=identity if identity != Identity() else None, contact=contact, note=None,
    )  # fmt: skip


def linked(own: Particulars, to: LinkedRegistration, hour: int = 5, **more: Any) -> LinkedRegistration:
    at = NOW + timedelta(hours=hour)
    return LinkedRegistration(OTHER, own, linked_to=to.id, linked_at=at, **more)


def corrected(one: LinkedRegistration, hour: int, **fields: Any) -> LinkedRegistration:
    at = NOW + timedelta(hours=hour)
    own = changed(one.own, **fields)
    return replace(one, own=own, corrected={**one.corrected, **dict.fromkeys(fields, at)})


def changed(held: Particulars, **fields: Any) -> Particulars:
    contact = {name: value for name, value in fields.items() if name in {"name", "phone"}}
    identity = {name: value for name, value in fields.items() if name in {"identifiers", "birth_date"}}
    other = replace(
        held,
        contact=structs.replace(held.contact, **contact),
        identity=structs.replace(held.identity or Identity(), **identity),
        **{name: value for name, value in fields.items() if name not in contact | identity},
    )
    return overlaid(held, other, fields)


def phone_of(*registrations: LinkedRegistration) -> str | None:
    return golden_record(registrations).data.contact.phone


def test_a_missing_field_comes_from_the_other_registration_with_its_source() -> None:
    one = LinkedRegistration(ONE, someone("Kirsten", None, PASSPORT))
    other = linked(someone("Kirstine", "+4520123456", CPR, born="1858-01-01"), one)

    golden = golden_record([other, one])

    assert golden.data.contact == ContactDetails("Kirsten", "+4520123456")
    assert golden.data.identity == Identity((PASSPORT, CPR), "1858-01-01")
    assert golden.data.channels == possible_channels(golden.data.contact, golden.data.identity)
    assert (golden.sources["name"], golden.sources["phone"]) == (ONE, OTHER)


def test_staff_entries_come_before_public_page_entries_and_then_the_earliest_counts() -> None:
    public = LinkedRegistration(ONE, someone("Kirsten", "+4520111111"), by_staff=False)
    staff = linked(someone("Kirsten H", "+4520222222"), public, matched=True)
    later = replace(staff, id=THIRD, own=someone("Kirsten", "+4520333333"))

    assert phone_of(public, staff, later) == "+4520222222"
    assert phone_of(staff, later) == "+4520222222"


def test_a_public_page_entry_matched_by_a_number_says_nothing_and_one_linked_by_people_does() -> None:
    one = LinkedRegistration(ONE, someone())
    public = linked(someone("Kirsten", "+4520111111"), one, by_staff=False)

    assert phone_of(one, replace(public, matched=True)) is None
    assert phone_of(one, public) == "+4520111111"


def test_the_newest_correction_counts_also_one_that_empties_a_field() -> None:
    one = LinkedRegistration(ONE, someone("Kirsten", "+4520111111"))
    other = linked(someone("Kirsten", "+4520222222"), one)

    assert phone_of(corrected(one, 6, phone=None), other) is None
    assert phone_of(corrected(one, 6, phone=None), corrected(other, 7, phone="+4520333333")) == "+4520333333"
    assert phone_of(corrected(one, 4, phone=None), other) == "+4520222222", "it was linked later"


def test_a_correction_replaces_the_numbers_of_that_time_and_a_later_link_adds_its_own() -> None:
    one = LinkedRegistration(ONE, someone("Kirsten", None, PASSPORT))
    other = linked(someone("Kirsten", None, CPR), one)

    removed = golden_record([corrected(one, 6, identifiers=(NEW_CPR,)), other])
    added = golden_record([corrected(one, 4, identifiers=(NEW_CPR,)), other])

    assert removed.data.identity == Identity((NEW_CPR,))
    assert added.data.identity == Identity((NEW_CPR, CPR))


def test_the_age_band_comes_with_the_birth_date() -> None:
    one = LinkedRegistration(ONE, replace(someone(), age_band=AgeBand.ADULT))
    child = replace(someone(born="2015-05-05"), age_band=AgeBand.UNDER_15)

    assert golden_record([one, linked(child, one)]).data.age_band is AgeBand.UNDER_15


def test_the_guardian_is_the_one_who_consented_last() -> None:
    one = LinkedRegistration(ONE, someone(guardian="Mor Test", guardian_cpr="0201609996"))
    other = linked(someone(guardian="Far Test"), one)

    assert golden_record([one, other], [OTHER, ONE]).data.contact.guardian == "Far Test"
    assert golden_record([one, other], [OTHER, ONE]).data.contact.guardian_cpr is None
    assert golden_record([one, other], []).data.contact.guardian == "Mor Test"


def test_a_correction_of_the_golden_record_is_said_of_one_registration_only() -> None:
    one = someone("Kirsten", "+4520111111")
    golden = changed(one, identifiers=(CPR,), birth_date="1858-01-01")
    new = changed(golden, phone="+4520222222", language="uk")

    own, names = said_of(one, golden, new, changes(golden, new))

    assert own == changed(one, phone="+4520222222", language="uk")
    assert names >= {"phone", "language"}
    assert "birth_date" not in names


def test_a_new_number_brings_its_birth_date_and_that_the_age_band() -> None:
    golden = changed(someone("Kirsten", None, PASSPORT), birth_date="1858-01-01")
    new = changed(golden, identifiers=(PASSPORT, NEW_CPR), birth_date="1948-12-25")

    own, names = said_of(someone(), golden, new, {"identifiers", "birth_date"})

    assert own.identity == Identity((PASSPORT, NEW_CPR), "1948-12-25")
    assert names == {"identifiers", "birth_date", "age_band"}


def test_a_birth_date_that_went_with_the_number_of_another_registration_stays() -> None:
    one, other = someone("K", None, CPR, born="1858-01-01"), someone("K", None, born="1990-05-04")
    new = changed(one, identifiers=(PASSPORT,), birth_date=None)

    own, _ = said_of(other, one, new, changes(one, new))

    assert own.identity == Identity((PASSPORT,), "1990-05-04")


VALUES: dict[str, list[Any]] = {
    "phone": ["+4520200000", "+4520200001", None],
    "name": ["Kirsten", "Kirstine", "Kristine"],
    "language": ["da", "en", "uk"],
    "role": list(Role),
    "preferred_channel": [None, Channel.SMS],
}
STEPS = st.lists(
    st.tuples(
        st.sampled_from([ONE, OTHER, THIRD, "link", "unlink"]),
        st.sampled_from(sorted(VALUES)),
        st.integers(0, 2),
    ),
    max_size=14,
)
PEOPLE = st.tuples(*[st.sampled_from([None, "+4520201111", "+4520202222"])] * 3)


@dataclass
class World:
    """Three registrations, which are linked to the first and unlinked. `alone`: the same without links."""

    linked: dict[RegistrationId, LinkedRegistration]
    alone: dict[RegistrationId, LinkedRegistration]

    def link(self, number: int, hour: int) -> None:
        one = [OTHER, THIRD][number % 2]
        if self.linked[one].linked_to is None:
            at = NOW + timedelta(hours=hour)
            self.linked[one] = replace(self.linked[one], linked_to=ONE, linked_at=at)

    def unlink(self, number: int) -> None:
        one = [OTHER, THIRD][number % 2]
        self.linked[one] = replace(self.linked[one], linked_to=None, linked_at=None)

    def person(self, one: RegistrationId) -> list[LinkedRegistration]:
        first = self.linked[one].linked_to or one
        return [each for each in self.linked.values() if first in {each.id, each.linked_to}]

    def correct(self, one: RegistrationId, name: str, value: object, hour: int) -> None:
        golden = golden_record(self.person(one)).data
        new = changed(golden, **{name: value})
        own, names = said_of(self.linked[one].own, golden, new, changes(golden, new) or {name})
        at = dict.fromkeys(names, NOW + timedelta(hours=hour))
        before = self.linked[one]
        self.linked[one] = replace(before, own=own, corrected={**before.corrected, **at})
        assert value_of(golden_record(self.person(one)).data, name) == value, "the newest correction counts"
        self.alone[one] = corrected(self.alone[one], hour, **{name: value})


@given(PEOPLE, STEPS)
def test_linked_and_unlinked_in_any_order_each_holds_what_was_said_of_it(
    phones: tuple[str | None, ...], steps: list[tuple[RegistrationId | str, str, int]]
) -> None:
    said = dict(zip((ONE, OTHER, THIRD), phones, strict=True))
    start = {one: LinkedRegistration(one, someone("Kirsten", phone)) for one, phone in said.items()}
    world = World(dict(start), dict(start))
    for hour, (step, name, number) in enumerate(steps, 1):
        if step == "link":
            world.link(number, hour)
        elif step == "unlink":
            world.unlink(number)
        else:
            world.correct(
                RegistrationId(UUID(str(step))), name, VALUES[name][number % 3 % len(VALUES[name])], hour
            )

    for number in (0, 1):
        world.unlink(number)

    for one in (ONE, OTHER, THIRD):
        assert golden_record(world.person(one)).data == golden_record([world.alone[one]]).data


@given(PEOPLE, st.randoms())
def test_the_order_of_the_registrations_does_not_matter(
    phones: tuple[str | None, ...], dice: random.Random
) -> None:
    one = LinkedRegistration(ONE, someone("Kirsten", phones[0]))
    people = [
        one,
        *(
            replace(linked(someone("K", phone), one), id=each)
            for each, phone in zip((OTHER, THIRD), phones[1:], strict=True)
        ),
    ]

    assert golden_record(dice.sample(people, 3)) == golden_record(people)


def test_circumstances_come_from_where_they_were_told() -> None:
    one = LinkedRegistration(ONE, someone())
    told = replace(someone(), circumstances=Circumstances("stod ved spor 3", None))

    assert golden_record([one, linked(told, one)]).data.circumstances == told.circumstances
