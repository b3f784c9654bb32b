"""Danish word forms in messages."""

import pytest

from contracts.events.vocabulary import Channel
from services.notify.domain.danish_grammar import genitive
from services.notify.templates.files import load


@pytest.mark.parametrize(
    ("name", "of_the_name"),
    [
        ("Karen Holm", "Karen Holms"),
        ("Anders", "Anders'"),
        ("Ida Schultz", "Ida Schultz'"),
        ("MAX", "MAX'"),
        ("Zoë", "Zoës"),
    ],
)
def test_a_name_in_the_genitive_gets_an_s_or_an_apostrophe(name: str, of_the_name: str) -> None:
    assert genitive(name) == of_the_name


def test_a_letter_to_a_guardian_names_anders_in_the_genitive() -> None:
    text = load()["information"].text("da", Channel.DIGITAL_POST)
    assert text is not None

    _, body = text.render(
        {
            "name": "Anders", "relation": "guardian", "incident": "ulykken", "hotline": "70 12 34 56",
            "web_page": "https://example.dk", "sender": "Aarhus Kommune",
        }
    )  # fmt: skip

    assert "Til dig, der varetager Anders' forhold" in body
