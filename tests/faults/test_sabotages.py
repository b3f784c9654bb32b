"""The sabotages are made of today's code: one that no longer fits would test nothing."""

from pathlib import Path

import pytest

from tests.faults.copies import copy_with
from tests.faults.sabotage import SABOTAGES, Sabotage


@pytest.mark.parametrize("sabotage", SABOTAGES, ids=[one.name for one in SABOTAGES])
def test_a_sabotage_fits_the_code_and_still_compiles(sabotage: Sabotage, tmp_path: Path) -> None:
    tree = copy_with(sabotage.changes, tmp_path / "tree")

    for change in sabotage.changes:
        compile((tree / change.path).read_text(), change.path, "exec")
