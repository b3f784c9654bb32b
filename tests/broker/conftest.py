"""kit alone, as the integration tests have it."""

from tests.kit_alone import empty_kit, kit_database

__all__ = ["empty_kit", "kit_database"]
