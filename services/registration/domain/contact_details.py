"""Contact details (telephone, e-mail, addresses) and the channels that they allow."""

import re
from collections.abc import Iterator

from msgspec import structs

from contracts.events.personal import Address, ContactDetails, Identity
from contracts.events.vocabulary import Channel
from contracts.rules import email, phone
from contracts.rules.identity import IdentitySystem
from contracts.rules.invisible_characters import visible
from contracts.wire.error_codes import ErrorCode
from contracts.wire.errors import FieldError
from services.registration.domain.validation import text_error

_COUNTRY = re.compile(r"[A-Z]{2}")
_MUNICIPALITY = re.compile(r"\d{4}", re.ASCII)


def read_phone(text: str | None, flaws: list[FieldError]) -> str | None:
    if not visible(text or ""):
        return None
    number = phone.parse(text or "")
    if isinstance(number, phone.PhoneError):
        flaws.append(FieldError("phone", number.value))
        return None
    return number.e164


def read_email(text: str | None, flaws: list[FieldError]) -> str | None:
    if not visible(text or ""):
        return None
    address = email.parse(text or "")
    if isinstance(address, email.EmailError):
        flaws.append(FieldError("email", address.value))
        return None
    return address.written


def without_invisible(address: Address) -> Address:
    texts = {name: getattr(address, name) for name in ("line", "postcode", "city", "municipality")}
    seen = {name: visible(text) or None if text else text for name, text in texts.items()}
    return structs.replace(address, **seen, country=visible(address.country))


def unfit_addresses(addresses: tuple[Address, ...]) -> Iterator[FieldError]:
    for number, address in enumerate(addresses):
        for name in ("line", "postcode", "city"):
            text = getattr(address, name)
            if text and (error := text_error(f"addresses.{number}.{name}", text)):
                yield error
        if not _COUNTRY.fullmatch(address.country):
            yield FieldError(f"addresses.{number}.country", ErrorCode.COUNTRY_FORM)
        if address.municipality and not _MUNICIPALITY.fullmatch(address.municipality):
            yield FieldError(f"addresses.{number}.municipality", ErrorCode.MUNICIPALITY_FORM)


def possible_channels(contact: ContactDetails, who: Identity | None) -> tuple[Channel, ...]:
    """Return the channels that the details allow. A child's Digital Post goes to the custody holders."""
    numbered = who is not None and any(one.system == IdentitySystem.CPR for one in who.identifiers)
    possible = {
        Channel.CALL: contact.phone is not None,
        Channel.DIGITAL_POST: numbered,
        Channel.SMS: contact.phone is not None,
        Channel.EMAIL: contact.email is not None,
        Channel.LETTER: any(address.line and address.postcode for address in contact.addresses),
    }
    return tuple(channel for channel in Channel if possible[channel])
