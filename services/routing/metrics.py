"""What routing counts on top of kit's metrics."""

from collections import Counter as Tally
from collections.abc import Iterable

from prometheus_client import Counter, Gauge, Histogram

from contracts.events.vocabulary import HandoverStep
from kit.runtime.metrics import EXERCISE, REGISTRY, counter, exercise, gauge
from services.routing.domain.handover import HandoverState
from services.routing.domain.register_entry import FailureReason
from services.routing.domain.triage import Queue

FENCED = Counter(
    "folgeskab_routing_fenced_total",
    "Late writes to cases refused because another had claimed or decided them since",
    registry=REGISTRY,
)
DECIDED = counter(
    "folgeskab_routing_decided_total",
    "Cases, by what became of them",
    became=("resolved", "triage", "register_away", "forgotten"),
    exercise=EXERCISE,
)
REGISTER_ANSWERS = counter(
    "folgeskab_routing_register_answers_total",
    "Numbers the CPR register was asked about, by what came of it: found, not_found, or why it failed",
    outcome=("found", "not_found", *FailureReason),
)
REGISTER_SECONDS = Histogram(
    "folgeskab_routing_register_seconds",
    "How long the CPR register took for one answer or failure, tries apart",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=REGISTRY,
)
CASES_OPEN = gauge(
    "folgeskab_routing_open_cases",
    "Cases without a home authority, by bucket",
    bucket=("waiting", "register_away", "triage"),
    exercise=EXERCISE,
)
OLDEST_CASE = gauge(
    "folgeskab_routing_oldest_waiting_case_seconds",
    "Age of the oldest case that waits to be decided, since it was due",
    exercise=EXERCISE,
)
REGISTER_BREAKER_OPEN = Gauge(
    "folgeskab_routing_register_breaker_open",
    "1 while the CPR register is not asked because it failed too often in a row",
    registry=REGISTRY,
)
HANDOVERS = counter(
    "folgeskab_routing_handovers_total",
    "Handovers to home authorities, by the step they came to",
    step=HandoverState,
    exercise=EXERCISE,
)
ESCALATIONS = counter(
    "folgeskab_routing_escalations_total",
    "Handovers the region was told of because a step was late, by step",
    step=HandoverStep,
    exercise=EXERCISE,
)
HANDOVERS_OVERDUE = gauge(
    "folgeskab_routing_overdue_handovers",
    "Handovers now waiting longer than they may, by step",
    step=HandoverStep,
    exercise=EXERCISE,
)
UNKNOWN_AUTHORITIES = gauge(
    "folgeskab_routing_unknown_authorities",
    "Incidents that name an event authority which was none on their day, and people whose consent to pass on "
    "covers nobody because it names only authorities that are none, by what names them",
    named_by=("incident", "consent"),
    exercise=EXERCISE,
)
TRIAGE_OVERDUE = gauge(
    "folgeskab_routing_overdue_triage_cases",
    "Cases in a triage queue for longer than they may be, by queue",
    queue=Queue,
    exercise=EXERCISE,
)


def count_handovers(step: HandoverState, exercises: Iterable[bool]) -> None:
    """`exercises`: whether each handover is of an exercise."""
    for is_exercise, number in Tally(exercises).items():
        HANDOVERS.labels(step, exercise(is_exercise)).inc(number)
