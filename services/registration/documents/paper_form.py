"""The form for those without a screen: a registration's fields, both consents, and the way to the page."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from contracts.events.vocabulary import Purpose
from services.registration.documents.pdf_renderer import Press, begin, moment
from services.registration.documents.texts import Wording, current, labels, wordings
from services.registration.domain.incident import Incident

if TYPE_CHECKING:
    from kit.documents.pdf import PdfDocument


def print_form(
    press: Press, incident: Incident, language: str, numbers: Sequence[str], slug: str, now: datetime
) -> bytes:
    """Print a form for each number. Slow: call it in a thread."""
    title = labels(language)["form"]["title"]
    paper = press.paper(language, title, now)
    for place, number in enumerate(numbers):
        if place:
            paper.new_page()
        words = begin(paper, incident, language, title)
        _opening(paper, incident, words, number)
        _person(paper, words)
        _consents(paper, words, wordings()[current()][language])
        _office(paper, words)
        paper.qr(press.form_url(slug, language), words["form"]["scan"])
    return paper.pdf()


def _opening(paper: "PdfDocument", incident: Incident, words: dict[str, Any], number: str) -> None:
    form = words["form"]
    where = f"{incident.name}, {incident.place}, {moment(incident.started_at)}"
    facts = [
        (form["number"], number),
        (form["incident"], where),
        (form["hotline"], incident.hotline or ""),
        (form["wording"], current()),
    ]
    paper.facts([fact for fact in facts if fact[1]])
    paper.paragraph(form["intro"])


def _person(paper: "PdfDocument", words: dict[str, Any]) -> None:
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


def _consents(paper: "PdfDocument", words: dict[str, Any], wording: Wording) -> None:
    form = words["form"]
    paper.heading(form["consents"], 2)
    paper.paragraph(form["two"])
    for purpose in Purpose:
        paper.heading(wording.of(purpose).title, 3)
        paper.boxes([wording.of(purpose).text])
    paper.paragraph(f"{form['ways']}:")
    paper.boxes(list(words["channels"].values()))
    for text in wording.terms:
        paper.paragraph(text, small=True)
    paper.line(words["fields"]["guardian"])
    paper.line(form["signature"], form["date"])


def _office(paper: "PdfDocument", words: dict[str, Any]) -> None:
    """In Danish on every form: whoever registers must read it. The heading is in both languages."""
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
