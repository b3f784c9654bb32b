"""Bulk acceptance accepts only cases that were shown, and reports every case that was shown."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.console.pages.bulk_acceptance import view
from services.console.pages.bulk_acceptance.view import LostCase, SeenOffer

NOW = datetime(2026, 12, 20, 12, tzinfo=UTC)
OFFERED = NOW - timedelta(hours=3)
SEEN = SeenOffer(3, OFFERED, NOW)
NAMES = {"0751": "Aarhus Kommune", "0727": "Odder Kommune"}


def row(number: int, state: str = "offered", **more: Any) -> dict[str, Any]:
    return {
        "registration_id": f"00000000-0000-0000-0000-{number:012}", "authority": "0751",
        "municipality": "0751", "state": state, "overdue": False, "offered_at": OFFERED.isoformat(), **more,
    }  # fmt: skip


def test_the_offer_holds_only_the_cases_of_that_authority() -> None:
    rows = [
        row(1, overdue=True), row(2, municipality="0727"), row(3, authority="1082"), row(4, "accepted"),
    ]  # fmt: skip

    found = view.offered(rows, "0751", NAMES)

    assert (found.people, found.overdue, found.homes) == (2, 1, (("Odder Kommune", 1),))
    assert view.offered([], "0751", NAMES).people == 0


@pytest.mark.parametrize(
    ("rows", "unseen"),
    [
        ([row(1), row(2), row(3)], False),
        ([row(1)], False),
        ([row(1), row(2), row(3), row(4)], True),
        ([row(1), row(2, offered_at=(OFFERED + timedelta(seconds=1)).isoformat())], True),
        ([row(1), row(2, authority="1082", offered_at=NOW.isoformat())], False),
    ],
)
def test_an_acceptance_covers_only_the_cases_shown(rows: list[dict[str, Any]], unseen: bool) -> None:  # noqa: FBT001
    assert view.unseen(rows, "0751", SEEN) is unseen


def test_every_case_shown_is_accepted_left_lost_or_taken_by_a_colleague() -> None:
    later, before = (NOW + timedelta(minutes=1)).isoformat(), (NOW - timedelta(hours=1)).isoformat()
    rows = [
        row(1, "accepted"), row(2, "accepted"),
        row(3, "called_off", called_off_at=later, call_off="moved"),
        row(4, "refused", refused_at=before, refusal="no_capacity"),
    ]  # fmt: skip

    found = view.outcome({"accepted": 1, "left": 0}, rows, "0751", SEEN)

    assert found.lost == (LostCase("000003", "called_off", "moved"),)
    assert found.accepted + found.left + len(found.lost) + found.taken == SEEN.people
    assert (found.taken, found.more) == (1, 0)


def test_cases_offered_at_the_last_moment_are_reported() -> None:
    found = view.outcome({"accepted": 4, "left": 1}, [], "0751", SEEN)

    assert (found.more, found.taken, found.lost) == (2, 0, ())


def test_cases_that_may_not_be_offered_are_counted_by_reason() -> None:
    rows = [row(1, "not_passed_on"), row(2, "not_passed_on"), row(3, "restricted"), row(4)]

    assert view.not_offered(rows, "0751") == [("not_passed_on", 2), ("restricted", 1)]
