"""Two registrations side by side show which value counts when they are linked."""

from services.console.pages.duplicates.view import pair

ONE = {"registration_id": "1", "name": "Kirsten Holm", "phone": "+4520123456"}
OTHER = {"registration_id": "2", "name": "Kirsten Vang", "phone": None, "email": "k@example.dk"}
PAIR = {
    "id": "p", "one": "1", "other": "2", "score": 1.0, "reasons": [], "state": "merged", "found_at": "",
    "people": [ONE, OTHER], "sources": {"name": "1", "phone": "1", "email": "2", "note": "a third"},
}  # fmt: skip


def test_each_field_names_the_registration_whose_value_counts() -> None:
    shown = {one.field: one.used for one in pair(PAIR, "").fields}

    assert shown == {"name": 0, "phone": 0, "email": 1}
