"""Every text renders with its declared variables; errors are found when the files are read."""

import re
from itertools import product
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from jinja2 import UndefinedError

from contracts.events.vocabulary import Channel
from deploy.local.stack import ROOT
from services.notify.api.templates import routes
from services.notify.channels.digital_post.document import to_html
from services.notify.templates.files import AVAILABLE, MessageTemplate, TemplateError, load, read

VALUES = {
    "name": "Anna Øst",
    "relation": "self",
    "people": 1,
    "incident": "branden i Nordhavn",
    "hotline": "+45 70 00 00 00",
    "web_page": "https://example.dk",
    "sender": "Region Test",
}
TEXTS = [(template, *key) for template in load().values() for key in template.texts]


FORMS = frozenset(path.stem for path in (ROOT / "services/registration/documents/versions").glob("*/*.yaml"))


@pytest.mark.parametrize("template", load().values(), ids=lambda template: template.name)
def test_every_message_exists_in_each_language_in_which_a_form_exists(template: MessageTemplate) -> None:
    assert {"da", "en", "uk", "ar"} <= FORMS
    assert {language for language, _ in template.texts} >= FORMS
    assert {channel for _, channel in template.texts} == {Channel.DIGITAL_POST, Channel.SMS, Channel.EMAIL}
    assert template.unreviewed == {"uk", "ar"}


async def test_the_languages_of_each_message_are_listed_with_their_substitutes() -> None:
    app = FastAPI()
    app.include_router(routes(load()))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://notify") as client:
        [told] = (await client.get("/templates")).json()

    assert (told["template"], told["otherwise"], told["read_instead"]["sv"]) == ("information", "en", "da")
    assert {line["language"]: line["reviewed"] for line in told["channels"]["sms"]} == {
        "ar": False,
        "da": True,
        "de": True,
        "en": True,
        "uk": False,
    }


def test_a_language_that_is_written_from_the_right_is_shown_so() -> None:
    assert b'<html lang="ar" dir="rtl">' in to_html("a", "b", "ar")
    assert b'<html lang="da" dir="ltr">' in to_html("a", "b", "da")


@pytest.mark.parametrize(("template", "language", "channel"), TEXTS)
def test_every_text_renders_with_and_without_optional_incident_data(
    template: MessageTemplate, language: str, channel: Channel
) -> None:
    text = template.texts[language, channel]
    declared = {name: VALUES[name] for name in template.variables}

    for relation, hotline, page in product(("self", "custody_holder"), ("+4570000000", None), ("x", None)):
        subject, body = text.render(declared | {"relation": relation, "hotline": hotline, "web_page": page})

        assert bool(subject) == (channel is not Channel.SMS)
        assert body.strip()
        assert "None" not in body
        assert "{" not in body


@pytest.mark.parametrize(("template", "language", "channel"), TEXTS)
def test_a_text_message_names_no_incident_and_has_no_link(
    template: MessageTemplate, language: str, channel: Channel
) -> None:
    _, body = template.texts[language, channel].render(VALUES)

    if channel is not Channel.DIGITAL_POST:
        assert VALUES["incident"] not in body
    if channel is Channel.SMS:
        assert VALUES["name"] not in body
        assert not re.search(r"https?:|www\.|\.dk", body)


def test_a_missing_value_raises() -> None:
    text = load()["information"].text("da", Channel.SMS)
    assert text is not None

    with pytest.raises(UndefinedError):
        text.render({"sender": "Region Test"})


def test_a_missing_language_is_replaced_by_danish_or_english() -> None:
    template = load()["information"]

    found = {asked: template.text(asked, Channel.SMS) for asked in ("de", "nb", "pl")}

    assert {asked: text.language for asked, text in found.items() if text} == {
        "de": "de",
        "nb": "da",
        "pl": "en",
    }
    assert template.text("da", Channel.LETTER) is None


FILE = """
name: reminder
version: 1
variables: [{variables}]
languages:
  en: {{sms: {{body: "{body}"}}}}
  da: {{{channel}: {{body: hej}}}}
"""


@pytest.mark.parametrize(
    ("variables", "body", "channel", "says"),
    [
        (
            "sender",
            "{{ sender }} {{ hotline }}",
            "sms",
            "reminder.yaml: en: sms: body: uses hotline, not declared",
        ),
        ("sender, phone", "x", "sms", "reminder.yaml: variables: unknown: phone"),
        ("sender", "x", "email", "reminder.yaml: da: has other channels than en"),
        ("sender", "{% if %}", "sms", "reminder.yaml: en: sms: body: Expected an expression"),
    ],
)
def test_an_invalid_file_is_reported_with_the_place(
    tmp_path: Path, variables: str, body: str, channel: str, says: str
) -> None:
    path = tmp_path / "reminder.yaml"
    path.write_text(FILE.format(variables=variables, body=body, channel=channel))

    with pytest.raises(TemplateError, match=re.escape(says)):
        read(path)


@pytest.mark.parametrize(("channel", "subject"), [("sms", "subject: x, "), ("email", "")])
def test_only_channels_that_show_a_subject_have_one(tmp_path: Path, channel: str, subject: str) -> None:
    path = tmp_path / "reminder.yaml"
    text = f"{{{subject}body: x}}"
    path.write_text(f"name: reminder\nversion: 1\nvariables: []\nlanguages: {{en: {{{channel}: {text}}}}}\n")

    with pytest.raises(TemplateError, match=f"en: {channel}: subject"):
        read(path)


def test_a_template_can_read_only_its_variables(tmp_path: Path) -> None:
    path = tmp_path / "reminder.yaml"
    path.write_text(FILE.format(variables="sender", body="{{ sender.__class__.__mro__ }}", channel="sms"))
    text = read(path).text("en", Channel.SMS)
    assert text is not None

    with pytest.raises(Exception, match="unsafe"):
        text.render(dict.fromkeys(AVAILABLE, "x"))
