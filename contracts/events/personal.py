"""The types of personal data. A `Sealed` value holds one of them, as msgpack, and nothing else."""

from uuid import UUID

from contracts.wire.sealed import FieldSet, Personal

IDENTITY = FieldSet("identity")
CONTACT = FieldSet("contact")
RECIPIENT = FieldSet("recipient")
NOTE = FieldSet("note")
CIRCUMSTANCES = FieldSet("circumstances")


class Identifier(Personal, frozen=True):
    """`system`: a value of contracts.rules.identity.IdentitySystem. `scope`: its region or country."""

    system: str
    value: str
    scope: str | None = None


class Identity(Personal, frozen=True):
    identifiers: tuple[Identifier, ...] = ()
    birth_date: str | None = None  # YYYY-MM-DD


class Address(Personal, frozen=True):
    line: str | None = None
    postcode: str | None = None
    city: str | None = None
    municipality: str | None = None  # kommunekode, if the registrar knew it
    country: str = "DK"  # ISO 3166-1 alpha-2


class ContactDetails(Personal, frozen=True):
    name: str
    phone: str | None = None  # E.164
    email: str | None = None
    addresses: tuple[Address, ...] = ()
    interpreter: bool = False  # requested by the person, for the language of the registration
    preferred_time: str | None = None  # vocabulary.PreferredTime
    guardian: str | None = None  # of a child: the guardian who consented to contact and is called
    guardian_cpr: str | None = None  # the guardian's number, where it is known; routing addresses them first


class Recipient(Personal, frozen=True):
    """The addressee of a message about the person, and the register data that it follows from."""

    cprs: tuple[str, ...] = ()  # the person's current number, or the custody holders' or guardian's
    relation: str = "self"  # self, custody_holder, guardian
    protected: bool = False  # name and address protection: mask on every page
    register_status: str | None = None  # CPR status code of the register


class Circumstances(Personal, frozen=True):
    """Information that the responsible authority needs to help. It is passed on with the case."""

    circumstances: str | None = None  # what the person experienced
    concerns: str | None = None  # what worries the person, or the registrar


class ConsentDocumentation(Personal, frozen=True):
    """The part of a consent's documentation that names people."""

    by: str  # who obtained it
    witness: str | None = None
    guardian: str | None = None
    guardian_cpr: str | None = None


def consent_documentation(consent_id: UUID) -> FieldSet:
    return FieldSet(f"consent/{consent_id}")


class Note(Personal, frozen=True):
    text: str
