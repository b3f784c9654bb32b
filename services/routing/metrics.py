"""The metrics of routing, in addition to those of kit."""

from collections import Counter as Tally
from collections.abc import Iterable

from prometheus_client import Counter, Histogram

from contracts.events.vocabulary import HandoverStep
from kit.runtime.metrics import EXERCISE, REGISTRY, counter, exercise, gauge
from services.routing.domain.handover import HandoverState
from services.routing.domain.register_entry import FailureReason
from services.routing.domain.triage import Queue

FENCED = Counter(
    "folgeskab_routing_fenced_total",
    "Late writes to cases that were rejected because another worker had claimed or decided the case",
    registry=REGISTRY,
)
DECIDED = counter(
    "folgeskab_routing_decided_total",
    "Cases processed, by result",
    became=("resolved", "triage", "register_away", "forgotten"),
    exercise=EXERCISE,
)
REGISTER_ANSWERS = counter(
    "folgeskab_routing_register_answers_total",
    "CPR numbers looked up in the register, by outcome: found, not_found or the reason of the failure",
    outcome=("found", "not_found", *FailureReason),
)
REGISTER_SECONDS = Histogram(
    "folgeskab_routing_register_seconds",
    "Duration of one attempt to look up a number in the CPR register",
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
    "Seconds since the oldest waiting case was due for a decision",
    exercise=EXERCISE,
)
HANDOVERS = counter(
    "folgeskab_routing_handovers_total",
    "Handovers to home authorities that reached a step, by step",
    step=HandoverState,
    exercise=EXERCISE,
)
ESCALATIONS = counter(
    "folgeskab_routing_escalations_total",
    "Handovers escalated to the region because a step was overdue, by step",
    step=HandoverStep,
    exercise=EXERCISE,
)
HANDOVERS_OVERDUE = gauge(
    "folgeskab_routing_overdue_handovers",
    "Handovers that are overdue now, by step",
    step=HandoverStep,
    exercise=EXERCISE,
)
UNKNOWN_AUTHORITIES = gauge(
    "folgeskab_routing_unknown_authorities",
    "Incidents with an event authority that did not exist on their day, and people whose consent names only "
    "authorities that do not exist, by what names them",
    named_by=("incident", "consent"),
    exercise=EXERCISE,
)
TRIAGE_OVERDUE = gauge(
    "folgeskab_routing_overdue_triage_cases",
    "Cases that are overdue in a triage queue, by queue",
    queue=Queue,
    exercise=EXERCISE,
)


def count_handovers(step: HandoverState, exercises: Iterable[bool]) -> None:
    """`exercises`: whether each handover belongs to an exercise."""
    for is_exercise, number in Tally(exercises).items():
        HANDOVERS.labels(step, exercise(is_exercise)).inc(number)
