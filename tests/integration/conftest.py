"""kit alone, for the tests that ask for it."""

from tests.kit_alone import empty_kit, kit_database

__all__ = ["empty_kit", "kit_database"]
