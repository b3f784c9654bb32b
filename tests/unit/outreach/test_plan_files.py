"""A plan file is checked by field; an error names the file, the field and the reason."""

from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
import yaml

from services.outreach.plans.files import PlanError, from_text, load

MESSAGE: Final[dict[str, object]] = {
    "kind": "message", "offset": "P0D", "template": "information", "channels": ["digital_post"],
    "window": {"begins": "08:00", "ends": "20:00"}, "not_after": "P14D",
}  # fmt: skip


def write(folder: Path, step: dict[str, object] = MESSAGE, name: str = "plan") -> None:
    plan = {"name": name, "version": 1, "steps": [MESSAGE | step]}
    (folder / "plan.yaml").write_text(yaml.safe_dump(plan))


def test_the_shipped_plans_have_one_message_and_one_call_each() -> None:
    plans = load()

    assert {"information", "exercise"} <= plans.keys()
    for text in plans.values():
        assert [step.kind for step in from_text(text).steps] == ["message", "call"]


BAD = {
    "an unknown channel": ({"channels": ["pigeon"]}, "channels"),
    "a channel twice": ({"channels": ["sms", "sms"]}, "twice"),
    "a message by call": ({"channels": ["call"]}, "channels other than call"),
    "a call by text message": ({"kind": "call", "channels": ["sms"]}, "must have the channel call"),
    "a message without template": ({"template": ""}, "template"),
    "an end before the beginning": ({"offset": "P20D"}, "not_after"),
    "a time without quotes": ({"window": {"begins": 480, "ends": "20:00"}}, "begins"),
    "hours in the wrong order": ({"window": {"begins": "20:00", "ends": "08:00"}}, "after it begins"),
    "an hour that summer time skips": ({"window": {"begins": "02:30", "ends": "08:00"}}, "02:00"),
    "a field nobody knows": ({"chanels": []}, "chanels"),
    "an unknown day": ({"window": {"days": ["man"], "begins": "08:00", "ends": "20:00"}}, "mon"),
}


@pytest.mark.parametrize(("step", "said"), BAD.values(), ids=BAD)
def test_an_invalid_field_is_named(tmp_path: Path, step: dict[str, object], said: str) -> None:
    write(tmp_path, step)

    with pytest.raises(PlanError, match=r"plan\.yaml") as error:
        load(tmp_path)
    assert said in str(error.value)


NOT_ISO_8601: Final[dict[str, object]] = {
    "a number, once read as seconds": 7,
    "a fraction": 0.5,
    "a number in quotes": "7",
    "words": "7 days",
    "a clock's time": "00:07:00",
    "a clock's time that YAML reads as a number": 420,
    "without its P": "7D",
    "a time without T": "P7H",
    "nothing after P": "P",
    "nothing after T": "P7DT",
    "backwards": "-P7D",
    "a month, which has no one length": "P1M",
    "yes": True,
    "nothing": None,
}


@pytest.mark.parametrize("field", ["offset", "not_after"])
@pytest.mark.parametrize("value", NOT_ISO_8601.values(), ids=NOT_ISO_8601)
def test_a_duration_that_is_not_iso_8601_is_refused_by_file_step_and_field(
    tmp_path: Path, field: str, value: object
) -> None:
    write(tmp_path, {field: value})

    with pytest.raises(PlanError) as error:
        load(tmp_path)
    assert str(error.value).startswith(f"plan.yaml: step 1: {field}: ")
    assert "P7D" in str(error.value)


@pytest.mark.parametrize(
    ("text", "hours"), [("P7D", 168), ("P2W", 336), ("PT12H", 12), ("P1DT6H", 30), ("PT90M", 1.5), ("P0D", 0)]
)
def test_a_duration_of_iso_8601_is_read(tmp_path: Path, text: str, hours: float) -> None:
    write(tmp_path, {"offset": text, "not_after": "P60D"})

    assert from_text(load(tmp_path)["plan"]).steps[0].offset == timedelta(hours=hours)


def test_a_plan_of_more_than_a_year_is_kept_as_it_is(tmp_path: Path) -> None:
    write(tmp_path, {"not_after": "P400D"})

    assert from_text(load(tmp_path)["plan"]).steps[0].not_after == timedelta(days=400)


def test_a_plan_has_the_name_of_its_file(tmp_path: Path) -> None:
    write(tmp_path, name="another")

    with pytest.raises(PlanError, match="name"):
        load(tmp_path)


def test_a_file_that_is_not_yaml_is_reported(tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text("steps: [")

    with pytest.raises(PlanError, match="not YAML"):
        load(tmp_path)
