"""The published test data and schemas beside the checkout: read by tests marked `published`, never copied."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2] / "shared"


def path(name: str) -> Path:
    return ROOT / name


def available() -> bool:
    return (ROOT / "schemas").is_dir()
