"""Read XML from outside: no entities, no DTD, no network."""

from lxml import etree


def parse(document: bytes) -> etree._Element | None:
    """Parse a document. Return None for invalid XML or a document type, which no format here has."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(document, parser)
    except etree.XMLSyntaxError:
        return None
    return None if root.getroottree().docinfo.internalDTD is not None else root


def text(parent: etree._Element, path: str) -> str | None:
    """Return the text of the first element at a path ("Outer/Inner") in any namespace; None without text."""
    steps = "/".join(f"*[local-name()='{step}']" for step in path.split("/"))
    found = parent.xpath(f"(.//{steps})[1]")
    if not isinstance(found, list) or not found or not isinstance(found[0], etree._Element):  # noqa: SLF001 - lxml's own name for the type
        return None
    value = (found[0].text or "").strip()
    return value or None
