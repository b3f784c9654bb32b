"""A plan file is checked field by field, and an error names the file, the field and why."""

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
    "a call by text message": ({"kind": "call", "channels": ["sms"]}, "the one channel call"),
    "a message without template": ({"template": ""}, "template"),
    "an end before the beginning": ({"offset": "P20D"}, "not_after"),
    "a time without quotes": ({"window": {"begins": 480, "ends": "20:00"}}, "begins"),
    "hours in the wrong order": ({"window": {"begins": "20:00", "ends": "08:00"}}, "after it begins"),
    "an hour that summer time skips": ({"window": {"begins": "02:30", "ends": "08:00"}}, "02:00"),
    "a field nobody knows": ({"chanels": []}, "chanels"),
    "an unknown day": ({"window": {"days": ["man"], "begins": "08:00", "ends": "20:00"}}, "mon"),
}


@pytest.mark.parametrize(("step", "said"), BAD.values(), ids=BAD)
def test_a_wrong_field_is_named(tmp_path: Path, step: dict[str, object], said: str) -> None:
    write(tmp_path, step)

    with pytest.raises(PlanError, match=r"plan\.yaml") as error:
        load(tmp_path)
    assert said in str(error.value)


def test_a_plan_has_the_name_of_its_file(tmp_path: Path) -> None:
    write(tmp_path, name="another")

    with pytest.raises(PlanError, match="name"):
        load(tmp_path)


def test_what_is_no_yaml_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text("steps: [")

    with pytest.raises(PlanError, match="not YAML"):
        load(tmp_path)
