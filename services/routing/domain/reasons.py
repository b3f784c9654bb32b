"""Why an authority is responsible, or none is, in words: Danish and English, one entry for each reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class ExplanationLanguage(StrEnum):
    DANISH = "da"
    ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class TranslatedText:
    da: str
    en: str

    def __call__(self, language: ExplanationLanguage, **values: str) -> str:
        return (self.da if language is ExplanationLanguage.DANISH else self.en).format(**values)


RESOLVED: Final[Mapping[str, TranslatedText]] = MappingProxyType(
    {
        "register": TranslatedText(
            "CPR-registeret siger, at personen bor der.", "The CPR register says that the person lives there."
        ),
        "register_no_fixed_address": TranslatedText(
            "CPR-registeret kender ingen fast adresse, men denne kommune.",
            "The CPR register knows no fixed address, but this municipality.",
        ),
        "register_last_known": TranslatedText(
            "CPR-registeret kender denne kommune som den seneste.",
            "The CPR register knows this municipality as the last one.",
        ),
        "given_municipality": TranslatedText(
            "Kommunen er oplyst ved registreringen, og ingen anden oplysning taler imod.",
            "The municipality was told at the registration, and nothing speaks against it.",
        ),
        "given_postcode": TranslatedText(
            "Det oplyste postnummer ligger helt i den kommune.",
            "The postcode that was told lies wholly in that municipality.",
        ),
        "successor_by_law": TranslatedText(
            "Den myndighed, der var ansvarlig, er ophørt, og en anden har overtaget dens opgaver ved lov."
            " Personens bopæl er ikke slået op igen endnu.",
            "The authority that was responsible has ended, and another has taken over from it by law."
            " The person's home has not been looked up again yet.",
        ),
        "decided_by_person": TranslatedText("Et menneske har afgjort det.", "A person has decided it."),
        "event_authority": TranslatedText(
            "Et menneske har afgjort, at myndigheden, hvor det skete, følger op.",
            "A person has decided that the authority where it happened follows up.",
        ),
    }
)
UNRESOLVED: Final[Mapping[str, TranslatedText]] = MappingProxyType(
    {
        "postcode_spans": TranslatedText(
            "Det oplyste postnummer rækker ind i flere kommuner.",
            "The postcode that was told reaches into several municipalities.",
        ),
        "addresses_disagree": TranslatedText(
            "De oplyste adresser peger på hver sin kommune.",
            "The addresses that were told point to different municipalities.",
        ),
        "register_pending": TranslatedText(
            "CPR-registeret har ikke svaret endnu.", "The CPR register has not answered yet."
        ),
        "register_incomplete": TranslatedText(
            "CPR-registeret har svaret uden at nævne en kommune, der findes.",
            "The CPR register has answered without naming a municipality that exists.",
        ),
        "several_people": TranslatedText(
            "De oplyste numre fører til flere personer.", "The numbers that were told lead to several people."
        ),
        "number_not_found": TranslatedText(
            "CPR-registeret kender ikke det oplyste nummer.",
            "The CPR register does not know the number that was told.",
        ),
        "number_malformed": TranslatedText(
            "Det oplyste nummer er ikke et CPR-nummer.", "The number that was told is not a CPR number."
        ),
        "number_annulled": TranslatedText("CPR-nummeret er annulleret.", "The CPR number is annulled."),
        "number_without_successor": TranslatedText(
            "CPR-nummeret gælder ikke længere, og registeret nævner intet nyt.",
            "The CPR number is no longer in use, and the register names no new one.",
        ),
        "administrative_number": TranslatedText(
            "CPR-nummeret er administrativt: personen bor ikke i Danmark efter registeret.",
            "The CPR number is administrative: by the register the person does not live in Denmark.",
        ),
        "emigrated": TranslatedText(
            "Personen er udrejst efter CPR-registeret.", "The person has emigrated, by the CPR register."
        ),
        "dead": TranslatedText(
            "Personen er død efter CPR-registeret.", "The person is dead, by the CPR register."
        ),
        "missing": TranslatedText(
            "Personen er forsvundet efter CPR-registeret.", "The person is missing, by the CPR register."
        ),
        "greenland": TranslatedText("Personen bor i Grønland.", "The person lives in Greenland."),
        "faroe_islands": TranslatedText(
            "Personen bor på Færøerne.", "The person lives in the Faroe Islands."
        ),
        "resident_abroad": TranslatedText("Personen bor i udlandet.", "The person lives abroad."),
        "municipality_unknown": TranslatedText(
            "Den oplyste kommune findes ikke den dag.", "The municipality told does not exist on that day."
        ),
        "postcode_unknown": TranslatedText(
            "Det oplyste postnummer findes ikke.", "The postcode that was told does not exist."
        ),
        "no_address": TranslatedText(
            "Der er hverken CPR-nummer eller adresse at gå efter.",
            "There is neither a CPR number nor an address to go by.",
        ),
        "foreign_follow_up": TranslatedText(
            "Et menneske har lukket sagen: der følges op uden for kommunerne.",
            "A person has closed the case: the follow-up is outside the municipalities.",
        ),
        "closed": TranslatedText("Et menneske har lukket sagen.", "A person has closed the case."),
        "unreadable": TranslatedText(
            "De forseglede oplysninger kan ikke åbnes eller læses.",
            "The sealed data cannot be opened or read.",
        ),
    }
)
DOUBTS: Final[Mapping[str, TranslatedText]] = MappingProxyType(
    {
        "number_not_found": UNRESOLVED["number_not_found"],
        "number_malformed": UNRESOLVED["number_malformed"],
        "custody_unclear": TranslatedText(
            "Det er uklart, hvem der har forældremyndigheden over barnet.",
            "It is unclear who has custody of the child.",
        ),
        "custody_holders_unreachable": TranslatedText(
            "Ingen af forældremyndighedens indehavere kan nås.", "None of the custody holders can be reached."
        ),
        "guardian_not_in_register": TranslatedText(
            "Personen har en værge, som registeret ikke nævner med nummer.",
            "The person has a guardian whom the register does not name by number.",
        ),
        "guardian_unreachable": TranslatedText("Værgen kan ikke nås.", "The guardian cannot be reached."),
        "facts_changed": TranslatedText(
            "Nummer eller adresse er rettet, siden et menneske afgjorde det; reglerne ville vælge en anden.",
            "Number or address were corrected after a person decided; the rules would choose another.",
        ),
    }
)
STATUSES: Final[Mapping[str, TranslatedText]] = MappingProxyType(
    {
        "01": TranslatedText("bopæl i Danmark", "resident in Denmark"),
        "03": TranslatedText(
            "bopæl i Danmark uden fast adresse", "resident in Denmark without a fixed address"
        ),
        "05": TranslatedText("bopæl i Grønland", "resident in Greenland"),
        "07": TranslatedText(
            "bopæl i Grønland uden fast adresse", "resident in Greenland without a fixed address"
        ),
        "20": TranslatedText(
            "administrativt nummer, ikke bosat i Danmark", "administrative number, not resident in Denmark"
        ),
        "30": TranslatedText("annulleret nummer", "annulled number"),
        "50": TranslatedText("slettet nummer", "deleted number"),
        "60": TranslatedText("ændret nummer", "changed number"),
        "70": TranslatedText("forsvundet", "missing"),
        "80": TranslatedText("udrejst", "emigrated"),
        "90": TranslatedText("død", "dead"),
    }
)

RESPONSIBLE = TranslatedText(
    "{day} er {home} ({code}) ansvarlig.", "On {day} {home} ({code}) is responsible."
)
OTHER = TranslatedText("Se afgørelsen selv.", "See the decision itself.")
NOBODY = TranslatedText(
    "{day} er ingen myndighed fundet: et menneske skal afgøre det.",
    "On {day} no authority has been found: a person has to decide.",
)
CLOSED = TranslatedText(
    "{day} leder ingen efter en ansvarlig myndighed.", "On {day} nobody looks for a responsible authority."
)
POSTCODES_OF = TranslatedText(
    "Postnumrene, der følger med, er fra 17. oktober 2020; en nyere tabel kan importeres.",
    "The postcodes that come with the program are of 17 October 2020; a newer table can be imported.",
)
BY_POSTCODE: Final = frozenset({"given_postcode", "postcode_spans", "postcode_unknown"})
NOT_DECIDED = TranslatedText("Sagen er ikke afgjort endnu.", "The case has not been decided yet.")
MERGED = TranslatedText(
    "Registreringen er lagt sammen med en anden, som nu taler for personen.",
    "The registration is merged into another one, which speaks for the person now.",
)
FORGOTTEN = TranslatedText(
    "Personen er glemt: kun afgørelserne står tilbage.",
    "The person is forgotten: only the decisions are left.",
)
TAKEN_OVER = TranslatedText(
    "{before} findes ikke den dag; {home} har overtaget dens opgaver.",
    "{before} does not exist on that day; {home} has taken over from it.",
)
ENDED = TranslatedText(
    "{before} findes ikke den dag, og ingen har overtaget dens opgaver.",
    "{before} does not exist on that day, and nobody has taken over from it.",
)
BY_LAW = TranslatedText(
    "{after} overtog {day} opgaverne fra {before} ved lov: accepterede sager, samtykker, der nævner den,"
    " kontaktpunkter og delegationer gælder videre. Ingen skal acceptere igen.",
    "On {day} {after} took over from {before} by law: cases it has accepted, consents that name it, contact"
    " points and delegations stay in force. Nobody has to accept anew.",
)
REGION = TranslatedText(
    "Kommunen hører den dag til {region}.", "The municipality belongs to {region} on that day."
)
NO_REGION = TranslatedText("Den hører den dag ikke til nogen region.", "It belongs to no region on that day.")
COUNCIL = TranslatedText("Sundhedsrådet er {council}.", "The health council is {council}.")
ACTING = TranslatedText(
    "{acting} tager sagen i dens sted: den har selv intet kriseteam, eller har overdraget opgaven.",
    "{acting} takes the case in its place: it has no crisis team of its own, or has delegated the task.",
)
BY = TranslatedText("{by} afgjorde det den {day}.", "{by} decided it on {day}.")
NOTE = TranslatedText("Begrundelsen: {note}", "The reason given: {note}")
STATUS = TranslatedText("CPR-status {code}: {words}.", "CPR status {code}: {words}.")
DOUBT = TranslatedText("Et menneske skal se efter: {doubt}", "A person has to look: {doubt}")
CANDIDATES = TranslatedText("Det kan være {names}.", "It may be {names}.")
DECIDED_FOR = TranslatedText(
    "Afgørelsen er truffet for {day}; her er den læst med myndighederne på den dag, der spørges om.",
    "The decision was taken for {day}; here it is read with the authorities of the day asked about.",
)
EARLIER = TranslatedText(
    "Tidligere afgørelse, for {day}: {home}{region}. Den står uændret.",
    "Earlier decision, for {day}: {home}{region}. It stands as it was.",
)
EVENT_AUTHORITY_UNKNOWN = TranslatedText(
    "Hændelsesmyndigheden {code} kendes ikke {day}: ret hændelsen med"
    " `folgeskab incident correct {incident} --event-authority KODE` (en af flere andre: --also);"
    " `folgeskab routing authorities list` viser koderne.",
    "Event authority {code} is unknown on {day}: correct the incident with"
    " `folgeskab incident correct {incident} --event-authority CODE` (another one of several: --also);"
    " `folgeskab routing authorities list` shows the codes.",
)
CONSENT_COVERS_NOBODY = TranslatedText(
    "Intet videregives: samtykket nævner kun {codes}, og den dag findes ingen myndighed med den kode."
    " Spørg personen, og skriv et nyt samtykke, med den rette kode eller uden nogen.",
    "Nothing is passed on: the consent names {codes} alone, and no authority has that code on that day."
    " Ask the person, and write a new consent, with the right code or without any.",
)
NOBODY_TO_ADDRESS = TranslatedText(
    "Barnet bliver ikke kontaktet af en bølge, før CPR-registeret har nævnt, hvem der har"
    " forældremyndigheden. Er barnets CPR-nummer ikke registreret, så ret registreringen med det; så spørges"
    " registeret. Ellers må den myndighed, der får sagen overdraget, selv kontakte familien.",
    "No wave contacts the child until the CPR register has named who has custody. Where the child's CPR"
    " number is not registered, correct the registration with it, and the register is asked. Otherwise the"
    " authority that the case is handed over to has to contact the family itself.",
)
EARLIER_NONE = TranslatedText(
    "Tidligere, for {day}: ingen myndighed fundet. {why}", "Earlier, for {day}: no authority found. {why}"
)

_MONTHS: Final = (
    ("januar", "January"),
    ("februar", "February"),
    ("marts", "March"),
    ("april", "April"),
    ("maj", "May"),
    ("juni", "June"),
    ("juli", "July"),
    ("august", "August"),
    ("september", "September"),
    ("oktober", "October"),
    ("november", "November"),
    ("december", "December"),
)


def format_day(on: date, language: ExplanationLanguage) -> str:
    danish, english = _MONTHS[on.month - 1]
    return (
        f"{on.day}. {danish} {on.year}"
        if language is ExplanationLanguage.DANISH
        else f"{on.day} {english} {on.year}"
    )
