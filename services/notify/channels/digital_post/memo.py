"""Build MeMo, the format of Digital Post. The element order is valid in versions 1.1 and 1.2.

`mandatory` and `legalNotification` are always written: 1.1 requires them, 1.2 allows them. SF1601 requires
the prefix `memo` literally.
"""

import base64
from dataclasses import dataclass
from datetime import UTC
from enum import StrEnum
from typing import Final

from lxml import etree

from services.notify.channels.digital_post.document import file_name, to_html
from services.notify.domain.message import OutgoingMessage

NAMESPACE: Final = "https://DigitalPost.dk/MeMo-1"
_LONGEST_LABEL: Final = 256


class MemoVersion(StrEnum):
    V1_1 = "1.1"
    V1_2 = "1.2"


@dataclass(frozen=True, slots=True)
class Sender:
    cvr: str
    label: str


def build(
    message: OutgoingMessage, sender: Sender, version: MemoVersion = MemoVersion.V1_1
) -> etree._Element:
    """Build the message. Raise ValueError if the addressee has no CPR number."""
    cpr = message.addressee.cpr
    if cpr is None:
        raise ValueError("Digital Post needs the addressee's CPR number")
    root = etree.Element(_name("Message"), nsmap={"memo": NAMESPACE}, memoVersion=version.value)
    if version is MemoVersion.V1_1:
        root.set("memoSchVersion", "1.1.0")
    _header(etree.SubElement(root, _name("MessageHeader")), message, sender, cpr)
    _body(etree.SubElement(root, _name("MessageBody")), message)
    return root


def _header(header: etree._Element, message: OutgoingMessage, sender: Sender, cpr: str) -> None:
    _add(header, "messageType", "DIGITALPOST")
    _add(header, "messageUUID", str(message.idempotency_key))
    _add(header, "label", message.subject[:_LONGEST_LABEL])
    _add(header, "mandatory", "false")
    _add(header, "legalNotification", "false")
    from_whom = etree.SubElement(header, _name("Sender"))
    _add(from_whom, "senderID", sender.cvr)
    _add(from_whom, "idType", "CVR")
    _add(from_whom, "label", sender.label)
    to_whom = etree.SubElement(header, _name("Recipient"))
    _add(to_whom, "recipientID", cpr)
    _add(to_whom, "idType", "CPR")


def _body(body: etree._Element, message: OutgoingMessage) -> None:
    at = message.created_at.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00")
    _add(body, "createdDateTime", f"{at}Z")
    document = etree.SubElement(body, _name("MainDocument"))
    _add(document, "label", message.subject[:_LONGEST_LABEL])
    file = etree.SubElement(document, _name("File"))
    content = to_html(message.subject, message.body, message.language)
    _add(file, "encodingFormat", "text/html")
    _add(file, "filename", file_name(message.subject))
    _add(file, "language", message.language[:2])
    _add(file, "content", base64.b64encode(content).decode())


def _name(local: str) -> str:
    return f"{{{NAMESPACE}}}{local}"


def _add(parent: etree._Element, local: str, text: str) -> None:
    etree.SubElement(parent, _name(local)).text = text
