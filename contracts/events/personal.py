"""The types of personal data. A `Sealed` value holds one of them, as msgpack, and nothing else."""

from uuid import UUID

from contracts.wire.sealed import FieldSet, Personal

IDENTITY = FieldSet("identity")
CONTACT = FieldSet("contact")
RECIPIENT = FieldSet("recipient")
NOTE = FieldSet("note")
CIRCUMSTANCES = FieldSet("circumstances")


class Identifier(Personal, frozen=True):
    """`system` is a contracts.rules.identity.IdentitySystem value.

    `scope` the issuing region or country, if any.
    """

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
    municipality: str | None = None  # kommunekode, where the registrar knew it
    country: str = "DK"  # ISO 3166-1 alpha-2


class ContactDetails(Personal, frozen=True):
    name: str
    phone: str | None = None  # E.164
    email: str | None = None
    addresses: tuple[Address, ...] = ()
    interpreter: bool = False  # wanted by the person, for the language of the registration
    preferred_time: str | None = None  # vocabulary.PreferredTime
    guardian: str | None = None  # of a child: who consented to contact; a call is a call to them
    guardian_cpr: str | None = None  # the guardian's number, where it is known; routing addresses them first


class Recipient(Personal, frozen=True):
    """Who a message about the person must be addressed to, and why the register says so."""

    cprs: tuple[str, ...] = ()  # the person's current number, or the custody holders' or guardian's
    relation: str = "self"  # self, custody_holder, guardian
    protected: bool = False  # name and address protection: mask on every page
    register_status: str | None = None  # CPR status code, as the register gave it


class Circumstances(Personal, frozen=True):
    """What the responsible authority must know to be of help: passed on with the case."""

    circumstances: str | None = None  # what the person went through
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
