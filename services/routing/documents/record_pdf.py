"""The handover record as a PDF in Danish, for the journal of the home authority."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

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
from services.routing.i18n.languages import DANISH
from services.routing.store.handover_lists import DisclosedFields

_ = DANISH.translate
_LOCAL: Final = ZoneInfo("Europe/Copenhagen")
_TITLE: Final = _("Handover for follow-up")
_ROLES: Final[Mapping[str | None, str]] = {
    Role.VICTIM: _("Directly affected"),
    Role.RELATIVE: _("Relative"),
    Role.WITNESS: _("Witness"),
    Role.RESPONDER: _("Responder or staff"),
    Role.OTHER: _("Other"),
}
_PLACES: Final[Mapping[str | None, str]] = {
    RegistrationPlace.SCENE: _("at the scene"),
    RegistrationPlace.EPC: _("in the evacuation and relatives' centre (EPC)"),
    RegistrationPlace.HOSPITAL: _("at the hospital"),
    RegistrationPlace.HOTLINE: _("by the hotline"),
    RegistrationPlace.SELF: _("by themselves"),
    RegistrationPlace.PAPER: _("from a paper form"),
}
_RELATIONS: Final = {
    Relation.FAMILY: _("family of"),
    Relation.GUARDIAN: _("guardian or parent of"),
    Relation.CHILD: _("child whose guardian or parent is"),
    Relation.CAME_WITH: _("came with"),
}
_PURPOSES: Final = {
    Purpose.REGISTRATION: _("Consent to registration and disclosure"),
    Purpose.CONTACT: _("Consent to be contacted"),
}
_OBTAINED: Final = {
    ObtainedBy.ORAL_WITNESSED: _("orally, with a witness"),
    ObtainedBy.PAPER_FORM: _("on a paper form"),
    ObtainedBy.DIGITAL: _("digitally"),
}
_SYSTEMS: Final = {
    IdentitySystem.CPR: _("CPR number"),
    IdentitySystem.REPLACEMENT_CPR: _("Replacement CPR number"),
    IdentitySystem.X_ECPR: "X-eCPR",
    IdentitySystem.D_ECPR: "D-eCPR",
    IdentitySystem.PASSPORT: _("Passport"),
    IdentitySystem.NONE: _("Without a number"),
}
_CHANNELS: Final[Mapping[str | None, str]] = {
    Channel.CALL: _("call"),
    Channel.DIGITAL_POST: _("Digital Post"),
    Channel.SMS: _("text message"),
    Channel.EMAIL: _("e-mail"),
    Channel.LETTER: _("letter"),
}
_TIMES: Final = {
    PreferredTime.MORNING: _("morning"),
    PreferredTime.AFTERNOON: _("afternoon"),
    PreferredTime.EVENING: _("evening"),
}
_LANGUAGES: Final[Mapping[str | None, str]] = {
    "da": _("Danish"),
    "en": _("English"),
    "uk": _("Ukrainian"),
    "ar": _("Arabic"),
    "de": _("German"),
}
_FIELD_SETS: Final[dict[FieldSet, str]] = {
    personal.IDENTITY: _("identity"),
    personal.CONTACT: _("contact details"),
    personal.CIRCUMSTANCES: _("circumstances and concerns"),
}
_STATES: Final[Mapping[str | None, str]] = {
    HandoverState.OFFERED: _("Offered, not answered yet"),
    HandoverState.ACCEPTED: _("Accepted"),
    HandoverState.CONTACTED: _("Accepted, the person has been contacted"),
}


def print_record(record: HandoverRecord, assets_dir: Path, now: datetime) -> bytes:
    """Render the PDF. Slow; call it in a thread."""
    paper = PdfDocument(fonts_in(assets_dir), "da", _TITLE, created=now)
    if record.row.exercise:
        paper.banner(_("EXERCISE"))
    paper.heading(_TITLE)
    paper.facts(_said(_about(record)))
    if record.row.do_not_contact:
        paper.banner(_("The person does not want to be contacted"))
    paper.heading(_("The person"), 2)
    paper.facts(_said(_person(record)))
    for consent in record.consents:
        paper.heading(_PURPOSES[Purpose(consent.told.row.purpose)], 2)
        paper.facts(_said(_consent(consent)))
    _tell(paper, _("Circumstances"), record.circumstances.circumstances)
    _tell(paper, _("Concerns"), record.circumstances.concerns)
    paper.heading(_("Why the case belongs here"), 2)
    for sentence in record.decisions:
        paper.paragraph(sentence)
    _passed_on(paper, record)
    printed = _("Printed %(time)s. Handover %(id)s.") % {
        "time": _moment(now),
        "id": record.row.handover_id,
    }
    paper.paragraph(printed, small=True)
    return paper.pdf()


def _tell(paper: PdfDocument, title: str, text: str | None) -> None:
    if text:
        paper.heading(title, 2)
        paper.paragraph(text)


def _passed_on(paper: PdfDocument, record: HandoverRecord) -> None:
    paper.heading(_("What was disclosed, and on which consent"), 2)
    paper.table(
        (_("Disclosed"), _("What"), _("Consent"), _("By")),
        [_passing(one) for one in record.passed],
        (2, 4, 4, 2),
    )
    paper.paragraph(
        _(
            "The data was disclosed on the citizen's consent (Health Act, section 43). The consent can be"
            " withdrawn at any time."
        ),
        small=True,
    )


def _passing(one: DisclosedFields) -> tuple[str, ...]:
    what = ", ".join(_FIELD_SETS.get(name, name) for name in one.field_sets)
    consent = _("Given %(given)s, holds until %(until)s (%(id)s)") % {
        "given": _moment(one.consent_given_at),
        "until": _moment(one.consent_expires_at),
        "id": one.consent_id,
    }
    by = _("Følgeskab, by the rules") if one.actor == "routing" else one.actor
    return _moment(one.passed_on_at), what, consent, by


def _about(record: HandoverRecord) -> Iterator[tuple[str, str | None]]:
    row = record.row
    yield _("To"), f"{record.to.name} ({record.to.authority})"
    if record.municipality.authority != record.to.authority:
        yield _("Home municipality"), f"{record.municipality.name} ({record.municipality.authority})"
    yield _("Incident"), ", ".join(part for part in (row.incident_name, row.incident_place) if part)
    yield _("Start of the incident"), _moment(row.started_at)
    yield _("Status"), _STATES.get(row.state)
    yield (
        _("Offered"),
        _("%(time)s, answer wanted by %(until)s")
        % {
            "time": _moment(row.offered_at),
            "until": _moment(row.answer_by),
        },
    )
    yield _("Accepted"), _moment(row.accepted_at)
    yield _("First contact by"), _moment(row.contact_by)
    yield _("First contact"), _moment(row.first_contact_at)


def _person(record: HandoverRecord) -> Iterator[tuple[str, str | None]]:
    row, contact = record.row, record.contact
    yield _("Name"), contact.name
    for number in record.identity.identifiers:
        scope = f" ({number.scope})" if number.scope else ""
        yield _SYSTEMS.get(IdentitySystem(number.system), number.system), number.value + scope
    born = record.identity.birth_date
    yield _("Born"), born and DANISH.format_day(date.fromisoformat(born))
    yield _("Telephone"), contact.phone
    yield _("E-mail"), contact.email
    if record.protected:
        yield _("Address"), _("Protected: not stated here.")
    for address in record.addresses:
        yield _("Address"), _address(address)
    yield _("Affected as"), _ROLES.get(row.role)
    yield _("Language"), _LANGUAGES.get(row.language, row.language)
    yield _("Interpreter"), _("wanted") if contact.interpreter else None
    for word, other in record.relations:
        yield (
            _("Belongs with"),
            _("%(relation)s registration %(id)s") % {"relation": _RELATIONS[word], "id": other},
        )
    yield _("Preferred channel"), _CHANNELS.get(row.preferred_channel)
    yield (
        _("Preferred time"),
        _TIMES.get(PreferredTime(contact.preferred_time)) if contact.preferred_time else None,
    )
    if row.registered_at:
        yield _("Registered"), f"{_moment(row.registered_at)}, {_PLACES.get(row.place, row.place)}"


def _consent(consent: ConsentSection) -> Iterator[tuple[str, str | None]]:
    row, said = consent.told.row, consent.told.documentation
    whom = ", ".join(f"{one.name} ({one.authority})" for one in consent.authorities)
    yield _("Holds for"), whom or _("the responsible authority, whichever it is")
    yield _("Channels"), ", ".join(_CHANNELS[Channel(name)] for name in row.channels)
    yield (
        _("Given"),
        _("%(time)s, holds until %(until)s")
        % {
            "time": _moment(row.given_at),
            "until": _moment(row.expires_at),
        },
    )
    withdrawn_at = consent.told.withdrawn_at
    yield _("Withdrawn"), _moment(withdrawn_at) if withdrawn_at else None
    yield _("Obtained"), row.obtained and _OBTAINED[ObtainedBy(row.obtained)]
    yield _("Obtained by"), said.by if said else None
    yield _("Witness"), said.witness if said else None
    yield _("Guardian or custody holder"), said.guardian if said else None
    yield _("Form number"), row.form_number
    yield _("Wording"), row.wording and _("version %(version)s") % {"version": row.wording}
    yield _("Language of the wording"), row.language and _LANGUAGES.get(row.language, row.language)
    yield _("Number of the consent"), str(row.consent_id)


def _address(address: personal.Address) -> str:
    town = " ".join(part for part in (address.postcode, address.city) if part)
    country = address.country if address.country != "DK" else None
    return ", ".join(part for part in (address.line, town, country) if part)


def _said(facts: Iterator[tuple[str, str | None]]) -> list[tuple[str, str]]:
    """Omit empty values."""
    return [(name, value) for name, value in facts if value]


def _moment(at: datetime | None) -> str:
    return f"{at.astimezone(_LOCAL):%d.%m.%Y %H:%M}" if at else ""
