"""Every metric of every service: label values exist from the start, and exercises are separate."""

from importlib import import_module

import pytest
from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.metrics import MetricWrapperBase

from contracts.events.vocabulary import Channel
from kit.runtime import metrics
from kit.runtime.loops import Loop
from services.notify import metrics as notify_metrics

SERVICES = ("registration", "routing", "outreach", "notify", "console")
MODULES = {"kit": metrics} | {name: import_module(f"services.{name}.metrics") for name in SERVICES}
METRICS: dict[str, MetricWrapperBase] = {
    metric.describe()[0].name: metric
    for module in MODULES.values()
    for metric in vars(module).values()
    if isinstance(metric, Counter | Gauge | Histogram)
}
WIRED = {"loop", "topic", "provider", "target", "source", "pid", "table", "wave"}
"""Labels whose values only the wiring knows: they exist once the service is made. A pid is a holder's."""

OF_NO_INCIDENT = {
    "folgeskab_console_reconciled_seconds_ago", "folgeskab_console_viewers",
    "folgeskab_notify_fenced", "folgeskab_outreach_fenced", "folgeskab_routing_fenced",
    "folgeskab_notify_receipts", "folgeskab_notify_unmatched_receipts",  # a receipt may match no message
    "folgeskab_routing_register_answers", "folgeskab_routing_register_seconds",  # a call asks for many
    "folgeskab_registration_duplicates_found", "folgeskab_registration_duplicate_candidates_cut",
}  # fmt: skip
"""Metrics of the services that measure work and not people. All of kit's measure work."""


def test_every_metric_about_people_separates_exercises() -> None:
    without = {name for name, metric in METRICS.items() if "exercise" not in metric._labelnames}
    of_kit = {metric.describe()[0].name for metric in vars(metrics).values() if metric in METRICS.values()}

    assert without - of_kit == OF_NO_INCIDENT


@pytest.mark.parametrize("name", [n for n, metric in METRICS.items() if WIRED.isdisjoint(metric._labelnames)])
def test_each_label_exists_before_anything_has_happened(name: str) -> None:
    metric = METRICS[name]

    samples = [sample for family in metric.collect() for sample in family.samples]

    assert samples, f"{name}: the first increase of a label that did not exist is no increase"


async def test_the_counter_of_a_loop_exists_before_its_first_failure() -> None:
    async def work() -> bool:
        return False

    Loop("never failed", work, every=1)

    assert metrics.REGISTRY.get_sample_value("folgeskab_loop_failures_total", {"loop": "never failed"}) == 0


def test_the_counters_of_a_provider_exist_before_its_first_call() -> None:
    notify_metrics.add_provider(Channel.SMS, "new")

    for outcome in ("accepted", "rejected", "indoubt", "unavailable", "refused"):
        labels = {"channel": "sms", "provider": "new", "outcome": outcome, "exercise": "no"}
        assert metrics.REGISTRY.get_sample_value("folgeskab_notify_outcomes_total", labels) == 0
