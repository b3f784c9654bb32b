"""The closed vocabularies that services share. The Danish words belong to the user interface."""

from enum import StrEnum
from typing import Final


class IncidentKind(StrEnum):
    SHOOTING = "shooting"
    TRANSPORT = "transport"
    FIRE = "fire"
    FLOOD = "flood"
    OTHER = "other"


class Role(StrEnum):
    """How the person was affected (SST 2014: berørte)."""

    VICTIM = "victim"
    RELATIVE = "relative"
    WITNESS = "witness"
    RESPONDER = "responder"
    OTHER = "other"


class RegistrationPlace(StrEnum):
    """The place or source of a registration."""

    SCENE = "scene"
    EPC = "epc"
    HOSPITAL = "hospital"
    HOTLINE = "hotline"
    SELF = "self"
    PAPER = "paper"


class PreferredTime(StrEnum):
    """The preferred time for calls, local time."""

    MORNING = "morning"  # before 12
    AFTERNOON = "afternoon"  # 12 to 17
    EVENING = "evening"  # after 17


class BarReason(StrEnum):
    """Why contact with a person is restricted, whatever the consents are."""

    DO_NOT_CONTACT = "do_not_contact"  # the person's own wish
    RESTRICTED = "restricted"  # GDPR art. 18: data is kept and not used


class Presence(StrEnum):
    VERIFIED = "verified"
    STATED = "stated"


class AgeBand(StrEnum):
    """From 15 a person has Digital Post and consents alone; 18 is majority."""

    UNDER_15 = "under_15"
    FROM_15 = "15_17"
    ADULT = "adult"
    UNKNOWN = "unknown"


class Purpose(StrEnum):
    """The two consents (domain.md, What must be true, 1)."""

    REGISTRATION = "registration"
    CONTACT = "contact"


class ObtainedBy(StrEnum):
    """How a consent was documented."""

    ORAL_WITNESSED = "oral_witnessed"
    PAPER_FORM = "paper_form"
    DIGITAL = "digital"


class Channel(StrEnum):
    CALL = "call"
    DIGITAL_POST = "digital_post"
    SMS = "sms"
    EMAIL = "email"
    LETTER = "letter"


class Contactability(StrEnum):
    """Return whether the register permits contact with the person. The reason stays sealed."""

    OPEN = "open"
    SUPPRESSED = "suppressed"


class StepKind(StrEnum):
    MESSAGE = "message"
    CALL = "call"


class CallOutcome(StrEnum):
    """The outcomes a nurse can record for a call."""

    SPOKE = "spoke"
    WANTS_HELP = "wants_help"
    DECLINED = "declined"
    CALL_BACK = "call_back"
    NO_ANSWER = "no_answer"
    WRONG_NUMBER = "wrong_number"
    WITHDRAWS_CONSENT = "withdraws_consent"
    DO_NOT_CONTACT = "do_not_contact"


NOT_REACHED: Final = frozenset({CallOutcome.NO_ANSWER, CallOutcome.WRONG_NUMBER})


class WithheldReason(StrEnum):
    """Why a planned contact was withheld."""

    NO_CONSENT = "no_consent"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    CONSENT_EXPIRED = "consent_expired"
    CHANNEL_NOT_CONSENTED = "channel_not_consented"
    SUPPRESSED = "suppressed"
    NO_HOME_AUTHORITY = "no_home_authority"
    NO_CHANNEL = "no_channel"
    FORGOTTEN = "forgotten"
    WAVE_CANCELLED = "wave_cancelled"
    WINDOW_CLOSED = "window_closed"
    CUSTODY_UNCLEAR = "custody_unclear"
    MERGED = "merged"  # another registration of the person is contacted instead
    DO_NOT_CONTACT = "do_not_contact"
    RESTRICTED = "restricted"
    ALREADY_CONTACTED = (
        "already_contacted"  # has an open, in-doubt or delivered contact of this kind and template
    )
    SHARED_PHONE = "shared_phone"  # one text to a shared telephone also counts for this person
    BEING_DECIDED = "being_decided"  # routing has not decided the case yet


class HandoverStep(StrEnum):
    """The step of a handover that has a deadline."""

    ACCEPTANCE = "acceptance"
    FIRST_CONTACT = "first_contact"


class RefusalReason(StrEnum):
    """Why an authority refuses a case. Its free text stays sealed in routing."""

    NOT_OUR_RESIDENT = "not_our_resident"
    ALREADY_KNOWN = "already_known"  # already followed up under another case
    WRONG_PERSON = "wrong_person"
    NO_CAPACITY = "no_capacity"
    OTHER = "other"


class Relation(StrEnum):
    """The relation of a person to another registered person."""

    FAMILY = "family"
    GUARDIAN = "guardian"  # this person is the guardian of the other
    CHILD = "child"  # this person is the child, the other the guardian
    CAME_WITH = "came_with"


class ClosedReason(StrEnum):
    """Why a case was closed without a home authority."""

    FOREIGN_FOLLOW_UP = "foreign_follow_up"  # an organisation outside the municipalities follows up
    CLOSED = "closed"


class CalledOffReason(StrEnum):
    """Why an open handover was called off."""

    MOVED = "moved"  # another authority is responsible now
    UNRESOLVED = "unresolved"  # no authority is, until a person decides
    CONSENT_ENDED = "consent_ended"  # no consent to pass the case on
    RESTRICTED = "restricted"
    MERGED = "merged"
    FORGOTTEN = "forgotten"
    CLOSED = "closed"  # a person has closed the case
    DIED = "died"
