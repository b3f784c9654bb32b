"""View models of triage, handovers, imports and duplicates."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.events import vocabulary
from services.console.clients.service_client import Ok, ProblemResponse, ServiceResponse, Unavailable
from services.console.i18n.durations import Span, clock, span
from services.console.i18n.translator import LABELS, LANGUAGES, Translator
from services.console.pages.duplicates import view as duplicates
from services.console.pages.handovers import view as handovers
from services.console.pages.handovers.routes import HandoverFilter
from services.console.pages.imports import view as imports
from services.console.pages.triage import view as triage
from services.console.web.address_masking import MASKED, mask_address
from services.registration.domain import duplicate_review, similarity
from services.registration.imports.job import FinalState
from services.routing.domain.handover import HandoverStatus
from services.routing.domain.outcome import AmbiguousReason, DecisionDoubt, UnknownReason
from services.routing.domain.triage import UNREADABLE, Queue

NOW = datetime(2026, 12, 20, 12, tzinfo=UTC)
NAMES = {"0751": "Aarhus Kommune", "0615": "Horsens Kommune", "1082": "Region Midtjylland"}


def case(number: int, *, due_in: float, **more: Any) -> dict[str, Any]:
    due_at = NOW + timedelta(hours=due_in)
    return {
        "registration_id": f"00000000-0000-0000-0000-{number:012}",
        "queue": "address",
        "reason": "postcode_spans",
        "candidates": ["0751"],
        "since": (NOW - timedelta(hours=3)).isoformat(),
        "owner": None,
        "due_at": due_at.isoformat(),
        "overdue": due_at <= NOW,
        **more,
    }


def test_triage_cases_are_sorted_by_deadline_and_show_their_owner() -> None:
    rows = [case(1, due_in=20), case(2, due_in=-1), case(3, due_in=2, owner="Sif")]

    lines = triage.lines(rows, NAMES, "sif", NOW)

    assert [line.reference for line in lines] == ["000002", "000003", "000001"]
    assert [line.mine for line in lines] == [False, True, False]
    assert [line.clock.overdue for line in lines if line.clock] == [True, False, False]
    assert [suggestion.name for suggestion in lines[0].suggestions] == ["Aarhus"]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("0751", "0751"),
        ("0751 Aarhus", "0751"),
        (" aarhus ", "0751"),
        ("Horsens Kommune", "0615"),
        ("Region Midtjylland", "Region Midtjylland"),
        ("Atlantis", "Atlantis"),
    ],
)
def test_a_municipality_is_recognised_by_code_or_name(said: str, code: str) -> None:
    assert triage.code_of(said, NAMES) == code


@pytest.mark.parametrize(
    ("form", "body"),
    [
        (
            triage.TriageDecision(municipality="aarhus", reason=" Bor der "),
            {"municipality": "0751", "reason": "Bor der"},
        ),
        (
            triage.TriageDecision(suggested="0615", reason="Bor der"),
            {"municipality": "0615", "reason": "Bor der"},
        ),
        (triage.TriageDecision(municipality="Atlantis", reason="Bor der"), None),
        (triage.TriageDecision(reason="Bor der"), None),
        (
            triage.TriageDecision("event_authority", municipality="aarhus", reason="Bor i Nuuk"),
            {"outcome": "event_authority", "reason": "Bor i Nuuk"},
        ),
        (
            triage.TriageDecision("foreign_follow_up", follow_up=" Landslægen ", reason="Bor i Nuuk"),
            {"outcome": "foreign_follow_up", "follow_up": "Landslægen", "reason": "Bor i Nuuk"},
        ),
        (
            triage.TriageDecision("closed", follow_up="Landslægen", reason="Vil selv"),
            {"outcome": "closed", "reason": "Vil selv"},
        ),
    ],
)
def test_a_decision_sends_the_fields_of_its_outcome(
    form: triage.TriageDecision, body: dict[str, str] | None
) -> None:
    assert form.body(NAMES) == body


def test_a_decision_that_others_follow_up_must_name_them() -> None:
    assert triage.TriageDecision("foreign_follow_up", reason="Bor i Nuuk").lacks_follow_up
    assert not triage.TriageDecision(
        "foreign_follow_up", follow_up="Landslægen", reason="Bor i Nuuk"
    ).lacks_follow_up
    assert not triage.TriageDecision("closed", reason="Vil selv").lacks_follow_up


def test_a_span_uses_its_largest_fitting_unit() -> None:
    assert [span(seconds) for seconds in (59, -90, 2 * 3600, 47 * 3600, 48 * 3600)] == [
        Span(0, "minute"), Span(1, "minute"), Span(2, "hour"), Span(47, "hour"), Span(2, "day"),
    ]  # fmt: skip
    assert clock(None, NOW, overdue=False) is None


def handover(authority: str | None, state: str, *, overdue: bool = False, **more: Any) -> dict[str, Any]:
    return {
        "handover_id": "h", "registration_id": "r", "authority": authority, "municipality": authority,
        "state": state, "overdue": overdue, "answer_by": NOW.isoformat(), "contact_by": NOW.isoformat(),
        "offered_at": NOW.isoformat(), **more,
    }  # fmt: skip


def test_overdue_authorities_come_first_and_only_open_handovers_have_a_deadline() -> None:
    rows = [
        handover("0751", "contacted"),
        handover("0615", "offered", overdue=True),
        handover(None, "not_passed_on", handover_id=None),
        handover("1082", "accepted", municipality="0751"),
    ]

    shares = handovers.by_authority(rows, NAMES, NOW)

    assert [share.code for share in shares] == ["0615", "0751", "1082", ""]
    assert [share.overdue for share in shares] == [1, 0, 0, 0]
    assert [bool(share.lines[0].clock) for share in shares] == [True, False, True, False]
    assert shares[2].lines[0].municipality == "Aarhus Kommune"
    assert not shares[3].lines[0].has_record


def test_the_filter_of_the_list_is_kept_after_an_answer() -> None:
    assert (
        HandoverFilter("offered", "0751").query(done="accept") == "done=accept&state=offered&authority=0751"
    )
    assert HandoverFilter("", "&done=x").query(done="refuse") == "done=refuse&authority=%26done%3Dx"


def test_regions_come_before_municipalities() -> None:
    more = {"sundhedsraad-aarhus": "Sundhedsråd Aarhus", "region-oestdanmark": "Region Østdanmark"}

    codes = [code for code, _ in handovers.choices(NAMES | more)]

    assert codes == ["1082", "region-oestdanmark", "0751", "0615"]
    assert [handovers.is_region(code) for code in codes] == [True, True, False, False]


def test_two_registrations_are_compared_and_differing_fields_are_marked() -> None:
    told: dict[str, Any] = {
        "id": "d", "one": "1", "other": "2", "score": 0.9, "reasons": ["same_phone"], "state": "suggested",
        "found_at": NOW.isoformat(), "suggested_by": "Åse", "steps": [],
        "people": [
            {"name": "Karla Prøvesen", "phone": "+4520111111", "place": "epc", "email": None,
             "identifiers": [{"system": "passport", "value": "X1", "scope": "DE"}],
             "addresses": [{"line": "Prøvegade 1", "postcode": "8000", "city": "Aarhus C"}]},
            {"name": "Carla Prøvesen", "phone": "+4520111111", "place": "hospital", "email": None,
             "identifiers": [], "addresses": []},
        ],
    }  # fmt: skip

    pair = duplicates.pair(told, "åse")

    assert pair.line.mine
    assert {line.field for line in pair.fields if line.differs} == {"name", "identifiers", "addresses"}
    assert {line.field: line.one for line in pair.fields} == {
        "name": "Karla Prøvesen", "identifiers": "X1 (DE)", "phone": "+4520111111",
        "addresses": "Prøvegade 1, 8000 Aarhus C", "place": "epc",
    }  # fmt: skip
    assert not pair.line.number_in_doubt
    told["reasons"] = ["same_identity", "other_name"]
    assert duplicates.pair(told, "åse").line.number_in_doubt, "the number may be mistyped"
    told["people"][1]["addresses"] = [{"line": MASKED}]
    hidden = [line for line in duplicates.pair(told, "åse").fields if line.field == "addresses"]
    assert [line.differs for line in hidden] == [False], "hidden values do not differ"


def test_a_report_groups_equal_remarks_and_limits_the_errors_on_the_page() -> None:
    figures = dict.fromkeys(("rows", "registered", "already_there", "bad_rows", "bytes_read"), 1000)
    told = {
        **figures, "import_id": "i", "state": "done", "dry_run": False, "started_at": NOW.isoformat(),
        "by": "Sif", "bad": [{"line": n, "column": "cpr", "code": "missing"} for n in range(600)],
        "hints": [{"line": n, "column": "cpr", "code": "id_mistyped"} for n in (2, 3, 5)],
    }  # fmt: skip

    report = imports.report(told)

    assert (len(report.bad), report.cut, report.kept) == (imports.SHOWN, True, True)
    assert [(hint.error.code, hint.lines) for hint in report.hints] == [("id_mistyped", (2, 3, 5))]


def test_fields_to_ask_about_are_listed_once_and_unknown_query_values_are_ignored() -> None:
    told = {"check": [{"registration_id": one, "fields": ["phone", "language"]} for one in "ab"]}

    assert duplicates.to_ask(told) == ["language", "phone"]
    assert duplicates.to_ask({"state": "merged"}) == []
    assert duplicates.known_fields("language,phone,Ring til 12345678") == ["language", "phone"]


@pytest.mark.parametrize(
    ("group", "codes"),
    [
        ("refusal", vocabulary.RefusalReason),
        ("call_off", vocabulary.CalledOffReason),
        ("place", vocabulary.RegistrationPlace),
        ("handover_state", handovers.STATES),
        ("handover_state", HandoverStatus),
        ("duplicate_state", duplicates.STATES),
        ("duplicate_state", [*duplicate_review.DuplicateState, *duplicate_review.DecisionStep]),
        ("duplicate_reason", similarity.Reason),
        ("queue", Queue),
        ("triage_reason", [*AmbiguousReason, *UnknownReason, *DecisionDoubt, UNREADABLE]),
        ("import_state", ["running", *FinalState]),
        ("field", duplicates.CORRECTED),
    ],
)
def test_every_code_has_a_label(group: str, codes: list[str]) -> None:
    assert {str(code) for code in codes} <= LABELS[group].keys()
    assert all(Translator(lang).word(group, str(code)) for lang in LANGUAGES for code in codes)


@pytest.mark.parametrize(
    ("answer", "address"),
    [
        (Ok({"address_masked": False}), "Møllestien 7"),
        (Ok({"address_masked": True}), MASKED),
        (ProblemResponse(404, "unknown-registration", "Routing knows no registration of that id."), MASKED),
        (Unavailable("routing"), MASKED),
    ],
)
def test_an_address_is_shown_only_if_routing_allows_it(answer: ServiceResponse, address: str) -> None:
    held = {"name": "Nancy Ann Berggren", "addresses": [{"line": "Møllestien 7"}]}

    shown = dict(triage.facts(mask_address(held, answer), ("name", "addresses")))

    assert shown == {"name": "Nancy Ann Berggren", "addresses": address}
