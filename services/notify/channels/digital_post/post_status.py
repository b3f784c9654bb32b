"""Read PKO_PostStatus, the receipts of the platform, in the envelope of the message distributor (SF1461)."""

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from lxml import etree

from contracts.events.vocabulary import Channel
from services.notify.channels.digital_post import xml
from services.notify.domain.receipt import Receipt, ReceiptStatus, flaw

POST_STATUS: Final = "d2bed63c-4853-4008-b6e0-a74c15b15fbf"
_FAILED: Final = "e225a75c"
# ObjektHandling by its first eight digits. Public documents do not give the rest of most of them.
_STATUS: Final = {
    _FAILED: ReceiptStatus.FAILED,
    "eb866ca2": ReceiptStatus.RECEIVED,  # Modtaget Digital Post
    "f7161a89": ReceiptStatus.DELIVERED,  # Afleveret Digital Post
    "db5a6025": ReceiptStatus.PROGRESS,  # Afsendt
    "dd98e71c": ReceiptStatus.PROGRESS,  # Modtaget fjernprint
    "e2b30d57": ReceiptStatus.PROGRESS,  # Klar til print
    "e3c0a021": ReceiptStatus.PROGRESS,  # Afleveret til print og kuvertering
    "e94a0a8b": ReceiptStatus.PROGRESS,  # Modtaget Post Danmark
    "f03904aa": ReceiptStatus.CANCELLED,  # Tilbagekaldt
    "f4e6eb11": ReceiptStatus.RETURNED,  # Opdatering fra Post Danmark
}
_LONGEST_CODE: Final = 64

ACKNOWLEDGEMENT: Final = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b'<sts:ModtagBeskedOutput xmlns="urn:oio:sagdok:3.0.0" xmlns:sts="urn:oio:sts:1.0.0">'
    b"<StandardRetur><StatusKode>20</StatusKode></StandardRetur></sts:ModtagBeskedOutput>\n"
)


@dataclass(frozen=True, slots=True)
class ForeignReceipt:
    """A receipt of another system or of an unknown kind. It is acknowledged and dropped."""


@dataclass(frozen=True, slots=True)
class UnreadableReceipt:
    reason: str  # must not quote the message


def read(document: bytes) -> Receipt | ForeignReceipt | UnreadableReceipt:
    """Read a Haendelsesbesked, alone or inside a ModtagBeskedInput."""
    envelope = xml.parse(document)
    if envelope is None:
        return UnreadableReceipt("not XML")
    kind = xml.text(envelope, "Filtreringsdata/Beskedtype/UUIDIdentifikator")
    if kind is None:
        return UnreadableReceipt("no Beskedtype")
    if kind.lower() != POST_STATUS:
        return ForeignReceipt()
    handling = xml.text(envelope, "ObjektRegistrering/ObjektHandling/UUIDIdentifikator")
    status = _inside(envelope)
    if handling is None or status is None:
        return UnreadableReceipt("no ObjektHandling, or no PKO_PostStatus inside")
    return _receipt(handling.lower(), status)


def _receipt(handling: str, status: etree._Element) -> Receipt | ForeignReceipt | UnreadableReceipt:
    known = _STATUS.get(handling[:8])
    if known is None:
        return ForeignReceipt()
    message_uuid = xml.text(status, "MessageUUID")
    if message_uuid is None:
        return ForeignReceipt()  # a letter that another system sent without one
    try:
        key, at = UUID(message_uuid), datetime.fromisoformat(xml.text(status, "TransaktionsDatoTid") or "")
        handled = str(UUID(handling))
    except ValueError:
        return UnreadableReceipt("MessageUUID, TransaktionsDatoTid or ObjektHandling is not valid")
    if at.tzinfo is None:
        return UnreadableReceipt("TransaktionsDatoTid has no time zone")
    code = xml.text(status, "FejlDetaljer/FejlKode") if known is ReceiptStatus.FAILED else None
    receipt = Receipt(key, known, handled, at, code[:_LONGEST_CODE] if code else None, Channel.DIGITAL_POST)
    bad = flaw(receipt)
    return UnreadableReceipt(bad) if bad else receipt


def _inside(envelope: etree._Element) -> etree._Element | None:
    encoded = xml.text(envelope, "Beskeddata/Base64")
    if encoded is None:
        return None
    try:
        return xml.parse(base64.b64decode(encoded))
    except ValueError:  # binascii.Error, or characters outside ASCII
        return None
