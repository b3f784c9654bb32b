"""Parse a PersonLookupResponse or a SOAP fault, for every version of the service."""

from datetime import date

from lxml import etree

from services.routing.domain.register_entry import (
    CprStatus,
    Custody,
    CustodyKind,
    FailureReason,
    GuardianKind,
    Guardianship,
    LookUpFailed,
    NotFound,
    Protection,
    RegisterAnswer,
)
from services.routing.register.lookup import LookUpResult

_UNKNOWN_PERSON = "pnr not found"  # the service's fault text for a number that the register does not have
_MALFORMED = LookUpFailed(FailureReason.MALFORMED)
_FLAGS = {None: None, "true": True, "1": True, "false": False, "0": False}
_PARENTS = {CustodyKind.MOTHER: "mor", CustodyKind.FATHER: "far"}


def read_answer(cpr: str, body: bytes) -> LookUpResult:
    """Parse the answer. Never raises. An answer about another number than `cpr` is malformed."""
    root = _parse(body)
    if root is None:
        return _MALFORMED
    fault = root.find("{*}Body/{*}Fault")
    if fault is not None:
        said = " ".join(str(text) for text in fault.itertext()).lower()
        return NotFound() if _UNKNOWN_PERSON in said else LookUpFailed(FailureReason.SERVER_ERROR)
    response = root.find("{*}Body/{*}PersonLookupResponse")
    if response is None:
        return _MALFORMED
    try:
        return _answer(cpr, response)
    except ValueError:
        return _MALFORMED


def _parse(body: bytes) -> etree._Element | None:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    return root if root.getroottree().docinfo.internalDTD is None else None


def _answer(cpr: str, response: etree._Element) -> RegisterAnswer | LookUpFailed:
    person = response.find("{*}persondata")
    if person is None or (_text(person, "personnummer") or cpr) != cpr:
        return _MALFORMED
    address = response.find("{*}adresse/{*}aktuelAdresse")
    return RegisterAnswer(
        cpr=cpr,
        name=_name(person.find("{*}navn")),
        current_cpr=_text(person, "gaeldendePersonnummer"),
        status=_status(_text(person, "status", "status")),
        birth_date=_date(person, "foedselsdato", "dato"),
        municipality=_municipality(address),
        road_code=_number(address, "vejkode"),
        protection=_protection(person.find("{*}adressebeskyttelse")),
        custody=_custody(response),
        guardianship=_guardianship(person.find("{*}umyndiggoerelse")),
        digital_post=_flag(person, "tilmeldtDigitalpost"),
        nemsms=_flag(person, "tilmeldtNemsms"),
    )


def _name(element: etree._Element | None) -> str | None:
    """Return the whole name; the name for addressing, which may be shortened, where that is all there is."""
    parts = (_text(element, part) for part in ("fornavn", "mellemnavn", "efternavn"))
    return " ".join(part for part in parts if part) or _text(element, "personadresseringsnavn")


def _status(text: str | None) -> CprStatus | None:
    """Return None for an undocumented status; an official then decides."""
    known = {str(status.value): status for status in CprStatus}
    return known.get(str(int(text))) if text else None


def _municipality(address: etree._Element | None) -> str | None:
    """SF1520 gives the code as a number: 101 is 0101."""
    code = _number(address, "kommunekode")
    return f"{code:04}" if code else None


def _protection(element: etree._Element | None) -> Protection | None:
    if element is None:
        return None
    return Protection(_flag(element, "beskyttet"), _date(element, "startdato"), _date(element, "slutdato"))


def _custody(response: etree._Element) -> tuple[Custody, ...]:
    relations = response.find("{*}relationer")
    if relations is None:
        return ()
    rows = []
    for element in relations.iterfind("{*}foraeldremyndighed"):
        kind = CustodyKind(_number(element, "foraeldremyndighedtype") or 0)
        parent = _text(relations, _PARENTS[kind], "personnummer") if kind in _PARENTS else None
        rows.append(
            Custody(
                kind=kind,
                holder=_text(element, "relationPersonnummer") or parent,
                since=_date(element, "foraeldremyndighedStartdato", "dato"),
                deleted=_date(element, "foraeldremyndighedSletdato"),
            )
        )
    return tuple(rows)


def _guardianship(element: etree._Element | None) -> Guardianship | None:
    if element is None or _flag(element, "umyndiggjort") is False:
        return None
    kind = _number(element, "umyndiggorelseRelationType")
    return Guardianship(
        kind=GuardianKind(kind) if kind is not None else None,
        guardian=_text(element, "relationPersonnummer"),
        since=_date(element, "umyndiggoerelseStartdato", "dato"),
        deleted=_date(element, "umyndiggoerelseSlettedato"),
    )


def _text(element: etree._Element | None, *path: str) -> str | None:
    found = element.findtext("/".join(f"{{*}}{name}" for name in path)) if element is not None else None
    return found.strip() or None if found else None


def _number(element: etree._Element | None, name: str) -> int | None:
    text = _text(element, name)
    return int(text) if text else None


def _flag(element: etree._Element, name: str) -> bool | None:
    text = _text(element, name)
    if text not in _FLAGS:
        raise ValueError
    return _FLAGS[text]


def _date(element: etree._Element, *path: str) -> date | None:
    """Parse xsd:date or xsd:dateTime. A time zone does not change the register's date."""
    text = _text(element, *path)
    return date.fromisoformat(text[:10]) if text else None
