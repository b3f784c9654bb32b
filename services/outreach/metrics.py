"""What outreach counts on top of kit's metrics."""

from prometheus_client import Counter

from kit.metrics import REGISTRY

FENCED = Counter(
    "folgeskab_outreach_fenced_total",
    "Late writes to contacts refused because another had claimed them since",
    registry=REGISTRY,
)
DECIDED = Counter(
    "folgeskab_outreach_decided_total",
    "Due contacts, by what was decided at the last look",
    ("became",),
    registry=REGISTRY,
)
