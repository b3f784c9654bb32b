"""A sealed value opens only with its own key, for its own registration and field set."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.events.personal import CONTACT, IDENTITY, ContactDetails, Identifier, Identity
from kit.privacy.keyring import MasterKey
from kit.privacy.sealing import DataKey, Unopenable
from kit.runtime.ids import new_id

KEY = b"k" * 32


@given(st.text(max_size=500), st.none() | st.text(max_size=30))
def test_a_sealed_value_can_be_opened(name: str, phone: str | None) -> None:
    key = DataKey(new_id(), KEY)
    contact = ContactDetails(name, phone)

    assert key.open(CONTACT, key.seal(CONTACT, contact), ContactDetails) == contact


def test_the_sealed_value_does_not_show_its_content() -> None:
    sealed = DataKey(new_id(), KEY).seal(CONTACT, ContactDetails("Navn Navnesen", "+4512345678"))

    assert b"Navn" not in sealed
    assert b"12345678" not in sealed


def test_a_sealed_value_does_not_open_for_another_registration() -> None:
    sealed = DataKey(new_id(), KEY).seal(CONTACT, ContactDetails("A"))

    with pytest.raises(Unopenable):
        DataKey(new_id(), KEY).open(CONTACT, sealed, ContactDetails)


def test_a_sealed_value_does_not_open_as_another_field_set() -> None:
    key = DataKey(new_id(), KEY)
    sealed = key.seal(IDENTITY, Identity((Identifier("cpr", "0104909989"),)))

    with pytest.raises(Unopenable):
        key.open(CONTACT, sealed, ContactDetails)


@given(st.binary(max_size=64) | st.binary(max_size=64).map(lambda rest: b"\x01" + rest))
def test_invalid_bytes_raise_unopenable(rubbish: bytes) -> None:
    with pytest.raises(Unopenable):
        DataKey(new_id(), KEY).open(CONTACT, rubbish, ContactDetails)


def test_personal_data_has_no_text_form() -> None:
    contact = ContactDetails("Navn Navnesen", "+4512345678")

    assert f"{contact} {contact!r} {[contact]}" == "<ContactDetails> <ContactDetails> [<ContactDetails>]"


def test_a_wrapped_key_opens_only_for_its_owner() -> None:
    master, owner = MasterKey(KEY), new_id()
    wrapped = master.wrap(owner, b"d" * 32)

    master.unwrap(owner, wrapped)
    with pytest.raises(Unopenable):
        master.unwrap(new_id(), wrapped)


def test_a_master_key_of_the_wrong_length_says_what_to_do() -> None:
    with pytest.raises(ValueError, match="folgeskab keys new"):
        MasterKey(b"short")
