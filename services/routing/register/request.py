"""Build a PersonLookupRequest (SF1520 PersonBaseDataExtended, version 4) in a SOAP 1.1 envelope."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from lxml import etree

SOAP: Final = "http://schemas.xmlsoap.org/soap/envelope/"
SERVICE: Final = "http://serviceplatformen.dk/xml/wsdl/soap11/CPR/PersonBaseDataExtended/4/"
PNR: Final = "http://serviceplatformen.dk/xml/schemas/cpr/PNR/1/"
INVOCATION: Final = "http://serviceplatformen.dk/xml/schemas/InvocationContext/1/"
SOAP_ACTION: Final = f"{SERVICE}PersonLookup"


@dataclass(frozen=True, slots=True)
class Agreement:
    """The ids of our service agreement with Serviceplatformen."""

    agreement: UUID
    user_system: UUID
    user: UUID
    service: UUID


def build_request(cpr: str, agreement: Agreement | None = None) -> bytes:
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soap": SOAP})
    body = etree.SubElement(envelope, f"{{{SOAP}}}Body")
    request = etree.SubElement(body, f"{{{SERVICE}}}PersonLookupRequest", nsmap={"tns": SERVICE, "cpr": PNR})
    if agreement is not None:
        _add_agreement(request, agreement)
    etree.SubElement(request, f"{{{PNR}}}PNR").text = cpr
    return etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")


def _add_agreement(request: etree._Element, agreement: Agreement) -> None:
    context = etree.SubElement(request, f"{{{INVOCATION}}}InvocationContext", nsmap={"invctx": INVOCATION})
    named = {
        "ServiceAgreementUUID": agreement.agreement,
        "UserSystemUUID": agreement.user_system,
        "UserUUID": agreement.user,
        "ServiceUUID": agreement.service,
    }
    for name, value in named.items():
        etree.SubElement(context, f"{{{INVOCATION}}}{name}").text = str(value)
