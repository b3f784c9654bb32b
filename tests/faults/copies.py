"""A copy of the source in a temporary tree, with one place of it changed: a point to die at, or a sabotage.

The shipped code has no switch for this. A change names a text that must stand exactly once: when the code
moves on, the test says so instead of changing nothing.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

from deploy.local.stack import ROOT

PACKAGES = ("cli", "contracts", "deploy", "kit", "services", "simulators")


@dataclass(frozen=True, slots=True)
class Change:
    path: str
    old: str
    new: str


class DoesNotFitError(AssertionError):
    """The text to change does not stand exactly once: mend the change, not the code."""


def copy_with(changes: tuple[Change, ...], target: Path) -> Path:
    """Return the root of a tree that runs as ours does, but for the changes."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, target / package, ignore=shutil.ignore_patterns("__pycache__"))
    (target / "node_modules").symlink_to(ROOT / "node_modules")
    for change in changes:
        file = target / change.path
        text = file.read_text()
        if text.count(change.old) != 1:
            raise DoesNotFitError(f"{change.path}: found {text.count(change.old)} times: {change.old!r}")
        file.write_text(text.replace(change.old, change.new))
    return target
