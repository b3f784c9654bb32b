"""Each alert fires when it must and only then, and says what to do. Prometheus's own promtool counts."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.local.assets import ROOT
from deploy.local.prometheus import ensure
from tests.unit.alert_cases import CASES, Case
from tests.unit.test_metrics import METRICS

ALERTS = ROOT / "deploy" / "prometheus" / "alerts.yml"
RULES: dict[str, dict[str, Any]] = {
    rule["alert"]: rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]
}


@pytest.fixture(scope="session")
def promtool() -> Path:
    return ensure("promtool")


def with_labels(series: str, **labels: str) -> str:
    told = ", ".join(f'{name}="{value}"' for name, value in labels.items())
    return series.replace("{", f"{{{told}, ").replace(", }", "}")


def as_test(case: Case) -> dict[str, Any]:
    """Return a case as promtool takes it: what is in ALERTS at the end of the time."""
    given = [
        {"series": with_labels(series, job="folgeskab", instance="ab"[number]), "values": values}
        for number, process in enumerate(case.processes)
        for series, values in process.items()
    ]
    labels = {"alertname": case.alert, "alertstate": "firing", **RULES[case.alert]["labels"], **case.labels}
    told = ", ".join(f'{name}="{value}"' for name, value in labels.items())
    expected = [{"labels": f"ALERTS{{{told}}}", "value": 1}] if case.fires else []
    asked = f'ALERTS{{alertname="{case.alert}", alertstate="firing"}}'
    return {
        "name": f"{case.alert}, {len(case.processes)} processes, {'fires' if case.fires else 'is quiet'}",
        "interval": "15s",
        "input_series": given,
        "promql_expr_test": [{"expr": asked, "eval_time": "19m", "exp_samples": expected}],
    }


@pytest.mark.parametrize("alert", RULES)
def test_an_alert_fires_when_it_must_and_only_then(alert: str, promtool: Path, tmp_path: Path) -> None:
    tests = [as_test(case) for case in CASES if case.alert == alert]
    file = tmp_path / "test.yml"
    file.write_text(
        yaml.safe_dump({"rule_files": [str(ALERTS)], "evaluation_interval": "15s", "tests": tests})
    )

    run = subprocess.run(
        [promtool, "test", "rules", file], capture_output=True, text=True, timeout=60, check=False
    )

    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("alert", RULES)
def test_an_alert_has_cases_of_both_kinds_for_one_and_for_two_processes(alert: str) -> None:
    tried = {(case.fires, len(case.processes)) for case in CASES if case.alert == alert}

    assert tried == {(fires, processes) for fires in (True, False) for processes in (1, 2)}


@pytest.mark.parametrize("alert", RULES)
def test_an_alert_has_a_severity_a_summary_and_a_page_that_says_what_to_do(alert: str) -> None:
    rule = RULES[alert]
    page, _, section = rule["annotations"]["runbook"].partition("#")

    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert rule["annotations"]["summary"].endswith(".")
    assert section == alert.lower()
    found = re.search(rf"^## {alert}\n(.*?)(?=^## |\Z)", (ROOT / page).read_text(), re.MULTILINE | re.DOTALL)
    assert found, f"{page} has no section {alert}"
    assert "**Look at:**" in found[1]
    assert "**Do:**" in found[1]


@pytest.mark.parametrize("alert", RULES)
def test_a_summary_names_only_labels_that_the_alert_has(alert: str) -> None:
    named = set(re.findall(r"\$labels\.(\w+)", RULES[alert]["annotations"]["summary"]))

    for case in CASES:
        if case.alert == alert and case.fires:
            assert named <= case.labels.keys()


def test_no_section_is_left_of_an_alert_that_is_gone() -> None:
    pages = (ROOT / "docs" / "runbooks").glob("*.md")
    told = {name for page in pages for name in re.findall(r"^## (\w+)$", page.read_text(), re.MULTILINE)}

    assert told == RULES.keys()


def test_every_metric_that_an_alert_asks_for_exists_with_its_labels() -> None:
    for alert, rule in RULES.items():
        for name, labels in re.findall(r"(folgeskab_\w+)(?:\{([^}]*)\})?", rule["expr"]):
            metric = METRICS[re.sub(r"_(total|bucket|sum|count)$", "", name)]
            asked = set(re.findall(r"(\w+)=", labels))
            assert asked <= set(metric._labelnames) | {"service", "instance"}, alert
