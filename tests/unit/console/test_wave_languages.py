"""The preview says which messages fall back to another language, and which nobody has reviewed."""

from typing import Any

from services.console.pages.waves.view import LanguageLine, languages
from services.notify.api.templates import _template
from services.notify.templates.files import load

TEMPLATES: list[dict[str, Any]] = [_template(each).model_dump(mode="json") for each in load().values()]


def share(language: str, contacts: int, channel: str = "sms") -> dict[str, Any]:
    return {"template": "information", "channel": channel, "language": language, "contacts": contacts}


def test_only_fallbacks_and_unreviewed_texts_are_listed() -> None:
    planned = [share("da", 50), share("uk", 3), share("uk", 2, "email"), share("fa", 4), share("sv", 1)]

    assert languages(planned, TEMPLATES) == (
        LanguageLine("fa", "en", reviewed=True, contacts=4),
        LanguageLine("sv", "da", reviewed=True, contacts=1),
        LanguageLine("uk", None, reviewed=False, contacts=5),
    )


def test_a_template_unknown_to_notify_is_skipped() -> None:
    assert languages([share("da", 1) | {"template": "other"}], TEMPLATES) == ()
