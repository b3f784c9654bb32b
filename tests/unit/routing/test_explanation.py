"""Why an authority is responsible, in sentences: every reason there is has its words, in both languages."""

from dataclasses import replace
from datetime import date

import pytest

from contracts.events.ids import AuthorityId
from contracts.events.vocabulary import ClosedReason
from services.routing.authorities.files import BUILT_IN, read_folder
from services.routing.domain import reasons
from services.routing.domain.authority import Authorities
from services.routing.domain.authority_table import authorities_of
from services.routing.domain.explanation import CaseHistory, PastDecision, explain
from services.routing.domain.outcome import AmbiguousReason, DecisionDoubt, ResolvedReason, UnknownReason
from services.routing.domain.reasons import ExplanationLanguage
from services.routing.domain.register_entry import CprStatus
from services.routing.domain.triage import UNREADABLE
from services.routing.i18n.languages import DANISH, LANGUAGES
from tests.unit.routing.cases import AFTER, AUTHORITIES, BEFORE, REFORM

AARHUS, COPENHAGEN, CHRISTIANSOE = AuthorityId("0751"), AuthorityId("0101"), AuthorityId("0411")


def decided(municipality: AuthorityId | None = COPENHAGEN, on: date = BEFORE, **more: object) -> PastDecision:
    region = AUTHORITIES.region_of(municipality, on) if municipality else None
    known = PastDecision(on, on, "register", municipality, region)
    return replace(known, **more)  # type: ignore[arg-type]


def sentences(
    *decisions: PastDecision,
    on: date = BEFORE,
    language: ExplanationLanguage = DANISH,
    authorities: Authorities = AUTHORITIES,
    status: str | None = None,
) -> tuple[str, ...]:
    return explain(CaseHistory("resolved", decisions, status), authorities, on, language).sentences


def test_every_reason_doubt_and_status_has_its_words_in_both_languages() -> None:
    assert set(reasons.RESOLVED) == {reason.value for reason in ResolvedReason}
    assert set(reasons.UNRESOLVED) == {
        UNREADABLE,
        *(reason.value for reason in UnknownReason),
        *(reason.value for reason in AmbiguousReason),
        *(reason.value for reason in ClosedReason),
    }
    assert set(reasons.DOUBTS) == {doubt.value for doubt in DecisionDoubt}
    assert set(reasons.STATUSES) == {f"{status:02}" for status in CprStatus}
    for texts in (reasons.RESOLVED, reasons.UNRESOLVED, reasons.DOUBTS, reasons.STATUSES):
        assert all(DANISH.translate(text.english) != text.english for text in texts.values())


def test_the_register_the_region_and_the_status_are_told() -> None:
    assert sentences(decided(AARHUS), status="01") == (
        "31. december 2026 er Aarhus Kommune (0751) ansvarlig.",
        "Kommunen hører den dag til Region Midtjylland.",
        "CPR-registeret siger, at personen bor der.",
        "CPR-status 01: bopæl i Danmark.",
    )


def test_the_same_decision_is_explained_with_the_authorities_of_the_day_asked_about() -> None:
    assert sentences(decided(), on=AFTER, language=LANGUAGES["en"]) == (
        "On 2 January 2027 Københavns Kommune (0101) is responsible.",
        "The municipality belongs to Region Østdanmark on that day.",
        "The health council is Sundhedsråd Hovedstaden.",
        (
            "On 1 January 2027 Region Østdanmark took over from Region Hovedstaden by law: cases it has"
            " accepted, consents that name it, contact points and delegations stay in force. Nobody has to"
            " accept anew."
        ),
        "The CPR register says that the person lives there.",
        (
            "The decision was taken for 31 December 2026; "
            "here it is read with the authorities of the day asked about."
        ),
    )


def test_a_persons_word_and_what_was_decided_before_are_told() -> None:
    before = decided(None, reason="postcode_spans", candidates=(COPENHAGEN, AARHUS))
    ruled = decided(on=REFORM, reason="decided_by_person", by="bo", note="Talte med søsteren")

    assert sentences(before, ruled, on=REFORM)[-4:] == (
        "Et menneske har afgjort det.",
        "bo afgjorde det den 1. januar 2027.",
        "Begrundelsen: Talte med søsteren",
        (
            "Tidligere, for 31. december 2026: ingen myndighed fundet. "
            "Det oplyste postnummer rækker ind i flere kommuner."
        ),
    )
    assert sentences(before, ruled, on=BEFORE) == (
        "31. december 2026 er ingen myndighed fundet: et menneske skal afgøre det.",
        "Det oplyste postnummer rækker ind i flere kommuner.",
        "Postnumrene, der følger med, er fra 17. oktober 2020; en nyere tabel kan importeres.",
        "Det kan være Københavns Kommune, Aarhus Kommune.",
    )


def test_an_earlier_home_is_named_with_the_region_it_had_then() -> None:
    told = sentences(decided(), decided(on=REFORM), on=REFORM)

    assert told[-1] == (
        "Tidligere afgørelse, for 31. december 2026: Københavns Kommune, Region Hovedstaden. "
        "Den står uændret."
    )


def test_who_acts_for_an_authority_without_a_crisis_team_is_told() -> None:
    table = read_folder(BUILT_IN)
    rows = (replace(row, crisis_team=False) if row.id == AARHUS else row for row in table.authorities)
    authorities = authorities_of(replace(table, authorities=tuple(rows)))

    assert sentences(decided(AARHUS), authorities=authorities)[2] == (
        "Region Midtjylland tager sagen i dens sted: "
        "den har selv intet kriseteam, eller har overdraget opgaven."
    )


def test_outside_the_regions_there_is_no_region_and_a_doubt_is_told() -> None:
    told = sentences(decided(CHRISTIANSOE, doubts=("custody_unclear",)))

    assert "Den hører den dag ikke til nogen region." in told
    assert told[-1].startswith("Et menneske skal se efter: Det er uklart")


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("merged", "Registreringen er lagt sammen med en anden, som nu taler for personen."),
        ("forgotten", "Personen er glemt: kun afgørelserne står tilbage."),
        ("waiting", "Sagen er ikke afgjort endnu."),
    ],
)
def test_a_case_without_a_decision_says_where_it_stands(state: str, told: str) -> None:
    assert explain(CaseHistory(state, ()), AUTHORITIES, BEFORE, DANISH).sentences[0] == told
