"""MeMo is valid by the published 1.1 schema, and by 1.2 with its four relaxations."""

import base64
from pathlib import Path

import pytest
from lxml import etree

from services.notify.channels.digital_post import memo
from services.notify.channels.digital_post.document import file_name, to_html
from services.notify.channels.digital_post.memo import NAMESPACE, MemoVersion, Sender
from services.notify.channels.digital_post.sf1601 import request
from tests import published
from tests.unit.notify.cases import CPR, message

SENDER = Sender("12345678", "Region Test")
_SCHEMA = "{http://www.w3.org/2001/XMLSchema}"


def schema(folder: Path, *, relaxed: bool) -> etree.XMLSchema:
    """Read the 1.1 schema; `relaxed`: with the changes of 1.2."""
    core = etree.parse(folder / "MeMo_core.xsd")
    if relaxed:
        for name in ("mandatory", "legalNotification"):
            for element in core.iterfind(f".//{_SCHEMA}element[@name='{name}']"):
                element.set("minOccurs", "0")
        for attribute in core.iterfind(f".//{_SCHEMA}attribute[@name='memoSchVersion']"):
            attribute.set("use", "optional")
    return etree.XMLSchema(core)


@pytest.mark.published
@pytest.mark.parametrize("version", MemoVersion)
def test_a_message_is_valid(version: MemoVersion) -> None:
    valid = schema(published.path("schemas/memo-1.1"), relaxed=version is MemoVersion.V1_2)

    built = memo.build(message(), SENDER, version)

    parsed = etree.fromstring(etree.tostring(built))
    assert valid.validate(parsed), valid.error_log.last_error


@pytest.mark.published
def test_the_schema_refuses_another_order_of_the_header() -> None:
    valid = schema(published.path("schemas/memo-1.1"), relaxed=False)
    built = memo.build(message(), SENDER)
    header = built[0]

    header.append(header[3])  # mandatory last

    assert not valid.validate(built)


def test_the_two_versions_differ_in_their_attributes_only() -> None:
    one = message()
    first, second = (memo.build(one, SENDER, version) for version in MemoVersion)

    assert (first.get("memoVersion"), first.get("memoSchVersion")) == ("1.1", "1.1.0")
    assert (second.get("memoVersion"), second.get("memoSchVersion")) == ("1.2", None)
    assert [etree.tostring(part) for part in first] == [etree.tostring(part) for part in second]


def test_the_same_attempt_is_the_same_bytes_and_carries_its_key() -> None:
    one = message()

    first, second = request(one, SENDER, MemoVersion.V1_1), request(one, SENDER, MemoVersion.V1_1)

    assert first == second
    root = etree.fromstring(first)
    assert root.findtext("KombiValgKode") == "Digital Post"
    assert b"<memo:Message " in first
    found = root.find(f".//{{{NAMESPACE}}}messageUUID")
    assert found is not None
    assert found.text == str(one.idempotency_key)
    assert root.findtext(f".//{{{NAMESPACE}}}recipientID") == CPR
    assert (root.findtext(f".//{{{NAMESPACE}}}createdDateTime") or "").endswith("Z")


@pytest.mark.parametrize(
    ("subject", "name"),
    [
        ("Råd: hvad kan du gøre?", "Råd hvad kan du gøre.html"),
        ('a/b\\c|d*e<f>g"h\r\ni\u00a0j\u2003k', "abcdefghijk.html"),
        ("???", "besked.html"),
    ],
)
def test_a_file_name_has_no_character_that_the_platform_refuses(subject: str, name: str) -> None:
    assert file_name(subject) == name


def test_the_document_reads_its_markup_and_escapes_everything_else() -> None:
    page = to_html("<b>", "# Råd & vink\nEn linje\nog en til\n\n- første\n- <script>\n", "da").decode()

    assert "<title>&lt;b&gt;</title>" in page
    assert "<h2>Råd &amp; vink</h2>" in page
    assert "<p>En linje<br/>\nog en til</p>" in page
    assert "<ul>\n<li>første</li>\n<li>&lt;script&gt;</li>\n</ul>" in page
    assert "<script>" not in page


def test_the_content_is_the_document() -> None:
    one = message()

    content = memo.build(one, SENDER).findtext(f".//{{{NAMESPACE}}}content") or ""

    assert base64.b64decode(content) == to_html(one.subject, one.body, one.language)
