"""Shared parts of the PDFs: fonts, the public address, the heading, times."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from services.registration.documents.texts import labels
from services.registration.domain.incident import Incident

if TYPE_CHECKING:
    from kit.documents.pdf import PdfDocument

_LOCAL: Final = ZoneInfo("Europe/Copenhagen")


@dataclass(frozen=True, slots=True)
class PdfRenderer:
    assets_dir: Path
    public_url: str  # address of this service for the public

    def paper(self, language: str, title: str, created: datetime) -> "PdfDocument":
        from kit.documents.pdf import PdfDocument, fonts_in  # noqa: PLC0415 - 35 MB that few processes ever need

        return PdfDocument(fonts_in(self.assets_dir), language, title, created=created)

    def form_url(self, slug: str, language: str = "da") -> str:
        plain = f"{self.public_url.rstrip('/')}/tilmeld/{slug}"
        return plain if language == "da" else f"{plain}?language={language}"


def format_time(at: datetime) -> str:
    return f"{at.astimezone(_LOCAL):%d.%m.%Y %H:%M}"


def print_heading(paper: "PdfDocument", incident: Incident, language: str, title: str) -> dict[str, Any]:
    """Print the heading, with a banner for exercises. Return the labels of the language."""
    words = dict(labels(language))
    if incident.exercise:
        paper.banner(words["banner"]["exercise"])
    paper.heading(title)
    return words
