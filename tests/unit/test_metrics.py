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
WIRED = {"loop", "topic", "provider", "source", "pid", "table", "wave"}
"""Labels whose values only the wiring knows: they exist once the service is made. A pid is a holder's."""


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
