"""Danish headings and vocabulary words that an import file may use, and their English terms."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from typing import Final

from contracts.rules.invisible_characters import visible

COLUMNS: Final = {
    "reference": ("reference_nr", "løbenummer", "løbenr", "lbnr"),
    "name": ("navn", "fulde_navn", "fuldt_navn", "for_og_efternavn"),
    "given_name": ("fornavn", "fornavne", "first_name"),
    "family_name": ("efternavn", "efternavne", "last_name", "surname"),
    "cpr": ("cpr", "cpr_nr", "cpr_nummer", "cprnr", "cprnummer", "personnummer"),
    "birth_date": ("fødselsdato", "fødselsdag", "født"),
    "phone": (
        "telefon",
        "telefonnummer",
        "telefonnr",
        "tlf",
        "tlf_nr",
        "tlf_nummer",
        "mobil",
        "mobilnummer",
        "mobilnr",
        "mobiltelefon",
        "mobiltlf",
        "phone_number",
    ),
    "email": (
        "email",
        "e_mail",
        "mail",
        "mailadresse",
        "e_mailadresse",
        "epost",
        "e_postadresse",
        "email_address",
    ),
    "street": ("adresse", "vej", "gade", "gadenavn"),
    "postcode": (
        "postnr",
        "postnummer",
        "postnr_og_by",
        "postnr_by",
        "postnummer_og_by",
        "postnummer_by",
        "zip",
    ),
    "city": ("by", "bynavn"),
    "municipality": ("kommune", "kommunekode", "kommunenr"),
    "country": ("land", "landekode"),
    "language": ("sprog",),
    "role": ("rolle",),
    "place": ("sted", "registreringssted"),
    "presence": ("tilstedeværelse",),
    "registered_at": ("registreret", "registreret_tidspunkt", "registreringstidspunkt"),
    "registered_by": ("registreret_af", "registrator"),
    "note": ("notat", "bemærkning", "bemærkninger", "noter"),
    "consent": ("samtykke", "samtykker", "samtykke_givet", "har_samtykket", "samtykke_ja_nej"),
    "registration_consent": ("samtykke_registrering", "samtykke_til_registrering", "registreringssamtykke"),
    "contact_consent": ("samtykke_kontakt", "samtykke_til_kontakt", "kontaktsamtykke"),
    "channels": ("kanaler", "kanal", "kontakt_via"),
    "wording": ("samtykketekst", "samtykke_tekst", "ordlyd"),
    "consent_language": ("samtykke_sprog", "samtykkesprog"),
    "obtained_by": ("indhentet", "samtykke_indhentet", "samtykke_måde"),
    "form_number": ("skema", "skemanummer", "skemanr", "skema_nr", "blanketnummer"),
    "consented_at": ("samtykke_tidspunkt", "samtykke_dato"),
    "consent_by": ("samtykke_af", "samtykke_indhentet_af"),
    "witness": ("vidne", "samtykke_vidne"),
    "guardian": ("værge", "forælder", "forældremyndighed"),
    "guardian_cpr": (
        "værge_cpr",
        "værges_cpr",
        "værgens_cpr",
        "cpr_værge",
        "værge_cpr_nummer",
        "værges_cpr_nummer",
        "værgens_cpr_nummer",
        "forælder_cpr",
        "forælders_cpr",
    ),
    "interpreter": ("tolk", "tolkebehov"),
    "identity": ("identitet", "pasnummer", "pas", "pasnr"),
    "identity_system": ("identitet_type", "identitetstype"),
    "identity_scope": ("identitet_land", "identitet_region", "udstedelsesland", "pasland"),
    "circumstances": ("omstændigheder", "hændelsesforløb"),
    "concerns": ("bekymringer", "bekymring"),
    "preferred_time": ("ønsket_tidspunkt", "foretrukket_tidspunkt"),
    "preferred_channel": ("ønsket_kanal", "foretrukken_kanal"),
    "do_not_contact": ("ønsker_ikke_kontakt", "må_ikke_kontaktes"),
    "line": ("linje",),
    "reason": ("begrundelse", "årsag"),
}
_CHANNELS: Final = {
    "call": ("opkald", "telefon"),
    "digital_post": ("digitalpost", "e-boks"),
    "email": ("e-mail", "mail"),
    "letter": ("brev",),
}
_CELLS: Final = {
    "role": {
        "victim": ("berørt", "offer", "tilskadekommen", "ramt"),
        "relative": ("pårørende",),
        "witness": ("vidne",),
        "responder": ("personale", "indsatspersonel", "redder", "redningspersonel"),
        "other": ("andet", "anden", "øvrig"),
    },
    "place": {
        "scene": ("skadested", "skadestedet", "gerningssted"),
        "epc": ("pårørendecenter", "evakuerings- og pårørendecenter", "evakueringscenter"),
        "hospital": ("sygehus",),
        "hotline": ("hotline", "telefonlinje", "telefon"),
        "self": ("selv", "selvregistrering", "selvregistreret"),
        "paper": ("papir", "papirskema"),
    },
    "presence": {"verified": ("bekræftet", "set"), "stated": ("oplyst",)},
    "obtained_by": {
        "oral_witnessed": ("mundtlig", "mundtligt", "mundtligt med vidne"),
        "paper_form": ("papirskema", "papir", "skema", "blanket"),
        "digital": ("digitalt",),
    },
    "channels": _CHANNELS,
    "preferred_channel": _CHANNELS,
    "preferred_time": {
        "morning": ("formiddag", "morgen"),
        "afternoon": ("eftermiddag",),
        "evening": ("aften",),
    },
    "identity_system": {
        "replacement_cpr": ("erstatningscpr", "erstatnings-cpr", "erstatningsnummer"),
        "x_ecpr": ("x-ecpr",),
        "d_ecpr": ("d-ecpr",),
        "passport": ("pas",),
        "none": ("ingen",),
    },
}
_SIMILARITY_CUTOFF: Final = 0.75  # difflib ratio of an unknown heading and a known one
_MIN_PREFIX: Final = 4  # letters; shorter prefixes match too much
_GAPS = re.compile(r"[\s_./,:*()\u2010-\u2015-]+")


def _english_by_danish(words: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    return {danish: english for english, terms in words.items() for danish in terms}


def _without_gaps(name: str) -> str:
    """Join a heading to one word: `Telefon nummer` equals `Telefonnummer`."""
    return name.replace("_", "")


_COLUMN_OF: Final = {
    _without_gaps(heading): column for column, danish in COLUMNS.items() for heading in (column, *danish)
}
_WORD_OF: Final = {column: _english_by_danish(words) for column, words in _CELLS.items()}


def column_of_heading(heading: str) -> str:
    """Return the column of a heading. An unknown heading is returned normalized."""
    name = _GAPS.sub("_", _normalized(heading)).strip("_")
    return _COLUMN_OF.get(_without_gaps(name), name)


def is_danish(headings: Iterable[str]) -> bool:
    """Return whether at least half of the headings that differ between the languages are Danish."""
    plain = [
        (_without_gaps(_GAPS.sub("_", _normalized(heading))), column_of_heading(heading))
        for heading in headings
    ]
    differing = [(said, name) for said, name in plain if COLUMNS.get(name, (name,))[0] != name]
    danish = [said != _without_gaps(name) for said, name in differing]
    return any(danish) and sum(danish) * 2 >= len(danish)


def heading_of_column(name: str, *, danish: bool) -> str:
    """Return the heading of a column in Danish or English."""
    return COLUMNS[name][0] if danish and name in COLUMNS else name


def danish_word(name: str, value: str) -> str:
    """Return the Danish word for a value of a column's vocabulary."""
    return _CELLS.get(name, {}).get(value, (value,))[0]


def heading_in_both_languages(name: str) -> str:
    """Return a column's heading in English, with the Danish one in parentheses."""
    return f"{name} ({COLUMNS[name][0]})"


def suggest_column(name: str, among: Collection[str]) -> str | None:
    """Return the column whose heading is most similar to an unknown heading, or None."""
    headings = {heading: column for column in among for heading in (column, *COLUMNS[column])}
    begun = [one for one in headings if len(one) >= _MIN_PREFIX and name.startswith(one)]
    near = sorted(begun, key=len)[-1:] or get_close_matches(name, headings, 1, _SIMILARITY_CUTOFF)
    return headings[near[0]] if near else None


def vocabulary_word(column_name: str, cell: str) -> str:
    plain = _normalized(cell)
    return _WORD_OF.get(column_name, {}).get(plain, plain)


def _normalized(text: str) -> str:
    """Return the text in lower case and NFC: some programs write å as two characters."""
    return unicodedata.normalize("NFC", visible(text)).casefold()
