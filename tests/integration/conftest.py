"""kit alone, the simulators, and three services with their loops in the test's hand, where asked for."""

from tests.integration.notify.notify_service import notify, notify_database
from tests.integration.outreach.outreach_service import outreach, outreach_database, outreach_keyring
from tests.integration.routing.handovers import register, routing, routing_database
from tests.integration.simulators.stand_ins import simulators
from tests.kit_alone import empty_kit, kit_database

__all__ = [
    "empty_kit",
    "kit_database",
    "notify",
    "notify_database",
    "outreach",
    "outreach_database",
    "outreach_keyring",
    "register",
    "routing",
    "routing_database",
    "simulators",
]
