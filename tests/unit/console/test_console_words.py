"""What people read: every code has its word, numbers and times are written as in Denmark."""

from datetime import UTC, datetime

import pytest

from contracts import vocabulary
from services.console.domain.contact import State
from services.console.domain.person import Bucket
from services.console.domain.wave import WaveState
from services.console.neighbours import header_text
from services.console.tongue import Lang, Tongue
from services.console.views.wave import MOVES
from services.console.words import WORDS

DANISH, ENGLISH = Tongue(Lang.DA), Tongue(Lang.EN)


@pytest.mark.parametrize(
    ("group", "codes"),
    [
        ("bucket", Bucket),
        ("contact_state", State),
        ("channel", vocabulary.Channel),
        ("kind", vocabulary.StepKind),
        ("reason", vocabulary.WithheldReason),
        ("outcome", vocabulary.CallOutcome),
        ("role", vocabulary.Role),
        ("incident_kind", vocabulary.IncidentKind),
        ("wave_state", [*WaveState, *MOVES]),
    ],
)
def test_every_code_has_a_danish_and_an_english_word(group: str, codes: list[str]) -> None:
    assert {str(code) for code in codes} <= WORDS[group].keys()


def test_numbers_and_times_are_written_as_in_denmark() -> None:
    noon = datetime(2026, 11, 24, 11, 5, tzinfo=UTC)

    assert DANISH.n(1234567) == "1.234.567"
    assert ENGLISH.n(1234567) == "1,234,567"
    assert DANISH.when(noon) == "24. november 2026 kl. 12.05"
    assert DANISH.when("2026-07-01T22:30:00+00:00") == "2. juli 2026 kl. 00.30"


def test_a_share_is_none_or_all_only_when_it_is() -> None:
    assert [DANISH.share(part, 1000) for part in (0, 1, 500, 999, 1000)] == [
        "0 %", "1 %", "50 %", "99 %", "100 %",
    ]  # fmt: skip
    assert DANISH.share(0, 0) == "0 %"


def test_a_name_travels_in_a_header_as_near_as_it_can() -> None:
    assert header_text("Åse Ødegård").decode("latin-1") == "Åse Ødegård"
    assert header_text("Dvořák") == b"Dvorak"
    assert header_text("Łucja") == b"?ucja"
