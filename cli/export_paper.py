"""The PDF of an export, in Danish, for the citizen. The labels of codes are the console's."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from cli.export import Export
from kit.documents.pdf import PdfDocument
from services.console.i18n.translator import Translator

_LOCAL: Final = ZoneInfo("Europe/Copenhagen")
_TITLE: Final = "Oplysninger om dig i Følgeskab"
_INTRO: Final = (
    "Du har ret til at se de oplysninger, vi har om dig (databeskyttelsesforordningens artikel 15). Her står"
    " de vigtigste. Filen ved siden af denne indeholder hver eneste række ordret. Er noget forkert, kan du få"
    " det rettet. Du kan også få brugen af oplysningerne begrænset, trække dit samtykke tilbage eller blive"
    " slettet."
)
_PLACES: Final = {
    "scene": "på stedet", "epc": "i evakuerings- og pårørendecentret", "hospital": "på hospitalet",
    "hotline": "af hotlinen", "self": "af dig selv på nettet", "paper": "på papir",
}  # fmt: skip
_PURPOSES: Final = {"registration": "registrering og videregivelse", "contact": "kontakt"}
_IDENTIFIER_SYSTEMS: Final = {
    "cpr": "CPR-nummer", "replacement_cpr": "Erstatnings-CPR-nummer", "x_ecpr": "eCPR-nummer (nationalt)",
    "d_ecpr": "eCPR-nummer (regionalt)", "passport": "Pasnummer",
}  # fmt: skip
_FIELD_SETS: Final = {
    "identity": "identitet", "contact": "kontaktoplysninger", "recipient": "modtager", "note": "notat",
    "circumstances": "omstændigheder", "consent": "samtykke",
}  # fmt: skip
_FIELDS: Final = _FIELD_SETS | {
    "name": "navn", "phone": "telefon", "email": "e-mail", "addresses": "adresse", "identifiers": "numre",
    "birth_date": "fødselsdato", "role": "berørt som", "presence": "til stede", "language": "sprog",
    "interpreter": "tolk", "age_band": "aldersgruppe", "channels": "mulige kanaler", "note": "bemærkning",
    "circumstances": "oplevet", "concerns": "bekymringer", "preferred_time": "ønsket tidspunkt",
    "preferred_channel": "ønsket kanal", "guardian": "værge, der har givet samtykke",
    "guardian_cpr": "CPR-nummer på værge, der har givet samtykke",
}  # fmt: skip
_PURPOSES_OF_ACCESS: Final = {
    "registration": "opslag i registreringen", "export": "udskrift til dig", "proof": "bevis for sletning",
    "decisions": "opslag i afgørelser", "call": "opkald til dig", "triage": "afklaring af kommune",
    "search": "søgning", "hotline": "hotline", "follow_up": "opfølgning", "correction": "rettelse",
    "bars": "opslag i begrænsninger", "duplicate": "sammenligning med en anden",
    "history": "opslag i rettelser", "explanation": "forklaring af kommune",
    "rights": "dine rettigheder", "": "videregivelse",
}  # fmt: skip


def print_export(export: Export, fonts: Path, authorities: dict[str, str]) -> bytes:
    """Return the PDF. `authorities` maps codes to names. Takes about a second."""
    paper = PdfDocument(fonts, "da", _TITLE, created=export.made_at)
    paper.heading(_TITLE)
    paper.paragraph(_INTRO)
    paper.facts(
        [("Registrering", export.registration_id), ("Udskrevet", _format_time(export.made_at.isoformat()))]
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
        paper.heading("Sådan er du registreret" if not number else "Du er også registreret sådan", 2)
        paper.facts(list(_facts(row)))


def _facts(row: dict[str, Any]) -> Iterable[tuple[str, str]]:
    contact, identity, about = (
        _unsealed_content(row, name) for name in ("contact", "identity", "circumstances")
    )
    note = _unsealed_content(row, "note")
    yield "Navn", str(contact.get("name", ""))
    for entry in identity.get("identifiers", ()):
        yield _IDENTIFIER_SYSTEMS.get(entry["system"], entry["system"]), str(entry["value"])
    labelled = {
        "Født": _format_day(identity.get("birth_date")),
        "Telefon": contact.get("phone"),
        "E-mail": contact.get("email"),
        "Adresse": "\n".join(_format_address(entry) for entry in contact.get("addresses", ())),
        "Sprog": row["language"],
        "Tolk": "ja" if row["interpreter"] else None,
        "Berørt som": _danish("role", row["role"]),
        "Registreret": f"{_format_time(row['registered_at'])} {_PLACES.get(row['place'], '')}",
        "Registreret af": row["registered_by"],
        "Oplevet": about.get("circumstances"),
        "Bekymringer": about.get("concerns"),
        "Bemærkning": note.get("text"),
    }
    yield from ((name, str(value)) for name, value in labelled.items() if value)


def _consents(paper: PdfDocument, export: Export) -> None:
    rows = [
        (
            _format_time(row["withdrawn_on"] or row["at"]),
            _format_time(row["recorded_at"]),
            "Givet" if row["kind"] == "given" else "Trukket tilbage",
            _PURPOSES.get(row["purpose"], row["purpose"]),
            _join_danish("channel", row["channels"] or ()),
            _format_time(row["expires_at"]),
        )
        for row in export.rows("registration", "consent_entry")
    ]
    _table(paper, "Dine samtykker", ("Hvornår", "Noteret", "Hvad", "Til", "Kanaler", "Gælder til"), rows)


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
    _table(paper, "Rettelser", ("Hvornår", "Af", "Hvad", "Hvorfor"), rows)


def _authorities(paper: PdfDocument, export: Export, names: dict[str, str]) -> None:
    decided = [
        (
            _format_time(row["decided_at"]),
            _format_day(row["on_date"]),
            names.get(row["municipality"], row["municipality"] or "?"),
        )
        for row in export.rows("routing", "decision")
    ]
    _table(paper, "Ansvarlig kommune", ("Afgjort", "For dagen", "Kommune"), decided)
    passed = [
        (
            _format_time(row["passed_on_at"]),
            names.get(row["authority"], row["authority"]),
            ", ".join(_FIELD_SETS.get(part, part) for part in row["field_sets"]),
        )
        for row in export.rows("routing", "passing_on")
    ]
    _table(paper, "Videregivet til", ("Hvornår", "Myndighed", "Hvad"), passed)


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
    _table(paper, "Kontakter til dig", ("Planlagt", "Kanaler", "Status", "Resultat"), rows)
    calls = [
        (
            _format_time(row["at"]),
            row["actor"],
            _danish("outcome", row["outcome"]),
            _unsealed_content(row, "note").get("text", ""),
        )
        for row in export.rows("outreach", "call_attempt")
    ]
    _table(paper, "Opkald", ("Hvornår", "Af", "Resultat", "Notat"), calls)


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
    _table(paper, "Hvem har set oplysninger om dig", ("Hvornår", "Hvem", "Hvorfor", "Hvad"), rows)


def _all_tables(paper: PdfDocument, export: Export) -> None:
    rows = [
        (_danish("service", service), table.replace("_", " "), str(len(held)))
        for service, tables in export.services.items()
        for table, held in tables.items()
    ]
    _table(paper, "Alt, hvad der er gemt", ("Del af systemet", "Tabel", "Rækker"), rows)


def _table(paper: PdfDocument, title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    paper.heading(title, 2)
    if rows:
        paper.table(header, [[str(cell or "") for cell in row] for row in rows])
    else:
        paper.paragraph("Intet.")


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
