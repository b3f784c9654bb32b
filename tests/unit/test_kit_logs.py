"""A log line is one JSON object, and an exception's text, which may quote a row, is never in it."""

import json
import logging
from collections.abc import Iterator

import pytest

from kit import logs

log = logging.getLogger("test")


@pytest.fixture
def own_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level


@pytest.mark.usefixtures("own_logging")
def test_an_event_has_its_fields_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("routing")

    logs.event(log, "parked", topic="registration.v1", offset=7)

    line = json.loads(capsys.readouterr().err)
    assert (line["service"], line["message"], line["topic"], line["offset"]) == (
        "routing", "parked", "registration.v1", 7,
    )  # fmt: skip


@pytest.mark.usefixtures("own_logging")
@pytest.mark.parametrize("told", ["trouble", "exception"])
def test_the_text_of_an_exception_is_not_logged(capsys: pytest.CaptureFixture[str], told: str) -> None:
    logs.configure("routing")

    try:
        raise ValueError("Key (name)=(Ida Test) already exists")  # noqa: TRY301
    except ValueError as error:
        if told == "trouble":
            logs.trouble(log, "a round failed", error)
        else:
            log.exception("a round failed")

    text = capsys.readouterr().err
    assert "Ida" not in text
    line = json.loads(text)
    assert line["error"] == "ValueError"
    assert line["where"][0].startswith("test_kit_logs.py:")
