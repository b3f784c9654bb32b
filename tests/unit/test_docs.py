"""The documentation names files that exist: links, paths in code style, the index of decisions."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted({*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")})
SERVICES = ROOT / "services"
_LINK = re.compile(r"\]\((?!https?:)([^)#]+)")
_PATH = re.compile(r"`((?:[\w.-]+/)+[\w.-]*)`")
_MADE_LATER = ("var/", "deploy/certificates/")
_DECISION = re.compile(r"docs/decisions/\d{4}")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_file(page: Path) -> None:
    links = [link for link in _LINK.findall(page.read_text()) if not (page.parent / link).exists()]

    assert links == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_path_exists_in_the_repository_or_in_a_service(page: Path) -> None:
    missing = [path for path in _PATH.findall(page.read_text()) if not _exists(path)]

    assert missing == []


def test_the_index_of_decisions_names_each_decision_by_its_title() -> None:
    decisions = sorted((ROOT / "docs" / "decisions").glob("0*.md"))
    index = (ROOT / "docs" / "decisions" / "README.md").read_text()

    assert [row for row in index.splitlines() if row.startswith("| [")] == [_row(path) for path in decisions]


def _row(path: Path) -> str:
    number, _, title = path.read_text().splitlines()[0].removeprefix("# ").partition(" ")
    return f"| [{number}]({path.name}) | {title} |"


def _exists(path: str) -> bool:
    places = (ROOT, SERVICES, *(service for service in SERVICES.iterdir() if service.is_dir()))
    if _DECISION.fullmatch(path):
        return any(ROOT.glob(f"{path}-*.md"))
    return path.startswith(_MADE_LATER) or any((place / path).exists() for place in places)
