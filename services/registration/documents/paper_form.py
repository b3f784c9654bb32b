"""The paper form: the fields of a registration, both consents, and a QR code to the public page."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from contracts.events.vocabulary import Purpose
from services.registration.documents.pdf_renderer import PdfRenderer, format_time, print_heading
from services.registration.documents.texts import Wording, current_version, labels, wordings
from services.registration.domain.incident import Incident

if TYPE_CHECKING:
    from kit.documents.pdf import PdfDocument


def print_form(
    renderer: PdfRenderer, incident: Incident, language: str, numbers: Sequence[str], slug: str, now: datetime
) -> bytes:
    """Return a PDF with one form per number. Slow: call it in a thread."""
    title = labels(language)["form"]["title"]
    paper = renderer.paper(language, title, now)
    for place, number in enumerate(numbers):
        if place:
            paper.new_page()
        words = print_heading(paper, incident, language, title)
        _print_incident(paper, incident, words, number)
        _print_person_fields(paper, words)
        _print_consents(paper, words, wordings()[current_version()][language])
        _print_registrar_fields(paper, words)
        paper.qr(renderer.form_url(slug, language), words["form"]["scan"])
    return paper.pdf()


def _print_incident(paper: "PdfDocument", incident: Incident, words: dict[str, Any], number: str) -> None:
    form = words["form"]
    where = f"{incident.name}, {incident.place}, {format_time(incident.started_at)}"
    facts = [
        (form["number"], number),
        (form["incident"], where),
        (form["hotline"], incident.hotline or ""),
        (form["wording"], current_version()),
    ]
    paper.facts([fact for fact in facts if fact[1]])
    paper.paragraph(form["intro"])


def _print_person_fields(paper: "PdfDocument", words: dict[str, Any]) -> None:
    form, fields = words["form"], words["fields"]
    paper.heading(form["who"], 2)
    paper.line(fields["name"])
    paper.line(fields["cpr"], fields["birth_date"])
    paper.line(fields["other_number"])
    paper.paragraph(fields["role"])
    paper.boxes(list(words["roles"].values()))
    paper.line(fields["belongs_with"])
    paper.heading(form["reach"], 2)
    paper.line(fields["phone"], fields["email"])
    paper.line(fields["address"])
    paper.line(fields["postcode"], fields["city"], fields["country"])
    paper.line(fields["language"], fields["preferred_channel"])
    paper.boxes([fields["interpreter"], fields["do_not_contact"]])
    paper.paragraph(fields["preferred_time"])
    paper.boxes(list(words["times"].values()))
    paper.heading(form["wishes"], 2)
    paper.line(fields["circumstances"])
    paper.line(fields["concerns"])


def _print_consents(paper: "PdfDocument", words: dict[str, Any], wording: Wording) -> None:
    form = words["form"]
    paper.heading(form["consents"], 2)
    paper.paragraph(form["two"])
    for purpose in Purpose:
        paper.heading(wording.consent_text(purpose).title, 3)
        paper.boxes([wording.consent_text(purpose).text])
    paper.paragraph(f"{form['ways']}:")
    paper.boxes(list(words["channels"].values()))
    for text in wording.terms:
        paper.paragraph(text, small=True)
    paper.line(words["fields"]["guardian"])
    paper.line(words["fields"]["guardian_cpr"])
    paper.line(form["signature"], form["date"])


def _print_registrar_fields(paper: "PdfDocument", words: dict[str, Any]) -> None:
    """Print the registrar's part in Danish on every form: the registrar reads it."""
    heading, danish = words["form"]["office"], labels("da")
    form = danish["form"]
    paper.heading(heading, 2)
    if form["office"] != heading:
        paper.heading(form["office"], 3)
    paper.boxes(list(danish["presence"].values()))
    paper.paragraph(form["where"])
    paper.boxes(list(danish["places"].values()))
    paper.line(form["registrar"], form["at"])
    paper.line(form["witness"])
