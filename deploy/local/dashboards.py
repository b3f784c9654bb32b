"""Grafana's dashboards. `python -m deploy.local.dashboards` writes them as JSON."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.local.assets import ROOT

FOLDER = ROOT / "deploy" / "grafana" / "dashboards"
_SOURCE = {"type": "prometheus", "uid": "prometheus"}
_ENDS = 'state=~"delivered|failed|in_doubt"'
_WHOM = 'exercise=~"$exercise"'


@dataclass(frozen=True, slots=True)
class Panel:
    title: str
    unit: str  # of Grafana: short, s, percentunit
    queries: tuple[tuple[str, str], ...]  # expression and legend


def _panel(title: str, unit: str, *queries: tuple[str, str]) -> Panel:
    return Panel(title, unit, queries)


def _by(labels: str, metric: str, *, of: str = "", how: str = "max") -> str:
    return f"{how} by ({labels}) (folgeskab_{metric}{{{of}}})"


def _rate(labels: str, metric: str, *, of: str = "") -> str:
    return f"sum by ({labels}) (rate(folgeskab_{metric}{{{of}}}[1m]))"


def _quantile(share: float, labels: str, metric: str, *, of: str = "") -> str:
    return f"histogram_quantile({share}, {_rate(f'le, {labels}', f'{metric}_bucket', of=of)})"


DELIVERY = (
    _panel(
        "Messages due, under way and in doubt, by channel", "short",
        (_by("channel, state", "notify_open_messages", of=_WHOM), "{{channel}} {{state}}"),
    ),
    _panel(
        "Oldest message due, and oldest in doubt", "s",
        (_by("channel", "notify_oldest_due_seconds", of=_WHOM), "{{channel}} due"),
        (_by("channel", "notify_oldest_in_doubt_seconds", of=_WHOM), "{{channel}} in doubt"),
    ),
    _panel(
        "What became of messages, a second", "short",
        (_rate("channel, state", "notify_became_total", of=_WHOM), "{{channel}} {{state}}"),
    ),
    _panel(
        "Delivered, failed and in doubt today", "short",
        (
            f"sum by (channel, state) (increase(folgeskab_notify_became_total{{{_ENDS}, {_WHOM}}}[24h]))",
            "{{channel}} {{state}}",
        ),
    ),
    _panel(
        "Seconds to the hand-over, median and 95th percentile", "s",
        (_quantile(0.5, "channel", "notify_handover_seconds", of=_WHOM), "{{channel}} p50"),
        (_quantile(0.95, "channel", "notify_handover_seconds", of=_WHOM), "{{channel}} p95"),
    ),
    _panel(
        "Contacts of each wave, by state", "short",
        (_by("wave, channel, state", "console_wave_contacts", of=_WHOM), "{{wave}} {{channel}} {{state}}"),
    ),
    _panel(
        "Answers of each provider, a second", "short",
        (
            _rate("provider, outcome", "notify_outcomes_total", of=_WHOM),
            "{{provider}} {{outcome}}",
        ),
    ),
    _panel(
        "Providers and register that are left alone", "short",
        (_by("target", "circuit_open"), "{{target}}"),
    ),
    _panel(
        "Receipts a second, and those that fit nothing", "short",
        (_rate("what", "notify_receipts_total"), "{{what}}"),
        ("max(folgeskab_notify_unmatched_receipts)", "unmatched"),
    ),
    _panel(
        "Planned contacts: decided a second, and the oldest due", "short",
        (_rate("became", "outreach_decided_total", of=_WHOM), "{{became}}"),
        (_by("exercise", "outreach_oldest_due_seconds", of=_WHOM), "oldest due, seconds"),
    ),
    _panel(
        "Cases without a home authority, and the oldest", "short",
        (_by("bucket", "routing_open_cases", of=_WHOM), "{{bucket}}"),
        (_by("exercise", "routing_oldest_waiting_case_seconds", of=_WHOM), "oldest, seconds"),
    ),
    _panel(
        "Cases decided and handovers, a second", "short",
        (_rate("became", "routing_decided_total", of=_WHOM), "case {{became}}"),
        (_rate("step", "routing_handovers_total", of=_WHOM), "handover {{step}}"),
        (_rate("step", "routing_escalations_total", of=_WHOM), "escalated {{step}}"),
    ),
    _panel(
        "Late: handovers, triage, unknown authorities", "short",
        (_by("step", "routing_overdue_handovers", of=_WHOM), "{{step}}"),
        (_by("queue", "routing_overdue_triage_cases", of=_WHOM), "queue {{queue}}"),
        (_by("named_by", "routing_unknown_authorities", of=_WHOM), "unknown, named by {{named_by}}"),
    ),
    _panel(
        "People in no bucket, and when all were last counted", "short",
        (_by("exercise", "console_unaccounted_people", of=_WHOM), "unaccounted for"),
        ("min(folgeskab_console_reconciled_seconds_ago)", "counted, seconds ago"),
    ),
    _panel(
        "Registration a second: files, public forms, forgotten", "short",
        (_rate("became", "registration_import_rows_total", of=_WHOM), "row {{became}}"),
        (_rate("ended", "registration_imports_total", of=_WHOM), "import {{ended}}"),
        (_rate("became", "registration_public_form_total", of=_WHOM), "form {{became}}"),
        (_rate("exercise", "registration_forgotten_total", of=_WHOM), "forgotten"),
    ),
    _panel(
        "Pages that are open", "short", ("sum(folgeskab_console_viewers)", "viewers")
    ),
)  # fmt: skip

PIPELINE = (
    _panel(
        "Messages in Kafka that are not handled", "short", (_by("service", "lag_messages"), "{{service}}")
    ),
    _panel(
        "Age of what is not handled", "s",
        (_by("service", "oldest_unprocessed_seconds"), "{{service}} in hand"),
        (_by("service", "behind_seconds"), "{{service}} has not moved"),
        (_by("service", "consumer_failing_seconds"), "{{service}} fails"),
    ),
    _panel(
        "Messages handled a second", "short",
        (_rate("service, outcome", "consumed_total"), "{{service}} {{outcome}}"),
    ),
    _panel(
        "Seconds a batch, median and 95th percentile", "s",
        (_quantile(0.5, "service", "batch_seconds"), "{{service}} p50"),
        (_quantile(0.95, "service", "batch_seconds"), "{{service}} p95"),
    ),
    _panel(
        "Messages a batch, 95th percentile", "short",
        (_quantile(0.95, "service", "batch_messages"), "{{service}}"),
    ),
    _panel(
        "Events that have not left, and the oldest", "short",
        (_by("service", "relay_backlog_events"), "{{service}} events"),
        (_by("service", "relay_oldest_unsent_seconds"), "{{service}} oldest, seconds"),
    ),
    _panel(
        "Relay: events a second, failures, leaders", "short",
        (_rate("service", "relayed_total"), "{{service}} sent"),
        (_rate("service", "relay_failures_total"), "{{service}} failed"),
        (_by("service", "relay_leader", how="sum"), "{{service}} leaders"),
    ),
    _panel(
        "Relays that are held, and by whom", "s",
        (
            "time() - folgeskab_relay_held_since_timestamp_seconds",
            "{{service}} by {{application}} ({{pid}}, {{database}})",
        ),
    ),
    _panel(
        "Parked, and the brake", "short",
        (_by("service", "parked_messages"), "{{service}} parked"),
        ("sum by (service, topic) (increase(folgeskab_parked_total[10m]))", "{{service}} new of {{topic}}"),
        (_by("service", "braked"), "{{service}} brake"),
    ),
    _panel(
        "Loops that fail", "s",
        (_by("service, loop", "loop_failing_seconds"), "{{service}} {{loop}}"),
    ),
    _panel(
        "Loops that stand still", "s", (_by("service, loop", "loop_late_seconds"), "{{service}} {{loop}}")
    ),
    _panel(
        "Tried again a second: batches and loops", "short",
        (_rate("service", "batch_retries_total"), "{{service}} batch"),
        (_rate("service, loop", "loop_failures_total"), "{{service}} {{loop}}"),
    ),
    _panel(
        "Late writes refused a second", "short",
        (_rate("service", "notify_fenced_total"), "notify"),
        (_rate("service", "outreach_fenced_total"), "outreach"),
        (_rate("service", "routing_fenced_total"), "routing"),
    ),
    _panel(
        "CPR register: answers a second, and how long one takes", "short",
        (_rate("outcome", "routing_register_answers_total"), "{{outcome}}"),
        (_quantile(0.95, "service", "routing_register_seconds"), "p95, seconds"),
    ),
    _panel(
        "Duplicates: pairs found and values cut, a second", "short",
        (_rate("service", "registration_duplicates_found_total"), "found"),
        (_rate("service", "registration_duplicate_candidates_cut_total"), "cut"),
    ),
)  # fmt: skip

DATABASE = (
    _panel(
        "Oldest transaction", "s", ("max(folgeskab_oldest_transaction_seconds)", "oldest")
    ),
    _panel(
        "Figures that cannot be read", "s",
        (_by("service, source", "measurement_failing_seconds"), "{{service}} {{source}}"),
    ),
    _panel(
        "Process clock minus database clock", "s",
        (_by("service, instance", "clock_drift_seconds"), "{{service}} {{instance}}"),
    ),
)  # fmt: skip

DASHBOARDS = {
    "delivery": ("Følgeskab: delivery", DELIVERY),
    "pipeline": ("Følgeskab: pipeline", PIPELINE),
    "database": ("Følgeskab: database", DATABASE),
}


def render(name: str) -> str:
    title, panels = DASHBOARDS[name]
    made = {
        "uid": f"folgeskab-{name}",
        "title": title,
        "schemaVersion": 39,
        "refresh": "15s",
        "time": {"from": "now-1h", "to": "now"},
        "templating": {"list": [_exercise()] if name == "delivery" else []},
        "panels": [_rendered(number, panel) for number, panel in enumerate(panels)],
    }
    return json.dumps(made, ensure_ascii=False, indent=1) + "\n"


def _exercise() -> dict[str, Any]:
    options = [("the real thing", "no"), ("exercises", "yes"), ("both", "yes|no")]
    return {
        "name": "exercise",
        "label": "Shown",
        "type": "custom",
        "query": ", ".join(f"{text} : {value}" for text, value in options),
        "current": {"text": "both", "value": "yes|no"},
        "options": [{"text": text, "value": value} for text, value in options],
    }


def _rendered(number: int, panel: Panel) -> dict[str, Any]:
    return {
        "id": number + 1,
        "title": panel.title,
        "type": "timeseries",
        "datasource": _SOURCE,
        "gridPos": {"h": 8, "w": 12, "x": 12 * (number % 2), "y": 8 * (number // 2)},
        "fieldConfig": {"defaults": {"unit": panel.unit}, "overrides": []},
        "targets": [
            {"refId": "ABCD"[at], "expr": expression, "legendFormat": legend}
            for at, (expression, legend) in enumerate(panel.queries)
        ],
    }


def path(name: str) -> Path:
    return FOLDER / f"{name}.json"


def main() -> None:
    for name in DASHBOARDS:
        path(name).write_text(render(name), encoding="utf-8")


if __name__ == "__main__":
    main()
