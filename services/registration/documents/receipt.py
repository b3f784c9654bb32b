"""What a citizen has agreed to, to keep: what, to whom, how, when, until when, and how to take it back."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from contracts.events.vocabulary import ObtainedBy
from services.registration.documents.pdf_renderer import Press, begin, moment
from services.registration.documents.texts import current, labels, spoken, wordings
from services.registration.domain.consent import Documentation, Terms
from services.registration.domain.incident import Incident


@dataclass(frozen=True, slots=True)
class Agreed:
    """A consent, and whose. `withdrawn_at`: since when it no longer holds, if it does not."""

    name: str = field(repr=False)
    terms: Terms
    documentation: Documentation = field(repr=False)
    withdrawn_at: datetime | None = None


def print_receipt(press: Press, incident: Incident, agreed: Agreed, now: datetime) -> bytes:
    """Print it in the consent's own language. Slow: call it in a thread."""
    language = spoken(agreed.terms.language)
    title = labels(language)["receipt"]["title"]
    paper = press.paper(language, title, now)
    words = begin(paper, incident, language, title)
    receipt = words["receipt"]
    paper.paragraph(receipt["intro"])
    known = wordings().get(agreed.terms.wording)
    wording = (known or wordings()[current()])[language]
    paper.heading(wording.of(agreed.terms.purpose).title, 2)
    paper.paragraph(wording.of(agreed.terms.purpose).text if known else receipt["unknown_wording"])
    paper.facts([(name, value) for name, value in _facts(agreed, incident, words, now) if value])
    paper.heading(receipt["withdraw"], 2)
    paper.paragraph(wording.withdrawal)
    ways = [(receipt["hotline"], incident.hotline or ""), (receipt["web"], incident.web_page or "")]
    paper.facts([(name, value) for name, value in ways if value])
    paper.heading(receipt["rights"], 2)
    paper.paragraph(wording.rights)
    paper.paragraph(wording.expiry, small=True)
    paper.paragraph(f"{receipt['made']} {moment(now)}", small=True)
    return paper.pdf()


def _facts(
    agreed: Agreed, incident: Incident, words: dict[str, Any], now: datetime
) -> Iterator[tuple[str, str]]:
    """Give all that may be told; what is empty was not said."""
    receipt, terms, said = words["receipt"], agreed.terms, agreed.documentation
    until = moment(terms.expires_at)
    yield receipt["name"], agreed.name
    yield receipt["incident"], f"{incident.name}, {incident.place}, {moment(incident.started_at)}"
    yield receipt["given"], moment(terms.at)
    yield receipt["until"], until if now < terms.expires_at else f"{until}. {receipt['lapsed']}"
    yield receipt["withdrawn"], moment(agreed.withdrawn_at) if agreed.withdrawn_at else ""
    yield receipt["ways"], ", ".join(words["channels"][channel] for channel in terms.channels)
    yield receipt["to"], ", ".join(terms.authorities) or receipt["home"]
    yield receipt["how"], words["obtained"][ObtainedBy(terms.obtained)]
    yield receipt["number"], terms.form_number or ""
    yield receipt["by"], said.by
    yield receipt["witness"], said.witness or ""
    yield receipt["guardian"], said.guardian or ""
    yield receipt["wording"], f"{terms.wording} ({terms.language})"
