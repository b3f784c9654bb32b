"""Catalogues are read from .po files, and templates are translated with plural forms."""

from pathlib import Path

from jinja2 import Environment

from kit.i18n.catalogues import load_translations
from kit.i18n.jinja import install
from kit.i18n.messages import extract, update

PO = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "%(num)s case"
msgid_plural "%(num)s cases"
msgstr[0] "%(num)s sag"
msgstr[1] "%(num)s sager"

msgctxt "colour"
msgid "Light"
msgstr "Lys"

msgid "Written by %(name)s"
msgstr "<b>Skrevet</b> af %(name)s"
"""
TEMPLATE = (
    """{{ ngettext("%(num)s case", "%(num)s cases", number) }}: {{ _("Written by %(name)s", name=name) }}"""
)


def written(folder: Path, **files: str) -> Path:
    (folder / "i18n").mkdir()
    for name, text in files.items():
        path = folder / {"po": "i18n/da.po", "labels": "i18n/labels.yaml", "page": "page.html"}[name]
        path.write_text(text, encoding="utf-8")
    return folder


def test_a_text_is_translated_and_an_unknown_text_is_returned_in_english(tmp_path: Path) -> None:
    languages = load_translations(written(tmp_path, po=PO) / "i18n")

    assert list(languages) == ["da", "en"]
    assert languages["da"].pgettext("colour", "Light") == "Lys"
    assert languages["da"].gettext("Heavy") == "Heavy"
    assert languages["en"].ngettext("%(num)s case", "%(num)s cases", 2) == "%(num)s cases"


def test_a_later_folder_adds_texts_and_keeps_the_plural_forms(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first = written(tmp_path / "a", po=PO)
    second = written(tmp_path / "b", po=PO.split("msgctxt", maxsplit=1)[0] + 'msgid "Heavy"\nmsgstr "Tung"\n')

    danish = load_translations(first / "i18n", second / "i18n")["da"]

    assert danish.gettext("Heavy") == "Tung"
    assert danish.ngettext("%(num)s case", "%(num)s cases", 1) == "%(num)s sag"


def test_a_template_escapes_values_and_formats_the_counted_number(tmp_path: Path) -> None:
    environment = Environment(autoescape=True)
    danish = load_translations(written(tmp_path, po=PO) / "i18n")["da"]
    install(environment, danish, format_number=lambda number: f"{number:,}".replace(",", "."))

    text = environment.from_string(TEMPLATE).render(number=1200, name="<i>")

    assert text == "1.200 sager: <b>Skrevet</b> af &lt;i&gt;"


def test_texts_are_extracted_from_templates_and_labels(tmp_path: Path) -> None:
    package = written(tmp_path, po=PO, page=TEMPLATE, labels="colour:\n  light: Light\n")

    found = {(message.id, message.context) for message in extract(package) if message.id}

    assert found == {
        (("%(num)s case", "%(num)s cases"), None), ("Written by %(name)s", None), ("Light", "colour"),
    }  # fmt: skip


def test_an_update_marks_a_reworded_text_fuzzy_and_removes_an_unused_one(tmp_path: Path) -> None:
    package = written(tmp_path, po=PO, page=TEMPLATE.replace("Written by", "Was written by"))

    update(package / "i18n" / "da.po")

    after = (package / "i18n" / "da.po").read_text("utf-8")
    assert '#, fuzzy, python-format\nmsgid "Was written by %(name)s"' in after
    assert "Light" not in after
