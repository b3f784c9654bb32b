"""E-mail addresses are kept only where the mail servers can carry them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.rules.email import EmailAddress, EmailError, parse
from contracts.wire.errors import FieldError


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("ida@example.dk", EmailAddress("ida@example.dk", "ida@example.dk")),
        (
            " \ufeffIda.Holm+1@Example.DK\u200b ",
            EmailAddress("Ida.Holm+1@example.dk", "Ida.Holm+1@example.dk"),
        ),
        ("i\u00adda@example.dk\u00a0", EmailAddress("ida@example.dk", "ida@example.dk")),
        ("ida@blåbær.dk", EmailAddress("ida@blåbær.dk", "ida@xn--blbr-roah.dk")),
        ("ida@xn--blbr-roah.dk", EmailAddress("ida@blåbær.dk", "ida@xn--blbr-roah.dk")),
    ],
)
def test_an_address_is_kept_as_people_and_as_mail_servers_read_it(written: str, kept: EmailAddress) -> None:
    assert parse(written) == kept


@pytest.mark.parametrize("written", ["søren@example.dk", "анна@example.dk", "søren@blåbær.dk"])
def test_letters_that_mail_servers_do_not_carry_are_refused_with_what_to_do(written: str) -> None:
    assert parse(written) is EmailError.LOCAL_PART
    assert "Ask for an address" in FieldError("email", EmailError.LOCAL_PART.value).text


@pytest.mark.parametrize(
    "written",
    [
        "", "ida", "ida@", "@example.dk", "ida@example", "i..da@example.dk", ".ida@example.dk",
        "ida@-example.dk", "ida@exa_mple.dk", "ida@example..dk", f"{'a' * 65}@example.dk",
        f"ida@{'a' * 64}.dk", f"ida@{'.'.join(['a' * 60] * 5)}.dk", "ida holm@example.dk",
        "ida@example.dk, bo@example.dk", "ida@localhost", "ida@\u2603\ufe0f-.dk", "ida@[192.0.2.1]",
    ],
)  # fmt: skip
def test_an_invalid_address_is_refused(written: str) -> None:
    assert parse(written) is EmailError.FORM


@given(st.one_of(st.emails(), st.text(max_size=30), st.text("ab.@-æ\u200b ", max_size=20)))
def test_any_text_is_an_address_in_one_form_or_an_error(text: str) -> None:
    address = parse(text)

    assert isinstance(address, EmailError) or (address.ascii.isascii() and parse(address.written) == address)
