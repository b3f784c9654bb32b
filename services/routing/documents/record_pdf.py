"""The handover record as a PDF in Danish, for the journal of the home authority."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import asyncpg

from contracts.events import personal
from contracts.events.vocabulary import (
    Channel,
    ObtainedBy,
    PreferredTime,
    Purpose,
    RegistrationPlace,
    Relation,
    Role,
)
from contracts.rules.identity import IdentitySystem
from contracts.wire.sealed import FieldSet
from kit.documents.pdf import PdfDocument, fonts_in
from services.routing.documents.record import ConsentSection, HandoverRecord
from services.routing.domain.handover import HandoverState
from services.routing.domain.reasons import ExplanationLanguage, format_day

_LOCAL: Final = ZoneInfo("Europe/Copenhagen")
_TITLE: Final = "Overdragelse til opfølgning"
_ROLES: Final = {
    Role.VICTIM: "Direkte ramt",
    Role.RELATIVE: "Pårørende",
    Role.WITNESS: "Vidne",
    Role.RESPONDER: "Indsats eller personale",
    Role.OTHER: "Anden",
}
_PLACES: Final = {
    RegistrationPlace.SCENE: "på skadestedet",
    RegistrationPlace.EPC: "i evakuerings- og pårørendecentret (EPC)",
    RegistrationPlace.HOSPITAL: "på hospitalet",
    RegistrationPlace.HOTLINE: "på hotlinen",
    RegistrationPlace.SELF: "af personen selv",
    RegistrationPlace.PAPER: "efter en papirblanket",
}
_RELATIONS: Final = {
    Relation.FAMILY: "i familie med",
    Relation.GUARDIAN: "værge eller forælder for",
    Relation.CHILD: "barn, hvis værge eller forælder er",
    Relation.CAME_WITH: "kom sammen med",
}
_PURPOSES: Final = {
    Purpose.REGISTRATION: "Samtykke til registrering og videregivelse",
    Purpose.CONTACT: "Samtykke til at blive kontaktet",
}
_OBTAINED: Final = {
    ObtainedBy.ORAL_WITNESSED: "mundtligt, med vidne",
    ObtainedBy.PAPER_FORM: "på papirblanket",
    ObtainedBy.DIGITAL: "digitalt",
}
_SYSTEMS: Final = {
    IdentitySystem.CPR: "CPR-nummer",
    IdentitySystem.REPLACEMENT_CPR: "Erstatnings-CPR-nummer",
    IdentitySystem.X_ECPR: "X-eCPR",
    IdentitySystem.D_ECPR: "D-eCPR",
    IdentitySystem.PASSPORT: "Pas",
    IdentitySystem.NONE: "Uden nummer",
}
_CHANNELS: Final = {
    Channel.CALL: "opkald",
    Channel.DIGITAL_POST: "Digital Post",
    Channel.SMS: "sms",
    Channel.EMAIL: "e-mail",
    Channel.LETTER: "brev",
}
_TIMES: Final = {
    PreferredTime.MORNING: "formiddag",
    PreferredTime.AFTERNOON: "eftermiddag",
    PreferredTime.EVENING: "aften",
}
_LANGUAGES: Final = {"da": "dansk", "en": "engelsk", "uk": "ukrainsk", "ar": "arabisk", "de": "tysk"}
_FIELD_SETS: Final[dict[FieldSet, str]] = {
    personal.IDENTITY: "identitet",
    personal.CONTACT: "kontaktoplysninger",
    personal.CIRCUMSTANCES: "omstændigheder og bekymringer",
}
_STATES: Final = {
    HandoverState.OFFERED: "Tilbudt, endnu ikke besvaret",
    HandoverState.ACCEPTED: "Overtaget",
    HandoverState.CONTACTED: "Overtaget, personen er kontaktet",
}


def print_record(record: HandoverRecord, assets_dir: Path, now: datetime) -> bytes:
    """Render the PDF. Slow; call it in a thread."""
    paper = PdfDocument(fonts_in(assets_dir), "da", _TITLE, created=now)
    if record.row["exercise"]:
        paper.banner("ØVELSE")
    paper.heading(_TITLE)
    paper.facts(_said(_about(record)))
    if record.row["do_not_contact"]:
        paper.banner("Personen ønsker ikke at blive kontaktet")
    paper.heading("Personen", 2)
    paper.facts(_said(_person(record)))
    for consent in record.consents:
        paper.heading(_PURPOSES[Purpose(consent.told.row["purpose"])], 2)
        paper.facts(_said(_consent(consent)))
    _tell(paper, "Omstændigheder", record.circumstances.circumstances)
    _tell(paper, "Bekymringer", record.circumstances.concerns)
    paper.heading("Hvorfor sagen hører hjemme her", 2)
    for sentence in record.decisions:
        paper.paragraph(sentence)
    _passed_on(paper, record)
    paper.paragraph(f"Udskrevet {_moment(now)}. Overdragelse {record.row['handover_id']}.", small=True)
    return paper.pdf()


def _tell(paper: PdfDocument, title: str, text: str | None) -> None:
    if text:
        paper.heading(title, 2)
        paper.paragraph(text)


def _passed_on(paper: PdfDocument, record: HandoverRecord) -> None:
    paper.heading("Hvad der er videregivet, og på hvilket samtykke", 2)
    paper.table(
        ("Videregivet", "Hvad", "Samtykke", "Af"),
        [_passing(one) for one in record.passed],
        (2, 4, 4, 2),
    )
    paper.paragraph(
        "Oplysningerne er videregivet på borgerens samtykke (sundhedsloven § 43). "
        "Samtykket kan til enhver tid trækkes tilbage.",
        small=True,
    )


def _passing(one: asyncpg.Record) -> tuple[str, ...]:
    what = ", ".join(_FIELD_SETS.get(name, name) for name in one["field_sets"])
    given, until = _moment(one["consent_given_at"]), _moment(one["consent_expires_at"])
    by = "Følgeskab, efter reglerne" if one["actor"] == "routing" else one["actor"]
    return _moment(one["passed_on_at"]), what, f"Givet {given}, gælder til {until} ({one['consent_id']})", by


def _about(record: HandoverRecord) -> Iterator[tuple[str, str | None]]:
    row = record.row
    yield "Til", f"{record.to.name} ({record.to.authority})"
    if record.municipality.authority != record.to.authority:
        yield "Bopælskommune", f"{record.municipality.name} ({record.municipality.authority})"
    yield "Hændelse", ", ".join(part for part in (row["incident_name"], row["incident_place"]) if part)
    yield "Hændelsens begyndelse", row["started_at"] and _moment(row["started_at"])
    yield "Status", _STATES.get(row["state"])
    yield "Tilbudt", f"{_moment(row['offered_at'])}, svar ønskes inden {_moment(row['answer_by'])}"
    yield "Overtaget", row["accepted_at"] and _moment(row["accepted_at"])
    yield "Første kontakt inden", row["contact_by"] and _moment(row["contact_by"])
    yield "Første kontakt", row["first_contact_at"] and _moment(row["first_contact_at"])


def _person(record: HandoverRecord) -> Iterator[tuple[str, str | None]]:
    row, contact = record.row, record.contact
    yield "Navn", contact.name
    for number in record.identity.identifiers:
        scope = f" ({number.scope})" if number.scope else ""
        yield _SYSTEMS.get(IdentitySystem(number.system), number.system), number.value + scope
    born = record.identity.birth_date
    yield "Født", born and format_day(date.fromisoformat(born), ExplanationLanguage.DANISH)
    yield "Telefon", contact.phone
    yield "E-mail", contact.email
    if record.protected:
        yield "Adresse", "Beskyttet: den står ikke her."
    for address in record.addresses:
        yield "Adresse", _address(address)
    yield "Berørt som", _ROLES.get(row["role"])
    yield "Sprog", _LANGUAGES.get(row["language"], row["language"])
    yield "Tolk", "ønskes" if contact.interpreter else None
    for word, other in record.relations:
        yield "Hører sammen med", f"{_RELATIONS[word]} registrering {other}"
    yield "Helst kontakt ved", _CHANNELS.get(row["preferred_channel"])
    yield (
        "Helst kontakt",
        _TIMES.get(PreferredTime(contact.preferred_time)) if contact.preferred_time else None,
    )
    if row["registered_at"]:
        yield "Registreret", f"{_moment(row['registered_at'])}, {_PLACES.get(row['place'], row['place'])}"


def _consent(consent: ConsentSection) -> Iterator[tuple[str, str | None]]:
    row, said = consent.told.row, consent.told.documentation
    whom = ", ".join(f"{one.name} ({one.authority})" for one in consent.authorities)
    yield "Gælder for", whom or "den ansvarlige myndighed, hvem det end er"
    yield "Kanaler", ", ".join(_CHANNELS[Channel(name)] for name in row["channels"])
    yield "Givet", f"{_moment(row['given_at'])}, gælder til {_moment(row['expires_at'])}"
    withdrawn_at = consent.told.withdrawn_at
    yield "Trukket tilbage", _moment(withdrawn_at) if withdrawn_at else None
    yield "Indhentet", row["obtained"] and _OBTAINED[ObtainedBy(row["obtained"])]
    yield "Indhentet af", said.by if said else None
    yield "Vidne", said.witness if said else None
    yield "Værge eller forældremyndighed", said.guardian if said else None
    yield "Blanketnummer", row["form_number"]
    yield "Tekst", row["wording"] and f"version {row['wording']}"
    yield "Tekstens sprog", row["language"] and _LANGUAGES.get(row["language"], row["language"])
    yield "Samtykkets nummer", str(row["consent_id"])


def _address(address: personal.Address) -> str:
    town = " ".join(part for part in (address.postcode, address.city) if part)
    country = address.country if address.country != "DK" else None
    return ", ".join(part for part in (address.line, town, country) if part)


def _said(facts: Iterator[tuple[str, str | None]]) -> list[tuple[str, str]]:
    """Omit empty values."""
    return [(name, value) for name, value in facts if value]


def _moment(at: datetime) -> str:
    return f"{at.astimezone(_LOCAL):%d.%m.%Y %H:%M}"
