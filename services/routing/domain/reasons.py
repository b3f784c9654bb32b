"""Why an authority is responsible, or none is, in English sentences: one entry for each reason."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class ExplanationLanguage:
    """A language of the sentences. Placeholders are filled after the translation."""

    translate: Callable[[str], str]
    format_day: Callable[[date], str]


@dataclass(frozen=True, slots=True)
class TranslatedText:
    english: str

    def __call__(self, language: ExplanationLanguage, **values: str) -> str:
        return language.translate(self.english).format(**values)


RESOLVED: Final[Mapping[str, TranslatedText]] = MappingProxyType(
    {
        "register": TranslatedText("The CPR register says that the person lives there."),
        "register_no_fixed_address": TranslatedText(
            "The CPR register knows no fixed address, but this municipality.",
        ),
        "register_last_known": TranslatedText(
            "The CPR register knows this municipality as the last one.",
        ),
        "given_municipality": TranslatedText(
            "The municipality was told at the registration, and nothing speaks against it.",
        ),
        "given_postcode": TranslatedText(
            "The postcode that was told lies wholly in that municipality.",
        ),
        "successor_by_law": TranslatedText(
            "The authority that was responsible has ended, and another has taken over from it by law."
            " The person's home has not been looked up again yet.",
        ),
        "decided_by_person": TranslatedText("A person has decided it."),
        "event_authority": TranslatedText(
            "A person has decided that the authority where it happened follows up.",
        ),
    }
)
UNRESOLVED: Final[Mapping[str, TranslatedText]] = MappingProxyType(
    {
        "postcode_spans": TranslatedText(
            "The postcode that was told reaches into several municipalities.",
        ),
        "addresses_disagree": TranslatedText(
            "The addresses that were told point to different municipalities.",
        ),
        "register_pending": TranslatedText("The CPR register has not answered yet."),
        "register_incomplete": TranslatedText(
            "The CPR register has answered without naming a municipality that exists.",
        ),
        "several_people": TranslatedText("The numbers that were told lead to several people."),
        "number_not_found": TranslatedText(
            "The CPR register does not know the number that was told.",
        ),
        "number_malformed": TranslatedText("The number that was told is not a CPR number."),
        "number_annulled": TranslatedText("The CPR number is annulled."),
        "number_without_successor": TranslatedText(
            "The CPR number is no longer in use, and the register names no new one.",
        ),
        "administrative_number": TranslatedText(
            "The CPR number is administrative: by the register the person does not live in Denmark.",
        ),
        "emigrated": TranslatedText("The person has emigrated, by the CPR register."),
        "dead": TranslatedText("The person is dead, by the CPR register."),
        "missing": TranslatedText("The person is missing, by the CPR register."),
        "greenland": TranslatedText("The person lives in Greenland."),
        "faroe_islands": TranslatedText("The person lives in the Faroe Islands."),
        "resident_abroad": TranslatedText("The person lives abroad."),
        "municipality_unknown": TranslatedText("The municipality told does not exist on that day."),
        "postcode_unknown": TranslatedText("The postcode that was told does not exist."),
        "no_address": TranslatedText(
            "There is neither a CPR number nor an address to go by.",
        ),
        "foreign_follow_up": TranslatedText(
            "A person has closed the case: the follow-up is outside the municipalities.",
        ),
        "closed": TranslatedText("A person has closed the case."),
        "unreadable": TranslatedText(
            "The sealed data cannot be opened or read.",
        ),
    }
)
DOUBTS: Final[Mapping[str, TranslatedText]] = MappingProxyType(
    {
        "number_not_found": UNRESOLVED["number_not_found"],
        "number_malformed": UNRESOLVED["number_malformed"],
        "custody_unclear": TranslatedText(
            "It is unclear who has custody of the child.",
        ),
        "custody_holders_unreachable": TranslatedText("None of the custody holders can be reached."),
        "guardian_not_in_register": TranslatedText(
            "The person has a guardian whom the register does not name by number.",
        ),
        "guardian_unreachable": TranslatedText("The guardian cannot be reached."),
        "facts_changed": TranslatedText(
            "Number or address were corrected after a person decided; the rules would choose another.",
        ),
    }
)
STATUSES: Final[Mapping[str, TranslatedText]] = MappingProxyType(
    {
        "01": TranslatedText("resident in Denmark"),
        "03": TranslatedText("resident in Denmark without a fixed address"),
        "05": TranslatedText("resident in Greenland"),
        "07": TranslatedText("resident in Greenland without a fixed address"),
        "20": TranslatedText("administrative number, not resident in Denmark"),
        "30": TranslatedText("annulled number"),
        "50": TranslatedText("deleted number"),
        "60": TranslatedText("changed number"),
        "70": TranslatedText("missing"),
        "80": TranslatedText("emigrated"),
        "90": TranslatedText("dead"),
    }
)

RESPONSIBLE = TranslatedText("On {day} {home} ({code}) is responsible.")
OTHER = TranslatedText("See the decision itself.")
NOBODY = TranslatedText(
    "On {day} no authority has been found: a person has to decide.",
)
CLOSED = TranslatedText("On {day} nobody looks for a responsible authority.")
POSTCODES_OF = TranslatedText(
    "The postcodes that come with the program are of 17 October 2020; a newer table can be imported.",
)
BY_POSTCODE: Final = frozenset({"given_postcode", "postcode_spans", "postcode_unknown"})
NOT_DECIDED = TranslatedText("The case has not been decided yet.")
MERGED = TranslatedText(
    "The registration is merged into another one, which speaks for the person now.",
)
FORGOTTEN = TranslatedText(
    "The person is forgotten: only the decisions are left.",
)
TAKEN_OVER = TranslatedText(
    "{before} does not exist on that day; {home} has taken over from it.",
)
ENDED = TranslatedText(
    "{before} does not exist on that day, and nobody has taken over from it.",
)
BY_LAW = TranslatedText(
    "On {day} {after} took over from {before} by law: cases it has accepted, consents that name it, contact"
    " points and delegations stay in force. Nobody has to accept anew.",
)
REGION = TranslatedText("The municipality belongs to {region} on that day.")
NO_REGION = TranslatedText("It belongs to no region on that day.")
COUNCIL = TranslatedText("The health council is {council}.")
ACTING = TranslatedText(
    "{acting} takes the case in its place: it has no crisis team of its own, or has delegated the task.",
)
BY = TranslatedText("{by} decided it on {day}.")
NOTE = TranslatedText("The reason given: {note}")
STATUS = TranslatedText("CPR status {code}: {words}.")
DOUBT = TranslatedText("A person has to look: {doubt}")
CANDIDATES = TranslatedText("It may be {names}.")
DECIDED_FOR = TranslatedText(
    "The decision was taken for {day}; here it is read with the authorities of the day asked about.",
)
EARLIER = TranslatedText(
    "Earlier decision, for {day}: {home}{region}. It stands as it was.",
)
EVENT_AUTHORITY_UNKNOWN = TranslatedText(
    "Event authority {code} is unknown on {day}: correct the incident with"
    " `folgeskab incident correct {incident} --event-authority CODE` (another one of several: --also);"
    " `folgeskab routing authorities list` shows the codes.",
)
CONSENT_COVERS_NOBODY = TranslatedText(
    "Nothing is passed on: the consent names {codes} alone, and no authority has that code on that day."
    " Ask the person, and write a new consent, with the right code or without any.",
)
NOBODY_TO_ADDRESS = TranslatedText(
    "No wave contacts the child until the CPR register has named who has custody. Where the child's CPR"
    " number is not registered, correct the registration with it, and the register is asked. Otherwise the"
    " authority that the case is handed over to has to contact the family itself.",
)
EARLIER_NONE = TranslatedText("Earlier, for {day}: no authority found. {why}")
