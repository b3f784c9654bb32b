"""Every event about a person passes use_cases/emit_events.py, which adds the state of the person."""

from pathlib import Path

REGISTRATION = Path(__file__).resolve().parents[2] / "services" / "registration"
_OF_THE_AUDIT = {"search_people.py"}  # emits who was shown to whom, no fact about a person


def test_only_one_module_emits_events_about_people() -> None:
    """Another module calls emit_person_events of use_cases/emit_events.py instead of outbox.emit."""
    found = {
        path.name
        for folder in ("use_cases", "workers", "imports")
        for path in (REGISTRATION / folder).glob("*.py")
        if "outbox.emit(" in path.read_text()
    }

    assert found - _OF_THE_AUDIT == {"emit_events.py"}
