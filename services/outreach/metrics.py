"""What outreach counts on top of kit's metrics."""

from prometheus_client import Counter

from kit.runtime.metrics import EXERCISE, REGISTRY, counter, gauge
from services.outreach.domain.contact import ContactState

FENCED = Counter(
    "folgeskab_outreach_fenced_total",
    "Late writes to contacts refused because another had claimed them since",
    registry=REGISTRY,
)
DECIDED = counter(
    "folgeskab_outreach_decided_total",
    "Due contacts, by what was decided at the last look",
    became=(ContactState.REQUESTED, ContactState.LISTED, ContactState.WAITING, ContactState.WITHHELD),
    exercise=EXERCISE,
)
OLDEST_DUE = gauge(
    "folgeskab_outreach_oldest_due_seconds",
    "Age of the oldest contact of a running wave that is due and not decided, since it was due",
    exercise=EXERCISE,
)
