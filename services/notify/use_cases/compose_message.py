"""Compose messages from claimed rows: open, address, render. Clear text exists in memory only."""

import logging
from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec
from jinja2 import TemplateError

from contracts.events.ids import AttemptId, IncidentId
from contracts.events.personal import CONTACT, RECIPIENT, ContactDetails, Recipient
from contracts.events.vocabulary import Channel, WithheldReason
from contracts.rules import email, phone
from contracts.rules.email import EmailAddress
from contracts.rules.phone import PhoneNumber
from kit.privacy.keyring import Keyring
from kit.privacy.sealing import DataKey, Unopenable
from kit.runtime.logs import log_problem
from services.notify.domain.custody_holders import find_custody_holder
from services.notify.domain.message import MessageAddressee, OutgoingMessage
from services.notify.domain.plain_text import one_line
from services.notify.domain.transition import DeliveryFailed, FallBack, Transition, Withheld, after_rejection
from services.notify.store.message_claims import Claim
from services.notify.templates.files import MessageTemplate
from services.notify.use_cases import record_transition

log = logging.getLogger(__name__)

_SELF = Recipient()


class Composer:
    def __init__(self, keyring: Keyring, templates: Mapping[str, MessageTemplate], sender: str) -> None:
        self._keyring = keyring
        self._templates = templates
        self._sender = sender

    async def compose(self, claims: Sequence[Claim]) -> list[OutgoingMessage | Transition]:
        """Return for each claim its message, or the transition if there is none."""
        keys = await self._keyring.read({claim.registration_id for claim in claims})
        return [self._one(claim, keys) for claim in claims]

    def _one(self, claim: Claim, keys: Mapping[UUID, DataKey]) -> OutgoingMessage | Transition:
        key = keys.get(claim.registration_id)
        if key is None or claim.contact is None:
            return Withheld(WithheldReason.FORGOTTEN)
        try:
            contact = key.open(CONTACT, claim.contact, ContactDetails)
            sealed = claim.recipient
            recipient = key.open(RECIPIENT, sealed, Recipient) if sealed else _SELF
        except (Unopenable, msgspec.DecodeError):
            return DeliveryFailed("unopenable")
        try:
            return self._render(claim, contact, recipient)
        except TemplateError:  # the error text may quote the person
            return _unsent("template-error", claim)
        except Exception as error:  # noqa: BLE001 - the content of one message must not stop the others
            log_problem(log, "a message cannot be rendered", error, channel=claim.channel)
            return _unsent("not-composed", claim)

    def _render(
        self, claim: Claim, contact: ContactDetails, recipient: Recipient
    ) -> OutgoingMessage | Transition:
        channel = Channel(claim.channel)
        template = self._templates.get(claim.template)
        text = template.text(claim.language, channel) if template else None
        if text is None:
            return _unsent("no-template", claim)
        cpr = find_custody_holder(claim.channels, claim.position, recipient.cprs)
        addressee = _addressee(channel, contact, cpr)
        if addressee is None:
            return _unsent("no-address", claim)
        subject, body = text.render(
            {
                "name": one_line(contact.name),
                "relation": recipient.relation,
                "people": claim.people if claim.shared else 1,
                "incident": _line(claim.name),
                "hotline": _line(claim.hotline),
                "web_page": _line(claim.web_page),
                "sender": one_line(self._sender),
            }
        )
        return OutgoingMessage(
            attempt_id=AttemptId(claim.attempt_id),
            idempotency_key=claim.idempotency_key,
            incident_id=IncidentId(claim.incident_id),
            channel=channel,
            exercise=claim.exercise,
            created_at=claim.created_at,
            language=text.language,
            addressee=addressee,
            subject=subject,
            body=body,
            recipients=max(1, len(recipient.cprs)),
        )


def _addressee(channel: Channel, contact: ContactDetails, cpr: str | None) -> MessageAddressee | None:
    """Return the addressee; None if the contact details lack what the channel needs.

    Digital Post goes to `cpr`. Of several custody holders it goes to one at a time; those with Digital Post
    come first. Two messages at once would have two receipts.
    """
    match channel:
        case Channel.DIGITAL_POST:
            return MessageAddressee(contact.name, cpr=cpr) if cpr else None
        case Channel.SMS:
            number = phone.parse(contact.phone or "")
            return MessageAddressee(contact.name, phone=number) if isinstance(number, PhoneNumber) else None
        case Channel.EMAIL:
            address = email.parse(contact.email or "")
            return (
                MessageAddressee(contact.name, email=address) if isinstance(address, EmailAddress) else None
            )
        case Channel.CALL | Channel.LETTER:
            return None


def _line(text: str | None) -> str | None:
    return None if text is None else one_line(text)


def _unsent(code: str, claim: Claim) -> FallBack | DeliveryFailed:
    return after_rejection(code, record_transition.channels_left(claim))
