"""Labels of the vocabulary codes: Danish, English."""

from typing import Final

from services.console.i18n.case_labels import CASE_REFUSALS, CASE_WORDS, Words

BUCKETS: Final[Words] = {
    "forgotten": ("Slettet efter eget ønske", "Erased on request"),
    "merged": ("Samme person som en anden registrering", "Same person as another registration"),
    "barred": ("Må ikke kontaktes", "Not to be contacted"),
    "no_consent": ("Uden samtykke til kontakt", "No consent to contact"),
    "consent_expired": ("Samtykket er udløbet", "Consent expired"),
    "routing": ("Ansvarlig kommune er ved at blive fundet", "Responsible municipality being found"),
    "unresolved": (
        "Ingen ansvarlig kommune: i afklaringskø eller lukket",
        "No responsible municipality: in triage or closed",
    ),
    "not_contactable": ("Kan ikke kontaktes: ingen kanal er åben", "Cannot be contacted: no open channel"),
    "not_planned": ("Klar, men ikke med i en bølge", "Ready, but in no wave"),
    "planned": ("Planlagt, ikke sendt endnu", "Planned, not sent yet"),
    "handed_over": ("Afsendt, venter på kvittering", "Sent, awaiting receipt"),
    "in_doubt": (
        "Uvist, om den er sendt: udbyderen svarede ikke",
        "Unknown whether it was sent: the provider did not answer",
    ),
    "delivered": ("Leveret", "Delivered"),
    "failed": ("Kunne ikke leveres", "Could not be delivered"),
    "withheld": ("Holdt tilbage", "Withheld"),
    "call_listed": ("Står på en ringeliste", "On a call list"),
    "call_concluded": ("Kontaktet ved opkald", "Contacted by call"),
}
BUCKETS_TODO: Final[Words] = {
    "merged": (
        "Den anden registrering tæller videre, hvor den er nået til.",
        "The other registration counts on, where it has come to.",
    ),
    "barred": (
        "Personen har frabedt sig kontakt, eller behandlingen er begrænset.",
        "The person has asked not to be contacted, or processing is restricted.",
    ),
    "unresolved": (
        "Et menneske skal finde den ansvarlige kommune i afklaringskøen.",
        "A person must find the responsible municipality in the triage queue.",
    ),
    "consent_expired": (
        "De må ikke kontaktes, før de har givet samtykke igen.",
        "They may not be contacted until they consent again.",
    ),
    "not_contactable": (
        "Samtykket dækker ingen af deres kontaktveje, eller CPR-registeret tillader ingen kontakt.",
        "The consent covers none of their channels, or the CPR register allows no contact.",
    ),
    "not_planned": (
        "Bølgen siger, hvorfor de er udeladt. Ellers kan en ny bølge nå dem.",
        "The wave says why they were left out. Otherwise a new wave can reach them.",
    ),
    "in_doubt": (
        "Sendes ikke igen af sig selv. Vent på en kvittering, eller spørg udbyderen.",
        "Never sent again by itself. Wait for a receipt, or ask the provider.",
    ),
    "failed": (
        "Alle kanaler er prøvet. Kontakt dem på anden måde.",
        "Every channel was tried. Reach them in another way.",
    ),
    "no_consent": (
        "De må ikke kontaktes, før de har givet samtykke.",
        "They may not be contacted until they consent.",
    ),
}
STEPS: Final[Words] = {
    "registered": ("Registreret", "Registered"),
    "consented": ("Samtykke til kontakt", "Consent to contact"),
    "routed": ("Ansvarlig kommune fundet", "Responsible municipality found"),
    "planned": ("Kontakt planlagt", "Contact planned"),
    "handed_over": ("Besked afsendt", "Message sent"),
    "delivered": ("Besked leveret", "Message delivered"),
}
CHANNELS: Final[Words] = {
    "call": ("Opkald", "Call"),
    "digital_post": ("Digital Post", "Digital Post"),
    "sms": ("Sms", "Text message"),
    "email": ("E-mail", "E-mail"),
    "letter": ("Brev", "Letter"),
}
CONTACT_STATES: Final[Words] = {
    "requested": ("Venter på afsendelse", "Waiting to be sent"),
    "handed_over": ("Afsendt", "Sent"),
    "in_doubt": ("Ukendt", "Unknown"),
    "delivered": ("Leveret", "Delivered"),
    "failed": ("Fejlet", "Failed"),
    "withheld": ("Holdt tilbage", "Withheld"),
    "listed": ("På ringeliste", "On a call list"),
    "concluded": ("Afsluttet", "Concluded"),
}
KINDS: Final[Words] = {
    "message": ("Beskeder", "Messages"),
    "call": ("Opkald", "Calls"),
}
REASONS: Final[Words] = {
    "no_consent": ("Intet samtykke til kontakt", "No consent to contact"),
    "consent_withdrawn": ("Samtykket er trukket tilbage", "Consent withdrawn"),
    "consent_expired": ("Samtykket er udløbet", "Consent expired"),
    "channel_not_consented": ("Samtykket gælder ikke kanalen", "Consent does not cover the channel"),
    "suppressed": ("Må ikke kontaktes ifølge CPR-registeret", "Not to be contacted, says the CPR register"),
    "no_home_authority": ("Ingen ansvarlig kommune", "No responsible municipality"),
    "no_channel": ("Ingen kontaktoplysninger, der kan bruges", "No usable contact details"),
    "forgotten": ("Slettet efter eget ønske", "Erased on request"),
    "wave_cancelled": ("Bølgen blev annulleret", "The wave was cancelled"),
    "window_closed": ("Tiden til kontakt løb ud", "The time for contact ran out"),
    "custody_unclear": ("Barn: forældremyndigheden er uklar", "Child: custody is unclear"),
    "merged": ("Samme person som en anden registrering", "Same person as another registration"),
    "do_not_contact": ("Har frabedt sig kontakt", "Asked not to be contacted"),
    "restricted": ("Behandlingen er begrænset", "Processing is restricted"),
    "already_contacted": ("Har allerede fået denne kontakt", "Has had this contact already"),
    "shared_phone": (
        "Fik en fælles sms på en delt telefon",
        "Got one text for all on a shared telephone",
    ),
    "being_decided": (
        "Ansvarlig myndighed er ved at blive fundet",
        "The responsible authority is still being found",
    ),
}
OUTCOMES: Final[Words] = {
    "spoke": ("Vi fik talt sammen", "Talked"),
    "wants_help": ("Ønsker hjælp", "Wants help"),
    "declined": ("Takkede nej", "Declined"),
    "call_back": ("Ring igen på et aftalt tidspunkt", "Call back at an agreed time"),
    "no_answer": ("Tog ikke telefonen", "No answer"),
    "wrong_number": ("Forkert nummer", "Wrong number"),
    "withdraws_consent": ("Trækker samtykket til kontakt tilbage", "Withdraws the consent to contact"),
    "do_not_contact": ("Vil ikke kontaktes", "Does not want to be contacted"),
}
ROLES: Final[Words] = {
    "victim": ("Direkte berørt", "Directly affected"),
    "relative": ("Pårørende", "Relative"),
    "witness": ("Vidne", "Witness"),
    "responder": ("Indsatspersonale", "Responder"),
    "other": ("Anden", "Other"),
}
INCIDENT_KINDS: Final[Words] = {
    "shooting": ("Skyderi", "Shooting"),
    "transport": ("Transportulykke", "Transport accident"),
    "fire": ("Brand", "Fire"),
    "flood": ("Oversvømmelse", "Flood"),
    "other": ("Anden hændelse", "Other incident"),
}
WAVE_STATES: Final[Words] = {
    "draft": ("Kladde", "Draft"),
    "previewed": ("Venter på godkendelse", "Awaiting approval"),
    "approved": ("Godkendt", "Approved"),
    "launching": ("Starter", "Launching"),
    "running": ("I gang", "Running"),
    "paused": ("På pause", "Paused"),
    "cancelled": ("Annulleret", "Cancelled"),
    "completed": ("Afsluttet", "Completed"),
}
PLANS: Final[Words] = {
    "information": (
        "Information nu, opkald efter en uge",
        "Information now, a call after a week",
    ),
    "exercise": (
        "Øvelse: besked og opkald med det samme",
        "Exercise: message and call at once",
    ),
}
LANGUAGES: Final[Words] = {
    "da": ("dansk", "Danish"),
    "en": ("engelsk", "English"),
    "uk": ("ukrainsk", "Ukrainian"),
    "ar": ("arabisk", "Arabic"),
    "de": ("tysk", "German"),
    "pl": ("polsk", "Polish"),
    "tr": ("tyrkisk", "Turkish"),
    "fa": ("farsi", "Farsi"),
    "so": ("somali", "Somali"),
}
SERVICES: Final[Words] = {
    "registration": ("Registrering", "Registration"),
    "routing": ("Ansvarlig myndighed", "Responsible authority"),
    "outreach": ("Bølger og ringelister", "Waves and call lists"),
    "notify": ("Levering af beskeder", "Delivery of messages"),
    "console": ("Konsol", "Console"),
}
_REFUSALS: Final[Words] = {
    "no-name": (
        "Skriv først dit navn øverst på siden under »Hvem er du?«. Handlingen er ikke udført.",
        "First write your name at the top of the page under “Who are you?”. Nothing was done.",
    ),
    "own-wave": (
        "En anden end den, der har oprettet bølgen, skal godkende den. Bed en kollega om at se på den.",
        "Somebody other than the wave's author must approve it. Ask a colleague to look at it.",
    ),
    "other-hash": (
        "Bølgen er ændret, siden du så den. Se på tallene igen, og godkend det, du ser.",
        "The wave has changed since you saw it. Look at the figures again, and approve what you see.",
    ),
    "wrong-state": (
        "Bølgen er kommet videre i mellemtiden, så det kan ikke gøres nu. Siden viser, hvor den er.",
        "The wave has moved on meanwhile, so this cannot be done now. The page shows where it is.",
    ),
    "unknown-wave": ("Der er ingen bølge med det nummer.", "There is no such wave."),
    "unknown-incident": (
        "Hændelsen er ikke kendt her endnu. Prøv igen om et øjeblik.",
        "The incident is not known here yet. Try again in a moment.",
    ),
    "closed-incident": (
        "Hændelsen er lukket, så der kan ikke startes bølger.",
        "The incident is closed, so no wave can start.",
    ),
    "unknown-people": (
        "En valgt person er ikke registreret ved hændelsen. Ret nummeret, eller prøv igen om lidt.",
        "One of the people named is not registered at this incident. Correct it, or try again soon.",
    ),
    "unknown-plan": ("Der er ingen plan med det navn.", "There is no plan of that name."),
    "previewed-since": (
        "En anden er i gang med at forhåndsvise bølgen. Vent et øjeblik, og genindlæs siden.",
        "Somebody else is previewing the wave. Wait a moment, and reload the page.",
    ),
    "claimed": (
        "En anden har lige taget opkaldet. Tag et andet fra listen.",
        "Somebody else has just taken this call. Take another from the list.",
    ),
    "claim-lost": (
        "Opkaldet er ikke dit længere: det blev stoppet, eller en anden har det.",
        "The call is not yours any more: it was stopped, or somebody else has it.",
    ),
    "moved": (
        "En anden myndighed har nu ansvaret for borgeren. Opkaldet står på dens liste.",
        "Another authority is responsible for the citizen now. The call is on its list.",
    ),
    "being-decided": (
        "Det afgøres lige nu, hvem der har ansvaret for borgeren. Derefter kommer opkaldet på en liste igen.",
        "Who is responsible for the citizen is being decided. After that the call is on a list again.",
    ),
    "no-list": (
        "Der er ingen myndighed med det nummer. Vælg jeres ringeliste under Ringelister.",
        "There is no authority of that number. Choose your list under Call lists.",
    ),
    "closed-already": (
        "En anden har lukket linjen i mellemtiden.",
        "Somebody else has closed the line meanwhile.",
    ),
    "unknown-follow-up": ("Linjen findes ikke.", "There is no such line."),
    "not-listed": (
        "Opkaldet står ikke på listen længere. Det er afsluttet eller holdt tilbage.",
        "The call is not on the list any more. It is concluded or withheld.",
    ),
    "paused": (
        "Bølgen holder pause. Der skal ikke ringes, før den er i gang igen.",
        "The wave is paused. Nobody is to be called until it is running again.",
    ),
    "not-in-doubt": (
        "Beskedens status er kendt nu. Der er nok kommet en kvittering.",
        "The message's status is known now. A receipt has probably come.",
    ),
    "no-attempt": ("Beskeden findes ikke.", "There is no such message."),
    "unknown-call": ("Opkaldet findes ikke.", "There is no such call."),
    "call-back": (
        "Ved »Ring igen« skrives et tidspunkt, der ikke er passeret, før opfølgningen slutter.",
        "With “Call back” give a time to come, before the follow-up ends.",
    ),
    "not-parked": (
        "Beskeden er ikke parkeret længere. En anden har nok taget sig af den.",
        "The message is not parked any more. Somebody else has probably seen to it.",
    ),
    "still-unhandled": (
        "Beskeden kan stadig ikke behandles. Ret fejlen, eller afvis den for altid med en begrundelse.",
        "The message still cannot be handled. Mend the fault, or reject it for good with a reason.",
    ),
    "not-braked": ("Modtagelsen er ikke stoppet.", "The service has not stopped."),
    "no-consumer": ("Tjenesten modtager ikke beskeder.", "The service takes no messages."),
    "no-such-page": ("Siden findes ikke.", "There is no such page."),
    "invalid": (
        "Noget i formularen er ikke rigtigt. Intet er ændret.",
        "Something in the form is not right. Nothing was changed.",
    ),
}

# A call refused for one of these reasons is withheld permanently.
PROBLEMS: Final[Words] = (
    {
        code: (f"Borgeren skal ikke ringes op: {danish}.", f"This person is not to be called: {english}.")
        for code, (danish, english) in REASONS.items()
    }
    | _REFUSALS
    | CASE_REFUSALS
)

PREFERRED_TIMES: Final[Words] = {
    "morning": ("om formiddagen", "in the morning"),
    "afternoon": ("om eftermiddagen", "in the afternoon"),
    "evening": ("om aftenen", "in the evening"),
}
FOLLOW_UPS: Final[Words] = {
    "wants_help": ("Ønsker hjælp", "Wants help"),
    "wrong_number": ("Forkert nummer", "Wrong number"),
    "kept": (
        "Et notat, der blev gemt, efter at opkaldet var ændret",
        "A note kept after the call had changed",
    ),
}
WORDS: Final[dict[str, Words]] = CASE_WORDS | {
    "bucket": BUCKETS,
    "todo": BUCKETS_TODO,
    "step": STEPS,
    "channel": CHANNELS,
    "contact_state": CONTACT_STATES,
    "kind": KINDS,
    "reason": REASONS,
    "outcome": OUTCOMES,
    "preferred_time": PREFERRED_TIMES,
    "follow_up": FOLLOW_UPS,
    "role": ROLES,
    "incident_kind": INCIDENT_KINDS,
    "wave_state": WAVE_STATES,
    "plan": PLANS,
    "language": LANGUAGES,
    "service": SERVICES,
    "problem": PROBLEMS,
}
