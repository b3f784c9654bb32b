"""Read the template files: sandboxed Jinja2, checked and compiled when the service starts.

A text may use only the variables that its file declares. Every language has the same channels.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml
from jinja2 import StrictUndefined, Template, TemplateSyntaxError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from contracts.events.vocabulary import Channel
from services.notify.domain.danish_grammar import genitive

SHIPPED: Final = Path(__file__).parent
AVAILABLE: Final = frozenset({"name", "relation", "people", "incident", "hotline", "web_page", "sender"})
READ_INSTEAD: Final = dict.fromkeys(("nb", "nn", "no", "sv", "fo", "kl"), "da")
DEFAULT: Final = "en"
_LONGEST_SUBJECT: Final = 256  # MeMo, label

_environment = ImmutableSandboxedEnvironment(
    undefined=StrictUndefined,
    autoescape=False,  # plain text; digital_post/document.py escapes it
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters["genitive"] = genitive
_Strict = ConfigDict(extra="forbid", frozen=True)


class TemplateError(ValueError):
    """A template file is invalid. The text names the file, the language, the channel and the reason."""


class TextFile(BaseModel):
    model_config = _Strict

    subject: str = Field("", max_length=_LONGEST_SUBJECT)
    body: str = Field(min_length=1)


class TemplateFile(BaseModel):
    model_config = _Strict

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    version: int = Field(ge=1)
    variables: tuple[str, ...]
    unreviewed: frozenset[str] = frozenset()  # languages
    languages: dict[str, dict[Channel, TextFile]] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class TemplateText:
    language: str  # of the text
    subject: Template
    body: Template

    def render(self, variables: Mapping[str, object]) -> tuple[str, str]:
        """Render subject and body. Raise jinja2.UndefinedError for a missing variable."""
        return self.subject.render(variables), self.body.render(variables).strip() + "\n"


@dataclass(frozen=True, slots=True)
class MessageTemplate:
    name: str
    version: int
    variables: frozenset[str]
    texts: Mapping[tuple[str, Channel], TemplateText]  # by language and channel
    unreviewed: frozenset[str] = frozenset()  # languages

    def text(self, language: str, channel: Channel) -> TemplateText | None:
        """Return the text in a language or its substitute; None if the channel has no text."""
        for tried in (language, READ_INSTEAD.get(language, DEFAULT), DEFAULT):
            if (found := self.texts.get((tried, channel))) is not None:
                return found
        return None


def load(folder: Path = SHIPPED) -> dict[str, MessageTemplate]:
    """Return the templates by name. Raise TemplateError."""
    return {path.stem: read(path) for path in sorted(folder.glob("*.yaml"))}


def read(path: Path) -> MessageTemplate:
    try:
        found = TemplateFile.model_validate(yaml.safe_load(path.read_text("utf-8")))
    except yaml.YAMLError as error:
        raise TemplateError(f"{path.name}: not YAML: {error}") from None
    except ValidationError as error:
        raise TemplateError(f"{path.name}: {'; '.join(map(_flaw, error.errors()))}") from None
    if found.name != path.stem:
        raise TemplateError(f"{path.name}: name: must match the file name, {path.stem}")
    if unknown := set(found.variables) - AVAILABLE:
        raise TemplateError(f"{path.name}: variables: unknown: {', '.join(sorted(unknown))}")
    if missing := found.unreviewed - set(found.languages):
        raise TemplateError(f"{path.name}: unreviewed: no text in {', '.join(sorted(missing))}")
    _same_channels(path.name, found)
    texts = {
        (language, channel): _compile(
            f"{path.name}: {language}: {channel}", channel, language, text, found.variables
        )
        for language, by_channel in found.languages.items()
        for channel, text in by_channel.items()
    }
    return MessageTemplate(found.name, found.version, frozenset(found.variables), texts, found.unreviewed)


def _same_channels(name: str, found: TemplateFile) -> None:
    if DEFAULT not in found.languages:
        raise TemplateError(f"{name}: languages: {DEFAULT} is missing, the substitute for all others")
    wanted = set(found.languages[DEFAULT])
    for language, by_channel in found.languages.items():
        if set(by_channel) != wanted:
            raise TemplateError(f"{name}: {language}: has other channels than {DEFAULT}")


def _compile(
    where: str, channel: Channel, language: str, text: TextFile, declared: tuple[str, ...]
) -> TemplateText:
    if (channel is Channel.SMS) == bool(text.subject):
        raise TemplateError(f"{where}: subject: must be empty for a text message and set for all others")
    for part, source in (("subject", text.subject), ("body", text.body)):
        try:
            used = meta.find_undeclared_variables(_environment.parse(source))
        except TemplateSyntaxError as error:
            raise TemplateError(f"{where}: {part}: {error.message}") from None
        if missing := used - set(declared):
            raise TemplateError(f"{where}: {part}: uses {', '.join(sorted(missing))}, not declared")
    return TemplateText(language, _environment.from_string(text.subject), _environment.from_string(text.body))


def _flaw(error: Any) -> str:
    return f"{'.'.join(str(part) for part in error['loc']) or 'the file'}: {error['msg']}"
