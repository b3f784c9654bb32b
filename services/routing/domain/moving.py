"""What makes a case be decided again, and who would move if it were."""

from collections.abc import Iterable
from typing import Final

# Whatever is not named here may say where somebody lives or who speaks for them.
_WITHOUT_BEARING: Final = frozenset(
    {
        "role",
        "presence",
        "language",
        "interpreter",
        "channels",
        "preferred_channel",
        "preferred_time",
        "note",
        "name",
        "phone",
        "email",
        "circumstances",
        "concerns",
    }
)


def bears_on_home(changed: Iterable[str]) -> bool:
    """Tell whether a correction of these fields may lead to another home authority or recipient."""
    return not _WITHOUT_BEARING.issuperset(changed)
