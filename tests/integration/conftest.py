"""kit alone, the simulators, and three services with their loops in the test's hand, where asked for."""

from tests.integration.handovers_running import register, routing, routing_database
from tests.integration.notify_running import notify_database, office
from tests.integration.outreach_running import outreach, outreach_database, outreach_keyring
from tests.integration.simulators_running import simulators
from tests.kit_alone import empty_kit, kit_database

__all__ = [
    "empty_kit",
    "kit_database",
    "notify_database",
    "office",
    "outreach",
    "outreach_database",
    "outreach_keyring",
    "register",
    "routing",
    "routing_database",
    "simulators",
]
