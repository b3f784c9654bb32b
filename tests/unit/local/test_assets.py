import json
from typing import Any

import pytest

from deploy.local.assets import ROOT


@pytest.fixture
def lock() -> Any:
    return json.loads((ROOT / "package-lock.json").read_text("utf-8"))


def test_the_lock_records_no_download_address(lock: Any) -> None:
    packages = lock["packages"]

    assert [name for name, package in packages.items() if "resolved" in package] == []
    assert "http" not in json.dumps(packages)


def test_every_locked_package_carries_a_hash(lock: Any) -> None:
    without = [name for name, package in lock["packages"].items() if name and "integrity" not in package]

    assert without == []


def test_the_lock_belongs_to_the_manifest(lock: Any) -> None:
    manifest = json.loads((ROOT / "package.json").read_text("utf-8"))

    assert lock["packages"][""]["dependencies"] == manifest["dependencies"]
    assert manifest["dependencies"]["dkfds"] == "11.2.0"
