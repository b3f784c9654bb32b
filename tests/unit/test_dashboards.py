"""The dashboards match their source, use valid queries, and show every exported metric."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from deploy.local.dashboards import DASHBOARDS, FOLDER, path, render
from tests.unit.test_alerts import RULES, promtool
from tests.unit.test_metrics import METRICS

__all__ = ["promtool"]

ASKED = [query for _, panels in DASHBOARDS.values() for panel in panels for query in panel.queries]


def metric_of(name: str) -> str:
    return re.sub(r"_(total|bucket|sum|count)$", "", name)


def named(expressions: list[str]) -> set[str]:
    return {metric_of(name) for each in expressions for name in re.findall(r"folgeskab_\w+", each)}


@pytest.mark.parametrize("name", DASHBOARDS)
def test_a_dashboard_is_as_it_is_written_down(name: str) -> None:
    assert path(name).read_text(encoding="utf-8") == render(name), "run python -m deploy.local.dashboards"


def test_no_other_dashboard_is_left() -> None:
    assert {file.stem for file in FOLDER.glob("*.json")} == set(DASHBOARDS)


def test_every_metric_is_shown_on_a_panel_or_raises_an_alert() -> None:
    seen = named([expression for expression, _ in ASKED] + [rule["expr"] for rule in RULES.values()])

    assert seen == set(METRICS)


def test_prometheus_can_read_every_panel(promtool: Path, tmp_path: Path) -> None:
    rules = [
        {"record": f"panel:{number}", "expr": expression.replace("$exercise", "no")}
        for number, (expression, _) in enumerate(ASKED)
    ]
    file = tmp_path / "panels.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))

    run = subprocess.run(
        [promtool, "check", "rules", file], capture_output=True, text=True, timeout=60, check=False
    )

    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize(("expression", "legend"), ASKED)
def test_a_panel_asks_only_for_labels_that_the_metric_has(expression: str, legend: str) -> None:
    known = {"service", "instance", "le"}
    for name in named([expression]):
        known |= set(METRICS[name]._labelnames)

    asked = set(re.findall(r"(\w+)=", expression)) | set(re.findall(r"{{(\w+)}}", legend))
    asked |= {label for by in re.findall(r"by \(([^)]*)\)", expression) for label in by.split(", ")}
    assert asked <= known
