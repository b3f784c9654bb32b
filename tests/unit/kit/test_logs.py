"""A log line is one JSON object, and an exception's text, which may quote a row, is never in it."""

import json
import logging
import subprocess
import sys
from collections.abc import Iterator

import pytest

from kit.kafka.consumer import make_broker
from kit.runtime import logs

log = logging.getLogger("test")


@pytest.fixture
def own_logging() -> Iterator[None]:
    root, hook = logging.getLogger(), sys.excepthook
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    sys.excepthook = hook
    logging.captureWarnings(capture=False)


@pytest.mark.usefixtures("own_logging")
def test_an_event_has_its_fields_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("routing")

    logs.log_event(log, "parked", topic="registration.v1", offset=7)

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
            logs.log_problem(log, "a round failed", error)
        else:
            log.exception("a round failed")

    text = capsys.readouterr().err
    assert "Ida" not in text
    line = json.loads(text)
    assert line["error"] == "ValueError"
    assert line["where"][0].startswith("test_logs.py:")


@pytest.mark.usefixtures("own_logging")
@pytest.mark.parametrize("name", ["faststream", "uvicorn.error", "aiokafka", "py.warnings"])
def test_the_lines_of_the_libraries_have_the_same_format(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    logs.configure("routing")
    make_broker("127.0.0.1:1", "routing")

    logging.getLogger(name).error("the broker is away")

    line = json.loads(capsys.readouterr().err)
    assert (line["service"], line["logger"], line["message"]) == ("routing", name, "the broker is away")


@pytest.mark.usefixtures("own_logging")
def test_a_library_that_quotes_an_error_does_not_get_it_into_the_log(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.configure("routing")

    try:
        raise ValueError("Ida Test")  # noqa: TRY301
    except ValueError as error:
        logging.getLogger("faststream").exception("ValueError: %s", error)  # noqa: TRY401 - as FastStream says it

    text = capsys.readouterr().err
    assert "Ida" not in text
    assert json.loads(text)["error"] == "ValueError"


def test_an_error_that_ends_the_process_is_logged_in_one_line() -> None:
    program = "from kit.runtime import logs; logs.configure('routing'); raise ValueError('Ida Test')"

    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )

    line = json.loads(run.stderr)
    assert run.returncode == 1
    assert (line["level"], line["error"]) == ("critical", "ValueError")
    assert "Ida" not in run.stderr
