"""Labels for triage, handovers, imports and duplicates: Danish, English."""

from typing import Final

Words = dict[str, tuple[str, str]]

QUEUES: Final[Words] = {
    "identity": ("Hvem er det?", "Who is it?"),
    "address": ("Hvor bor personen?", "Where does the person live?"),
    "register": ("CPR-registeret", "The CPR register"),
    "abroad": ("Uden for landet", "Abroad"),
    "doubt": ("Tvivl ved en afgjort sag", "Doubt about a decided case"),
    "unreadable": ("Kan ikke læses", "Cannot be read"),
    "handover": ("Afvist af myndigheden", "Refused by the authority"),
}
TRIAGE_REASONS: Final[Words] = {
    "postcode_spans": (
        "Postnummeret dækker flere kommuner.",
        "The postcode spans several municipalities.",
    ),
    "addresses_disagree": (
        "De oplyste adresser peger på hver sin kommune.",
        "The addresses told point to different municipalities.",
    ),
    "register_pending": (
        "CPR-registeret har ikke svaret endnu.",
        "The CPR register has not answered yet.",
    ),
    "register_incomplete": (
        "CPR-registeret nævner ingen kommune, der findes.",
        "The CPR register names no municipality that exists.",
    ),
    "several_people": (
        "Numrene fører til flere personer.",
        "The numbers lead to several people.",
    ),
    "number_not_found": (
        "CPR-registeret kender ikke nummeret.",
        "The CPR register does not know the number.",
    ),
    "number_malformed": ("Nummeret er ikke et CPR-nummer.", "The number is not a CPR number."),
    "number_annulled": ("CPR-nummeret er annulleret.", "The CPR number is annulled."),
    "number_without_successor": (
        "CPR-nummeret gælder ikke længere, og registeret nævner intet nyt.",
        "The CPR number is out of use, and the register names no new one.",
    ),
    "administrative_number": (
        "Administrativt CPR-nummer: bor ikke i Danmark efter registeret.",
        "Administrative CPR number: does not live in Denmark, by the register.",
    ),
    "emigrated": ("Udrejst efter CPR-registeret.", "Emigrated, by the CPR register."),
    "dead": ("Død efter CPR-registeret.", "Dead, by the CPR register."),
    "missing": ("Forsvundet efter CPR-registeret.", "Missing, by the CPR register."),
    "greenland": ("Bor i Grønland.", "Lives in Greenland."),
    "faroe_islands": ("Bor på Færøerne.", "Lives in the Faroe Islands."),
    "resident_abroad": ("Bor i udlandet.", "Lives abroad."),
    "municipality_unknown": (
        "Den oplyste kommune findes ikke den dag.",
        "The municipality told does not exist on that day.",
    ),
    "postcode_unknown": ("Postnummeret findes ikke.", "The postcode does not exist."),
    "no_address": (
        "Hverken CPR-nummer eller adresse at gå efter.",
        "Neither a CPR number nor an address to go by.",
    ),
    "unreadable": (
        "De forseglede oplysninger kan ikke åbnes.",
        "The sealed data cannot be opened.",
    ),
    "custody_unclear": ("Forældremyndigheden er uklar.", "Custody is unclear."),
    "custody_holders_unreachable": (
        "Ingen forældremyndighedsindehaver kan nås.",
        "No custody holder can be reached.",
    ),
    "guardian_not_in_register": (
        "Værgen står ikke i CPR-registeret.",
        "The guardian is not in the CPR register.",
    ),
    "guardian_unreachable": ("Værgen kan ikke nås.", "The guardian cannot be reached."),
    "facts_changed": (
        "Nummer eller adresse er ændret, siden et menneske afgjorde sagen.",
        "Number or address changed since a person decided the case.",
    ),
}
REFUSALS: Final[Words] = {
    "not_our_resident": ("Bor ikke hos os", "Not our resident"),
    "already_known": ("Følges allerede i en anden sag", "Followed up already in another case"),
    "wrong_person": ("Det er en anden person", "It is another person"),
    "no_capacity": ("Ikke plads til flere nu", "No capacity now"),
    "other": ("Anden grund", "Another reason"),
}
HANDOVER_STATES: Final[Words] = {
    "unresolved": ("Myndighed ikke fundet endnu", "No authority found yet"),
    "offered": ("Tilbudt, venter på svar", "Offered, awaiting answer"),
    "accepted": ("Overtaget, venter på kontakt", "Accepted, awaiting contact"),
    "contacted": ("Kontakt er sket", "Contact made"),
    "refused": ("Afvist, skal afgøres på ny", "Refused, to be decided anew"),
    "called_off": ("Trukket tilbage", "Called off"),
    "not_passed_on": ("Intet samtykke til videregivelse", "No consent to pass on"),
    "restricted": ("Behandlingen er begrænset", "Processing is restricted"),
    "merged": ("Samme person som en anden", "Same person as another"),
    "forgotten": ("Slettet efter eget ønske", "Erased on request"),
    "closed": ("Lukket med en begrundelse", "Closed with a reason"),
    "died": ("Personen er død", "The person has died"),
}
CALL_OFFS: Final[Words] = {
    "moved": ("En anden myndighed er ansvarlig nu", "Another authority is responsible now"),
    "unresolved": ("Myndigheden skal findes på ny", "The authority must be found anew"),
    "consent_ended": ("Samtykket til videregivelse er ophørt", "The consent to pass on has ended"),
    "restricted": ("Behandlingen er begrænset", "Processing is restricted"),
    "merged": ("Samme person som en anden", "Same person as another"),
    "forgotten": ("Slettet efter eget ønske", "Erased on request"),
    "closed": ("Sagen er lukket", "The case is closed"),
    "died": ("Personen er død", "The person has died"),
}
HINDRANCES: Final[Words] = {
    "no_consent": (
        "Personen er ikke spurgt, eller har ikke sagt ja",
        "The person was not asked, or did not agree",
    ),
    "withdrawn": ("Samtykket er trukket tilbage", "The consent is withdrawn"),
    "expired": ("Samtykket er udløbet: indhent et nyt", "The consent has expired: obtain a new one"),
    "names_others": (
        "Samtykket nævner kun andre myndigheder: spørg personen om et nyt",
        "The consent names other authorities only: ask the person for a new one",
    ),
    "names_unknown": (
        "Samtykket nævner kun myndigheder, der ikke findes: spørg personen om et nyt",
        "The consent names only authorities that do not exist: ask the person for a new one",
    ),
}
IMPORT_STATES: Final[Words] = {
    "running": ("I gang", "Running"),
    "done": ("Færdig", "Done"),
    "failed": ("Filen kunne ikke læses", "The file could not be read"),
    "interrupted": ("Afbrudt", "Interrupted"),
}
DUPLICATE_STATES: Final[Words] = {
    "open": ("Ingen har set på det", "Nobody has looked"),
    "suggested": ("Foreslået, venter på en anden", "Suggested, awaiting another person"),
    "merged": ("Lagt sammen", "Merged"),
    "dismissed": ("To forskellige personer", "Two different people"),
    "undone": ("Sammenlægningen er fortrudt", "The merge is undone"),
}
DUPLICATE_REASONS: Final[Words] = {
    "same_identity": ("samme CPR-nummer eller andet id", "same CPR number or other id"),
    "same_phone": ("samme telefonnummer", "same telephone number"),
    "same_name": ("samme navn", "same name"),
    "alike_name": ("næsten samme navn", "nearly the same name"),
    "same_birth_date": ("samme fødselsdato", "same birth date"),
    "alike_birth_date": ("næsten samme fødselsdato", "nearly the same birth date"),
    "same_address": ("samme adresse", "same address"),
    "other_name": ("men forskelligt navn", "but different names"),
    "other_birth_date": ("men forskellig fødselsdato", "but different birth dates"),
    "other_cpr": ("men hver sit CPR-nummer", "but a CPR number each"),
    "other_address": ("men forskellig adresse", "but different addresses"),
}
PLACES: Final[Words] = {
    "scene": ("Skadestedet", "The scene"),
    "epc": ("Evakuerings- og pårørendecenter", "Evacuation and relatives' centre"),
    "hospital": ("Sygehus", "Hospital"),
    "hotline": ("Hotline", "Hotline"),
    "self": ("Selv", "By themselves"),
    "paper": ("Papirformular", "Paper form"),
}
FIELDS: Final[Words] = {
    "name": ("Navn", "Name"),
    "birth_date": ("Fødselsdato", "Birth date"),
    "identifiers": ("CPR-nummer og andre id'er", "CPR number and other ids"),
    "phone": ("Telefon", "Telephone"),
    "email": ("E-mail", "E-mail"),
    "addresses": ("Adresse", "Address"),
    "role": ("Rolle", "Role"),
    "language": ("Sprog", "Language"),
    "place": ("Registreret", "Registered"),
    "registered_at": ("Tidspunkt", "Time"),
    "registered_by": ("Af", "By"),
    "note": ("Notat", "Note"),
    "circumstances": ("Omstændigheder", "Circumstances"),
    "concerns": ("Bekymringer", "Concerns"),
    "presence": ("Tilstedeværelse", "Presence"),
    "interpreter": ("Tolk", "Interpreter"),
    "age_band": ("Aldersgruppe", "Age group"),
    "preferred_channel": ("Ønsket kanal", "Preferred channel"),
    "preferred_time": ("Ønsket tidspunkt", "Preferred time"),
    "guardian": ("Værge, der har givet samtykke", "Guardian who consented"),
    "guardian_cpr": (
        "CPR-nummer på værge, der har givet samtykke",
        "CPR number of the guardian who consented",
    ),
}
ADDRESSES: Final[Words] = {
    "masked": (
        "Skjult: adressen er beskyttet, eller CPR-registeret har ikke svaret endnu",
        "Hidden: the address is protected, or the CPR register has not answered yet",
    ),
}
CASE_REFUSALS: Final[Words] = {
    "not-queued": (
        "Sagen er ikke i afklaringskøen længere. Nogen har nok afgjort den.",
        "The case is not in the triage queue any more. Somebody has probably decided it.",
    ),
    "no-case": ("Sagen findes ikke.", "There is no such case."),
    "unknown-authority": (
        "Der er ingen kommune med det navn eller nummer. Vælg den, hvor personen bor, fra listen.",
        "There is no municipality of that name or number. Choose the one where the person lives.",
    ),
    "forgotten": ("Personen er slettet efter eget ønske.", "The person is erased on request."),
    "handover-offered": (
        "Sagen er ikke overtaget endnu. Overtag den først, og notér så kontakten.",
        "The case is not accepted yet. Accept it first, then record the contact.",
    ),
    "handover-accepted": (
        "Sagen er allerede overtaget. Hører den hjemme et andet sted, skal myndigheden afgøres på ny.",
        "The case is accepted already. If it belongs elsewhere, the authority must be decided anew.",
    ),
    "handover-contacted": (
        "Sagen er overtaget, og kontakten er sket.",
        "The case is accepted, and the contact is made.",
    ),
    "handover-refused": (
        "Sagen er afvist i mellemtiden. Et menneske afgør den på ny i afklaringskøen.",
        "The case was refused meanwhile. A person decides it anew in the triage queue.",
    ),
    "handover-called-off": (
        "Tilbuddet er trukket tilbage i mellemtiden. Der er ikke længere noget at svare på.",
        "The offer was called off meanwhile. There is nothing to answer any more.",
    ),
    "not-passed-on": (
        "Sagen gives ikke længere videre til den myndighed, så der er intet til journalen.",
        "The case is no longer passed on to that authority, so there is nothing for the journal.",
    ),
    "expired": (
        "Samtykket er udløbet, så intet gives videre. Indhent et nyt.",
        "The consent has expired, so nothing is passed on. Obtain a new one.",
    ),
    "offered-since": (
        "Der er kommet flere sager til, siden du så siden. Intet er overtaget. Se det nye tal, og sig så ja.",
        "More cases were offered since you saw the page. Nothing is accepted. Look at the new figure first.",
    ),
    "incomplete-ruling": (
        "Afgørelsen mangler noget. Angiv en kommune, eller skriv, hvem der ellers følger op.",
        "The decision lacks something. Name a municipality, or say who else follows up.",
    ),
    "unknown-event-authority": (
        "Hændelsen nævner ingen myndighed, der findes. Ret hændelsen, og afgør så sagen.",
        "The incident names no authority that exists. Correct the incident, then decide the case.",
    ),
    "unknown-handover": ("Overdragelsen findes ikke.", "There is no such handover."),
    "cut": (
        "Filen kom ikke helt frem. Send den igen: ingen kommer ind to gange.",
        "The file did not arrive whole. Send it again: nobody goes in twice.",
    ),
    "id-used": (
        "Filen er allerede sendt. Genindlæs siden, og se den på listen.",
        "The file was sent already. Reload the page, and see it on the list.",
    ),
    "merged": (
        "Registreringen er lagt sammen med en anden, som taler for personen nu.",
        "The registration is merged with another, which speaks for the person now.",
    ),
    "unreadable": (
        "De forseglede oplysninger kan ikke åbnes. Kontakt driften.",
        "The sealed data cannot be opened. Contact operations.",
    ),
    "no-registration": ("Registreringen findes ikke.", "There is no such registration."),
    "unknown-registration": (
        "Registreringen er ikke nået frem endnu. Prøv igen om et øjeblik.",
        "The registration has not arrived yet. Try again in a moment.",
    ),
    "no-import": ("Importen findes ikke.", "There is no such import."),
    "no-file": ("Vælg først en fil.", "Choose a file first."),
    "bad-upload": ("Filen kom ikke rigtigt frem. Prøv igen.", "The file did not arrive whole. Try again."),
    "bad-header": (
        "Filens første række er ikke rigtig, så intet er importeret.",
        "The file's first row is not right, so nothing was imported.",
    ),
    "rows-deleted": (
        "De afviste rækker gemmes ikke længere. Ret dem i din egen fil, og importér den igen.",
        "The rows refused are no longer kept. Correct them in your own file, and import it again.",
    ),
    "no-duplicate": ("Parret findes ikke.", "There is no such pair."),
    "not-now": (
        "Nogen har været her i mellemtiden. Se på parret igen.",
        "Somebody has been here meanwhile. Look at the pair again.",
    ),
    "own-suggestion": (
        "Du har selv foreslået det. En anden skal se på det og bekræfte.",
        "You suggested it yourself. Somebody else must look and confirm.",
    ),
    "already-one": ("De er allerede lagt sammen.", "They are one already."),
    "merged-meanwhile": (
        "En af dem er lige lagt sammen med en anden. Prøv igen.",
        "One of them was just merged with another. Try again.",
    ),
    "merged-since": (
        "En af dem er siden lagt sammen med en tredje. Fortryd den sammenlægning først.",
        "One of them was merged with a third since. Undo that first.",
    ),
    "other-person": (
        "Id-nummeret tilhører en tredje person. Se de andre dubletter.",
        "The identity value is a third person's. See the other duplicates.",
    ),
}
CASE_WORDS: Final[dict[str, Words]] = {
    "queue": QUEUES,
    "triage_reason": TRIAGE_REASONS | REFUSALS,
    "refusal": REFUSALS,
    "handover_state": HANDOVER_STATES,
    "call_off": CALL_OFFS,
    "hindrance": HINDRANCES,
    "import_state": IMPORT_STATES,
    "duplicate_state": DUPLICATE_STATES,
    "duplicate_reason": DUPLICATE_REASONS,
    "place": PLACES,
    "addresses": ADDRESSES,
    "field": FIELDS,
}
