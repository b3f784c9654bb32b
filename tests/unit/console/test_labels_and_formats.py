"""Labels of all codes, and Danish formats of numbers and times."""

from datetime import UTC, datetime

import pytest

from contracts.events import vocabulary
from contracts.rules.email import EmailError
from contracts.rules.phone import PhoneError
from services.console.clients.service_client import encode_header
from services.console.i18n.translator import LABELS, Translator
from services.console.pages.waves.view import MOVES
from services.console.projection.contact import ContactStage
from services.console.projection.person import PersonBucket
from services.console.projection.wave import LaunchedWaveState
from services.registration.domain import consent, identifiers
from services.registration.domain.consent import ConsentInput

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


def flaws_of_consents() -> set[str]:
    """Return the reasons of registration for undocumented consents."""
    now = datetime(2026, 11, 24, 11, 5, tzinfo=UTC)
    found: set[str] = set()
    for how in (None, *vocabulary.ObtainedBy):
        flaws = consent.check(ConsentInput(vocabulary.Purpose.CONTACT, how=how), child=True, now=now)
        assert isinstance(flaws, list)
        found |= {flaw.reason for flaw in flaws}
    return found


def test_reasons_of_row_errors_are_translated_to_danish() -> None:
    said = [
        *identifiers.REASONS.values(), identifiers.MISTYPED,
        *(flaw.value for flaw in (*PhoneError, *EmailError)),
        *flaws_of_consents(),
        "write one of: victim, relative", "has 3 cells instead of 7", "is longer than 200 characters",
    ]  # fmt: skip

    told = {reason: DANISH.reason_text(reason) for reason in said}

    assert {reason for reason, (_, lang) in told.items() if lang != "da"} == set()
    assert told["has 3 cells instead of 7"] == ("har 3 celler i stedet for 7", "da")
    assert ENGLISH.reason_text("is missing") == ("is missing", "en")
    assert DANISH.reason_text("is of a kind not known yet") == ("is of a kind not known yet", "en")


def test_a_name_is_encoded_in_a_header_as_closely_as_possible() -> None:
    assert encode_header("Åse Ødegård").decode("latin-1") == "Åse Ødegård"
    assert encode_header("Dvořák") == b"Dvorak"
    assert encode_header("Łucja") == b"?ucja"
