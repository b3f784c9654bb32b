"""What routing counts on top of kit's metrics."""

from prometheus_client import Counter, Gauge, Histogram

from kit.metrics import REGISTRY

FENCED = Counter(
    "folgeskab_routing_fenced_total",
    "Late writes to cases refused because another had claimed or decided them since",
    registry=REGISTRY,
)
DECIDED = Counter(
    "folgeskab_routing_decided_total", "Cases, by what became of them", ("became",), registry=REGISTRY
)
REGISTER_ANSWERS = Counter(
    "folgeskab_routing_register_answers_total",
    "Numbers the CPR register was asked about, by what came of it: found, not_found, or why it failed",
    ("outcome",),
    registry=REGISTRY,
)
REGISTER_SECONDS = Histogram(
    "folgeskab_routing_register_seconds",
    "How long the CPR register took for one answer or failure, tries apart",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=REGISTRY,
)
REGISTER_RATE = Gauge(
    "folgeskab_routing_register_answers_a_second",
    "Answers of the CPR register a second, in the last round of look-ups of a batch",
    registry=REGISTRY,
)
CASES_OPEN = Gauge(
    "folgeskab_routing_open_cases",
    "Cases without a home authority, by bucket",
    ("bucket",),
    registry=REGISTRY,
)
HANDOVERS = Counter(
    "folgeskab_routing_handovers_total",
    "Handovers to home authorities, by step: offered, accepted, contacted, refused, called_off",
    ("step",),
    registry=REGISTRY,
)
ESCALATIONS = Counter(
    "folgeskab_routing_escalations_total",
    "Handovers the region was told of because a step was late, by step: acceptance, first_contact",
    ("step",),
    registry=REGISTRY,
)
HANDOVERS_OVERDUE = Gauge(
    "folgeskab_routing_overdue_handovers",
    "Handovers now waiting longer than they may, by step; exercises apart",
    ("step", "exercise"),
    registry=REGISTRY,
)
UNKNOWN_AUTHORITIES = Gauge(
    "folgeskab_routing_unknown_authorities",
    "Incidents that name an event authority which was none on their day, and people whose consent to pass on "
    "covers nobody because it names only authorities that are none, by what names them: incident, consent; "
    "exercises apart",
    ("named_by", "exercise"),
    registry=REGISTRY,
)
TRIAGE_OVERDUE = Gauge(
    "folgeskab_routing_overdue_triage_cases",
    "Cases in a triage queue for longer than they may be, by queue; exercises apart",
    ("queue", "exercise"),
    registry=REGISTRY,
)
