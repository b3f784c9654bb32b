"""HTTP in: the languages of each message template, shown at the preview of a wave."""

from collections.abc import Mapping

from fastapi import APIRouter
from pydantic import BaseModel

from contracts.events.vocabulary import Channel
from services.notify.templates.files import DEFAULT, READ_INSTEAD, MessageTemplate


class TemplateLanguage(BaseModel):
    language: str  # ISO 639-1
    reviewed: bool  # by a speaker of the language


class TemplateSummary(BaseModel):
    """`read_instead`: the substitute for a missing language. `otherwise`: the one for all others."""

    template: str
    version: int
    channels: dict[Channel, list[TemplateLanguage]]
    read_instead: dict[str, str]
    otherwise: str


def routes(templates: Mapping[str, MessageTemplate]) -> APIRouter:
    router = APIRouter(tags=["templates"])

    @router.get("/templates")
    async def every_template() -> list[TemplateSummary]:
        """List the templates. A person whose language is missing gets the text in a substitute."""
        return [_template(template) for template in templates.values()]

    return router


def _template(template: MessageTemplate) -> TemplateSummary:
    channels: dict[Channel, list[TemplateLanguage]] = {}
    for language, channel in sorted(template.texts):
        reviewed = language not in template.unreviewed
        channels.setdefault(channel, []).append(TemplateLanguage(language=language, reviewed=reviewed))
    return TemplateSummary(
        template=template.name,
        version=template.version,
        channels=channels,
        read_instead=READ_INSTEAD,
        otherwise=DEFAULT,
    )
