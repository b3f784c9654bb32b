"""The receipt of a consent, for the citizen: its text, scope, times and how to withdraw it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from contracts.events.vocabulary import ObtainedBy
from services.registration.documents.pdf_renderer import PdfRenderer, format_time, print_heading
from services.registration.documents.texts import (
    current_version,
    labels,
    supported_language,
    wording_language,
    wordings,
)
from services.registration.domain.consent import ConsentDetails, Documentation
from services.registration.domain.incident import Incident


@dataclass(frozen=True, slots=True)
class ConsentReceipt:
    """A consent and the person's name, for the receipt."""

    name: str = field(repr=False)
    terms: ConsentDetails
    documentation: Documentation = field(repr=False)
    withdrawn_at: datetime | None = None


def print_receipt(renderer: PdfRenderer, incident: Incident, consent: ConsentReceipt, now: datetime) -> bytes:
    """Return the receipt as a PDF in the consent's language. Slow: call it in a thread."""
    language = supported_language(consent.terms.language)
    title = labels(language)["receipt"]["title"]
    paper = renderer.paper(language, title, now)
    words = print_heading(paper, incident, language, title)
    receipt = words["receipt"]
    paper.paragraph(receipt["intro"])
    known = wordings().get(consent.terms.wording)
    version = consent.terms.wording if known else current_version()
    wording = wordings()[version][wording_language(language, version)]
    paper.heading(wording.consent_text(consent.terms.purpose).title, 2)
    paper.paragraph(wording.consent_text(consent.terms.purpose).text if known else receipt["unknown_wording"])
    paper.facts([(name, value) for name, value in _facts(consent, incident, words, now) if value])
    paper.heading(receipt["withdraw"], 2)
    paper.paragraph(wording.withdrawal)
    ways = [(receipt["hotline"], incident.hotline or ""), (receipt["web"], incident.web_page or "")]
    paper.facts([(name, value) for name, value in ways if value])
    paper.heading(receipt["rights"], 2)
    paper.paragraph(wording.rights)
    paper.paragraph(wording.expiry, small=True)
    paper.paragraph(f"{receipt['made']} {format_time(now)}", small=True)
    return paper.pdf()


def _facts(
    consent: ConsentReceipt, incident: Incident, words: dict[str, Any], now: datetime
) -> Iterator[tuple[str, str]]:
    """Yield label and value of each fact. The caller omits empty values."""
    receipt, terms, documentation = words["receipt"], consent.terms, consent.documentation
    until = format_time(terms.expires_at)
    yield receipt["name"], consent.name
    yield receipt["incident"], f"{incident.name}, {incident.place}, {format_time(incident.started_at)}"
    yield receipt["given"], format_time(terms.at)
    yield receipt["until"], until if now < terms.expires_at else f"{until}. {receipt['lapsed']}"
    yield receipt["withdrawn"], format_time(consent.withdrawn_at) if consent.withdrawn_at else ""
    yield receipt["ways"], ", ".join(words["channels"][channel] for channel in terms.channels)
    yield receipt["to"], ", ".join(terms.authorities) or receipt["home"]
    yield receipt["how"], words["obtained"][ObtainedBy(terms.obtained)]
    yield receipt["number"], terms.form_number or ""
    yield receipt["by"], documentation.by
    yield receipt["witness"], documentation.witness or ""
    yield receipt["guardian"], documentation.guardian or ""
    yield receipt["wording"], f"{terms.wording} ({terms.language})"
