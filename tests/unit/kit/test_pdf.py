"""Pages that people read, sign and keep."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.local.assets import assets_dir
from kit.documents.pdf import FontsMissing, PdfDocument, fonts_in
from tests import pdf_text

CREATED = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)


def paper(language: str = "da") -> PdfDocument:
    return PdfDocument(fonts_in(assets_dir()), language, "Samtykke", created=CREATED)


def test_everything_put_on_a_page_can_be_read_there() -> None:
    page = paper()
    page.banner("ØVELSE")
    page.heading("Registrering")
    page.paragraph("Vi holder kontakten.")
    page.facts([("Navn", "Søren Ærø")])
    page.table(["Hvad", "Hvornår"], [["Opkald", "i morgen"]])
    page.boxes(["SMS", "Brev"])
    page.line("Underskrift", "Dato")
    page.qr("https://example.dk/tilmeld/x", "Scan koden")

    read = pdf_text.text(page.pdf())

    for word in (
        "ØVELSE", "Registrering", "Vi holder kontakten.", "Navn", "Søren Ærø", "Hvad", "i morgen", "SMS",
        "Brev", "Underskrift", "Dato", "Scan koden", "https://example.dk/tilmeld/x", "1 / ",
    ):  # fmt: skip
        assert word in read


def test_arabic_is_shaped_and_begins_at_the_right() -> None:
    page = paper("ar")
    page.paragraph("ببب")  # one letter three times: it begins, goes on and ends
    page.paragraph("الاسم: Søren")

    pdf = page.pdf()

    assert pdf_text.glyphs(pdf, "ب") == 3
    assert any(line.startswith("Søren") for line in pdf_text.lines(pdf))
    assert b"/Lang (ar)" in pdf


def test_a_telephone_number_in_arabic_keeps_its_order() -> None:
    page = paper("ar")
    page.paragraph("اتصل بالرقم +45 72 20 12 34 الآن")

    read = pdf_text.text(page.pdf())

    assert "+45 72 20 12 34" in read.replace("\u200e", "")


def test_a_character_without_a_glyph_is_printed_as_its_code_point() -> None:
    page = paper()
    page.paragraph("Wáng 王\x07")

    assert "Wáng [U+738B][U+0007]" in pdf_text.text(page.pdf())


@settings(max_examples=20, deadline=None)
@given(st.text(max_size=60), st.sampled_from(["da", "ar"]))
def test_any_text_is_printed_without_loss(text: str, language: str) -> None:
    page = paper(language)
    page.paragraph(text)
    page.table([text], [[text]])

    read = pdf_text.text(page.pdf())

    assert {character for character in text if character.isascii() and character.isalnum()} <= set(read)


def test_a_cell_longer_than_a_page_loses_no_word_and_the_header_is_on_each_page() -> None:
    page = paper()
    words = [f"ord{number}" for number in range(4000)]
    page.table(["Spalte", "Tekst"], [["a", " ".join(words)], *[["b", str(n)] for n in range(60)]], (1, 4))

    read = pdf_text.text(page.pdf()).split()

    assert set(words) <= set(read)
    assert read.count("Spalte") >= 3


def test_the_same_input_gives_the_same_bytes() -> None:
    def made() -> bytes:
        page = paper()
        page.heading("Samtykke")
        return page.pdf()

    assert made() == made()


def test_missing_fonts_are_reported_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(FontsMissing, match="make setup"):
        PdfDocument(tmp_path, "da", "x", created=CREATED)
