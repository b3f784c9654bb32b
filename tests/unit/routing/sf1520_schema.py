"""The published schema of SF1520, laid out so that it can be used."""

from pathlib import Path

from lxml import etree

from services.routing.register.request import INVOCATION, PNR
from tests import published

_CONTEXTS = (
    ("CallContext", "http://serviceplatformen.dk/xml/schemas/CallContext/1/"),
    ("AuthorityContext", "http://serviceplatformen.dk/xml/schemas/AuthorityContext/1/"),
    ("InvocationContext", INVOCATION),
)


def published_schema(folder: Path) -> etree.XMLSchema:
    """Lay the schema out as it names its parts.

    Three context schemas were not published with it: left open. Its types refer to PNR without an import.
    """
    files = published.path("schemas/sf1520")
    contexts = {f"sp/{name}_1.xsd": _context_schema(name, namespace) for name, namespace in _CONTEXTS}
    types = (files / "PersonBaseDataExtendedServiceTypes.xsd").read_text(encoding="utf-8")
    pnr_import = f'<xsd:import namespace="{PNR}" schemaLocation="../sp/PNR_1.xsd"/>'
    parts = contexts | {
        "sp/PNR_1.xsd": (files / "PNR_1.xsd").read_text(encoding="utf-8"),
        "xsd/PersonBaseDataExtendedServiceTypes.xsd": types.replace(
            "<xsd:complexType", pnr_import + "<xsd:complexType", 1
        ),
        "main.xsd": (files / "PersonBaseDataExtendedServiceMsg.xsd").read_text(encoding="utf-8"),
    }
    for name, text in parts.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return etree.XMLSchema(file=str(folder / "main.xsd"))


def _context_schema(name: str, namespace: str) -> str:
    return (
        f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="{namespace}">'
        f'<xs:element name="{name}"/></xs:schema>'
    )
