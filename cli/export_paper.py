"""The PDF of an export, in Danish, for the citizen. The labels of codes are the console's."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from cli.export import Export
from kit.documents.pdf import PdfDocument
from kit.i18n.catalogues import load_translations
from services.console.i18n.translator import Translator

_ = load_translations(Path(__file__).parent / "i18n")["da"].gettext
_LOCAL: Final = ZoneInfo("Europe/Copenhagen")
_TITLE: Final = _("Information about you in Følgeskab")
_INTRO: Final = _(
    "You have the right to see the information that we have about you (General Data Protection"
    " Regulation, article 15). Here is the most important part. The file beside this one contains"
    " each row word for word. If something is wrong, you can have it corrected. You can also have the"
    " use of the information restricted, withdraw your consent, or be erased."
)
_PLACES: Final = {
    "scene": _("at the scene"), "epc": _("in the evacuation and relatives' centre"),
    "hospital": _("at the hospital"), "hotline": _("by the hotline"), "self": _("by yourself online"),
    "paper": _("on paper"),
}  # fmt: skip
_PURPOSES: Final = {"registration": _("registration and disclosure"), "contact": _("contact")}
_IDENTIFIER_SYSTEMS: Final = {
    "cpr": _("CPR number"), "replacement_cpr": _("Replacement CPR number"),
    "x_ecpr": _("eCPR number (national)"), "d_ecpr": _("eCPR number (regional)"),
    "passport": _("Passport number"),
}  # fmt: skip
_FIELD_SETS: Final = {
    "identity": _("identity"), "contact": _("contact details"), "recipient": _("recipient"),
    "note": _("note"), "circumstances": _("circumstances"), "consent": _("consent"),
}  # fmt: skip
_FIELDS: Final = _FIELD_SETS | {
    "name": _("name"), "phone": _("telephone"), "email": _("e-mail"), "addresses": _("address"),
    "identifiers": _("numbers"), "birth_date": _("birth date"), "role": _("affected as"),
    "presence": _("present"), "language": _("language"), "interpreter": _("interpreter"),
    "age_band": _("age group"), "channels": _("possible channels"), "note": _("remark"),
    "circumstances": _("experienced"), "concerns": _("concerns"), "preferred_time": _("preferred time"),
    "preferred_channel": _("preferred channel"), "guardian": _("guardian who consented"),
    "guardian_cpr": _("CPR number of the guardian who consented"),
}  # fmt: skip
_PURPOSES_OF_ACCESS: Final = {
    "registration": _("look-up of the registration"), "export": _("printed for you"),
    "proof": _("proof of erasure"), "decisions": _("look-up of decisions"), "call": _("call to you"),
    "triage": _("finding the municipality"), "search": _("search"), "hotline": "hotline",
    "follow_up": _("follow-up"), "correction": _("correction"), "bars": _("look-up of restrictions"),
    "duplicate": _("comparison with another person"), "history": _("look-up of corrections"),
    "explanation": _("explanation of the municipality"), "rights": _("your rights"), "": _("disclosure"),
}  # fmt: skip


def print_export(export: Export, fonts: Path, authorities: dict[str, str]) -> bytes:
    """Return the PDF. `authorities` maps codes to names. Takes about a second."""
    paper = PdfDocument(fonts, "da", _TITLE, created=export.made_at)
    paper.heading(_TITLE)
    paper.paragraph(_INTRO)
    paper.facts(
        [
            (_("Registration"), export.registration_id),
            (_("Printed"), _format_time(export.made_at.isoformat())),
        ]
    )
    _person(paper, export)
    _consents(paper, export)
    _corrections(paper, export)
    _authorities(paper, export, authorities)
    _contacts(paper, export)
    _access_log(paper, export)
    _all_tables(paper, export)
    return paper.pdf()


def _person(paper: PdfDocument, export: Export) -> None:
    for number, row in enumerate(export.rows("registration", "registration")):
        paper.heading(
            _("How you are registered") if not number else _("You are also registered like this"), 2
        )
        paper.facts(list(_facts(row)))


def _facts(row: dict[str, Any]) -> Iterable[tuple[str, str]]:
    contact, identity, about = (
        _unsealed_content(row, name) for name in ("contact", "identity", "circumstances")
    )
    note = _unsealed_content(row, "note")
    yield _("Name"), str(contact.get("name", ""))
    for entry in identity.get("identifiers", ()):
        yield _IDENTIFIER_SYSTEMS.get(entry["system"], entry["system"]), str(entry["value"])
    labelled = {
        _("Born"): _format_day(identity.get("birth_date")),
        _("Telephone"): contact.get("phone"),
        _("E-mail"): contact.get("email"),
        _("Address"): "\n".join(_format_address(entry) for entry in contact.get("addresses", ())),
        _("Language"): row["language"],
        _("Interpreter"): _("yes") if row["interpreter"] else None,
        _("Affected as"): _danish("role", row["role"]),
        _("Registered"): f"{_format_time(row['registered_at'])} {_PLACES.get(row['place'], '')}",
        _("Registered by"): row["registered_by"],
        _("Experienced"): about.get("circumstances"),
        _("Concerns"): about.get("concerns"),
        _("Remark"): note.get("text"),
    }
    yield from ((name, str(value)) for name, value in labelled.items() if value)


def _consents(paper: PdfDocument, export: Export) -> None:
    rows = [
        (
            _format_time(row["withdrawn_on"] or row["at"]),
            _format_time(row["recorded_at"]),
            _("Given") if row["kind"] == "given" else _("Withdrawn"),
            _PURPOSES.get(row["purpose"], row["purpose"]),
            _join_danish("channel", row["channels"] or ()),
            _format_time(row["expires_at"]),
        )
        for row in export.rows("registration", "consent_entry")
    ]
    _table(
        paper,
        _("Your consents"),
        (_("When"), _("Recorded"), _("What"), _("For"), _("Channels"), _("Holds until")),
        rows,
    )


def _corrections(paper: PdfDocument, export: Export) -> None:
    rows = [
        (
            _format_time(row["replaced_at"]),
            row["replaced_by"],
            ", ".join(_FIELDS.get(name, name) for name in row["changed"]),
            _unsealed_content(row, "why").get("text", ""),
        )
        for row in export.rows("registration", "person_version")
    ]
    _table(paper, _("Corrections"), (_("When"), _("By"), _("What"), _("Why")), rows)


def _authorities(paper: PdfDocument, export: Export, names: dict[str, str]) -> None:
    decided = [
        (
            _format_time(row["decided_at"]),
            _format_day(row["on_date"]),
            names.get(row["municipality"], row["municipality"] or "?"),
        )
        for row in export.rows("routing", "decision")
    ]
    _table(paper, _("Responsible municipality"), (_("Decided"), _("For the day"), _("Municipality")), decided)
    passed = [
        (
            _format_time(row["passed_on_at"]),
            names.get(row["authority"], row["authority"]),
            ", ".join(_FIELD_SETS.get(part, part) for part in row["field_sets"]),
        )
        for row in export.rows("routing", "passing_on")
    ]
    _table(paper, _("Disclosed to"), (_("When"), _("Authority"), _("What")), passed)


def _contacts(paper: PdfDocument, export: Export) -> None:
    rows = [
        (
            _format_time(row["due_at"]),
            _join_danish("channel", row["channels"]),
            _danish("contact_state", row["state"]),
            _danish("outcome", row["outcome"]) or _danish("reason", row["reason"]),
        )
        for row in export.rows("outreach", "contact")
    ]
    _table(paper, _("Contacts to you"), (_("Planned"), _("Channels"), _("Status"), _("Outcome")), rows)
    calls = [
        (
            _format_time(row["at"]),
            row["actor"],
            _danish("outcome", row["outcome"]),
            _unsealed_content(row, "note").get("text", ""),
        )
        for row in export.rows("outreach", "call_attempt")
    ]
    _table(paper, _("Calls"), (_("When"), _("By"), _("Outcome"), _("Note")), calls)


def _access_log(paper: PdfDocument, export: Export) -> None:
    rows = [
        (
            _format_time(entry.get("seen_at") or entry.get("passed_on_at")),
            str(entry.get("actor", "")),
            _format_purpose(entry.get("purpose")),
            ", ".join(_FIELD_SETS.get(part, part) for part in entry.get("field_sets", ())),
        )
        for entry in export.log
    ]
    _table(paper, _("Who has seen information about you"), (_("When"), _("Who"), _("Why"), _("What")), rows)


def _all_tables(paper: PdfDocument, export: Export) -> None:
    rows = [
        (_danish("service", service), table.replace("_", " "), str(len(held)))
        for service, tables in export.services.items()
        for table, held in tables.items()
    ]
    _table(paper, _("Everything that is stored"), (_("Part of the system"), _("Table"), _("Rows")), rows)


def _table(paper: PdfDocument, title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    paper.heading(title, 2)
    if rows:
        paper.table(header, [[str(cell or "") for cell in row] for row in rows])
    else:
        paper.paragraph(_("Nothing."))


def _unsealed_content(row: dict[str, Any], column: str) -> dict[str, Any]:
    """Return the content of a sealed column, or {} where it is empty or does not decrypt."""
    value = row.get(column)
    return value if isinstance(value, dict) else {}


def _format_address(address: dict[str, Any]) -> str:
    place = " ".join(part for part in (address.get("postcode"), address.get("city")) if part)
    return ", ".join(part for part in (address.get("line"), place) if part)


def _danish(group: str, code: str | None) -> str:
    return Translator("da").word(group, code) if code else ""


def _join_danish(group: str, codes: Iterable[str]) -> str:
    return ", ".join(_danish(group, code) for code in codes)


def _format_time(text: str | None) -> str:
    return f"{datetime.fromisoformat(text).astimezone(_LOCAL):%d.%m.%Y %H:%M}" if text else ""


def _format_day(text: str | None) -> str:
    return f"{date.fromisoformat(text):%d.%m.%Y}" if text else ""


def _format_purpose(code: str | None) -> str:
    return ": ".join(_PURPOSES_OF_ACCESS.get(part, part) for part in (code or "").split("/"))
