"""kit alone, and outreach and notify with their loops in the test's hand, for the tests that ask for them."""

from tests.integration.notify_running import notify_database, office
from tests.integration.outreach_running import outreach, outreach_database, outreach_keyring
from tests.kit_alone import empty_kit, kit_database

__all__ = [
    "empty_kit",
    "kit_database",
    "notify_database",
    "office",
    "outreach",
    "outreach_database",
    "outreach_keyring",
]
