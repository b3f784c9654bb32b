"""Labels of all codes, and Danish formats of numbers and times."""

from datetime import UTC, datetime

import pytest

from contracts.events import vocabulary
from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError
from services.console.clients.service_client import encode_header
from services.console.i18n.translator import LABELS, Translator
from services.console.pages.waves.view import MOVES
from services.console.projection.contact import ContactStage
from services.console.projection.person import PersonBucket
from services.console.projection.wave import LaunchedWaveState

DANISH, ENGLISH = Translator("da"), Translator("en")


@pytest.mark.parametrize(
    ("group", "codes"),
    [
        ("bucket", PersonBucket),
        ("contact_state", ContactStage),
        ("channel", vocabulary.Channel),
        ("kind", vocabulary.StepKind),
        ("reason", vocabulary.WithheldReason),
        ("outcome", vocabulary.CallOutcome),
        ("role", vocabulary.Role),
        ("incident_kind", vocabulary.IncidentKind),
        ("wave_state", [*LaunchedWaveState, *MOVES]),
    ],
)
def test_every_code_has_a_danish_and_an_english_label(group: str, codes: list[str]) -> None:
    assert {str(code) for code in codes} <= LABELS[group].keys()


def test_numbers_and_times_are_written_as_in_denmark() -> None:
    noon = datetime(2026, 11, 24, 11, 5, tzinfo=UTC)

    assert DANISH.n(1234567) == "1.234.567"
    assert ENGLISH.n(1234567) == "1,234,567"
    assert [DANISH.phone(said) for said in ("+4520111111", "+38044123", "")] == [
        "+45 20 11 11 11", "+38044123", "",
    ]  # fmt: skip
    assert DANISH.when(noon) == "24. november 2026 kl. 12.05"
    assert DANISH.when("2026-07-01T22:30:00+00:00") == "2. juli 2026 kl. 00.30"
    assert DANISH.due("2026-07-01T22:30:00+00:00") == "torsdag 2. juli 2026 kl. 00.30"
    assert ENGLISH.due(noon) == "Tuesday 24 November 2026 at 12:05"
    assert [DANISH.day(said) for said in ("1980-01-02", "ukendt")] == ["2. januar 1980", "ukendt"]


def test_a_share_is_0_or_100_percent_only_if_exact() -> None:
    assert [DANISH.share(part, 1000) for part in (0, 1, 500, 999, 1000)] == [
        "0 %", "1 %", "50 %", "99 %", "100 %",
    ]  # fmt: skip
    assert DANISH.share(0, 0) == "0 %"


def test_errors_are_shown_in_danish_and_those_of_a_newer_version_in_english() -> None:
    error = FieldError("", ErrorCode.CELLS_EXTRA, cells=3, columns=7)
    newer = FieldError.of_document({"field": "name", "code": "not_known_yet", "reason": "Too new. Update."})

    assert DANISH.error_text(error) == ("3 celler i stedet for 7. Fjern dem, der er for meget.", "da")
    assert ENGLISH.error_text(error) == ("3 cells instead of 7. Remove the extra ones.", "en")
    assert DANISH.error_text(newer) == ("Too new. Update.", "en")


def test_a_name_is_encoded_in_a_header_as_closely_as_possible() -> None:
    assert encode_header("Åse Ødegård").decode("latin-1") == "Åse Ødegård"
    assert encode_header("Dvořák") == b"Dvorak"
    assert encode_header("Łucja") == b"?ucja"
