"""Metrics of outreach, beside those of kit."""

from prometheus_client import Counter

from kit.runtime.metrics import EXERCISE, REGISTRY, counter, gauge
from services.outreach.domain.contact import ContactState

FENCED = Counter(
    "folgeskab_outreach_fenced_total",
    "Late writes to contacts that were refused because another worker had claimed the contact since",
    registry=REGISTRY,
)
DECIDED = counter(
    "folgeskab_outreach_decided_total",
    "Due contacts, by the state decided for them",
    became=(ContactState.REQUESTED, ContactState.LISTED, ContactState.WAITING, ContactState.WITHHELD),
    exercise=EXERCISE,
)
OLDEST_DUE = gauge(
    "folgeskab_outreach_oldest_due_seconds",
    "Seconds since the oldest undecided contact of a running wave became due",
    exercise=EXERCISE,
)
