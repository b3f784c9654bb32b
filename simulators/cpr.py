"""The CPR register: SF1520 PersonBaseDataExtended, version 4, as SOAP 1.1 over HTTP.

Namespaces, names and their order: KOMBIT's schemas. Assumption: an unknown number is answered by a
fault with the text "PNR not found" and status 500, as in SOAP 1.1.
"""

from collections.abc import Iterable
from typing import Any, Final

from lxml import etree
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulators.faults import Faults
from simulators.journal import Journal, hashed
from simulators.web import answered, misbehave, plan_of

SOAP: Final = "http://schemas.xmlsoap.org/soap/envelope/"
SERVICE: Final = "http://serviceplatformen.dk/xml/wsdl/soap11/CPR/PersonBaseDataExtended/4/"
PNR: Final = "http://serviceplatformen.dk/xml/schemas/cpr/PNR/1/"
_XML: Final = "text/xml; charset=utf-8"


class Custody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: int  # 3 mother, 4 father, 5 and 6 others
    holder: str | None = None
    since: str | None = None
    deleted: str | None = None


class Person(BaseModel):
    """The register's data about one person. Dates are YYYY-MM-DD."""

    model_config = ConfigDict(extra="forbid")

    cpr: str = Field(pattern=r"^\d{10}$")
    current_cpr: str | None = None
    name: str
    birth_date: str
    status: str = "1"
    municipality: str | None = None
    road_code: int | None = None
    street: str | None = None
    house_number: str | None = None
    postcode: str | None = None
    city: str | None = None
    protected: bool = False
    digital_post: bool = True
    nemsms: bool = False
    mother: str | None = None
    father: str | None = None
    custody: list[Custody] = []


class CprRegister:
    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.faults = Faults()
        self.people: dict[str, Person] = {}
        self.routes = [Route("/{path:path}", self.look_up, methods=["POST"])]

    def add(self, people: Iterable[Person]) -> None:
        self.people |= {person.cpr: person for person in people}

    async def look_up(self, request: Request) -> Response:
        cpr = _asked(await request.body())
        if cpr is None:
            await self.journal.append("request", effect=False, answer=400)
            return Response(_fault("the request holds no PNR"), 400, media_type=_XML)
        plan = plan_of(self.faults, request, cpr)
        person = self.people.get(cpr)
        status = 200 if person else 500

        async def note(answer: int | str) -> None:
            await self.journal.append("request", effect=False, recipient=hashed(cpr), answer=answer)

        async def answer() -> Response:
            await note(answered(plan, status))
            return Response(_answer(person) if person else _fault("PNR not found"), status, media_type=_XML)

        return await misbehave(request, plan, answer, note)


def _asked(body: bytes) -> str | None:
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        return etree.fromstring(body, parser).findtext(f".//{{{PNR}}}PNR")
    except etree.XMLSyntaxError:
        return None


def _fault(text: str) -> bytes:
    envelope, body = _envelope()
    fault = etree.SubElement(body, f"{{{SOAP}}}Fault")
    etree.SubElement(fault, "faultcode").text = "soap:Server"
    etree.SubElement(fault, "faultstring").text = text
    return etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")


def _envelope() -> tuple[etree._Element, etree._Element]:
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soap": SOAP})
    return envelope, etree.SubElement(envelope, f"{{{SOAP}}}Body")


def _answer(person: Person) -> bytes:
    envelope, body = _envelope()
    response = etree.SubElement(body, f"{{{SERVICE}}}PersonLookupResponse", nsmap={"svc": SERVICE})
    _tree(response, _content(person))
    return etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")


def _content(person: Person) -> dict[str, Any]:
    """Return the elements by name, in schema order. None is left out; a list repeats its element."""
    municipality = int(person.municipality) if person.municipality else None
    return {
        "persondata": {
            "personnummer": person.cpr,
            "gaeldendePersonnummer": person.current_cpr,
            "navn": {"personadresseringsnavn": person.name},
            "foedselsdato": {"dato": person.birth_date},
            "antalBoernUnder18": 0,
            "status": {"status": person.status},
            "adressebeskyttelse": {"beskyttet": "true"} if person.protected else None,
            "tilmeldtNemsms": str(person.nemsms).lower(),
            "tilmeldtDigitalpost": str(person.digital_post).lower(),
        },
        "adresse": {
            "aktuelAdresse": {
                "kommunekode": municipality,
                "vejkode": person.road_code,
                "husnummer": person.house_number,
                "postnummer": person.postcode,
                "postdistrikt": person.city,
                "vejnavn": person.street,
            },
        },
        "relationer": _relations(person),
    }


def _relations(person: Person) -> dict[str, Any] | None:
    if not (person.mother or person.father or person.custody):
        return None
    return {
        "mor": {"personnummer": person.mother} if person.mother else None,
        "far": {"personnummer": person.father} if person.father else None,
        "foraeldremyndighed": [
            {
                "foraeldremyndighedtype": row.kind,
                "foraeldremyndighedStartdato": {"dato": row.since} if row.since else None,
                "foraeldremyndighedSletdato": row.deleted,
                "relationPersonnummer": row.holder,
            }
            for row in person.custody
        ],
    }


def _tree(parent: etree._Element, content: dict[str, Any]) -> None:
    for name, value in content.items():
        for one in value if isinstance(value, list) else [value]:
            if one is None:
                continue
            element = etree.SubElement(parent, f"{{{SERVICE}}}{name}")
            if isinstance(one, dict):
                _tree(element, one)
            else:
                element.text = str(one)
