"""HTTP in: in which languages each message can be written, for whoever previews a wave."""

from collections.abc import Mapping

from fastapi import APIRouter
from pydantic import BaseModel

from contracts.events.vocabulary import Channel
from services.notify.templates.files import DEFAULT, READ_INSTEAD, MessageTemplate


class Language(BaseModel):
    language: str  # ISO 639-1
    reviewed: bool  # by somebody who speaks it


class Template(BaseModel):
    """`read_instead`: a language by one its readers most likely read. `otherwise`: of all others."""

    template: str
    version: int
    channels: dict[Channel, list[Language]]
    read_instead: dict[str, str]
    otherwise: str


def routes(templates: Mapping[str, MessageTemplate]) -> APIRouter:
    router = APIRouter(tags=["templates"])

    @router.get("/templates")
    async def every_template() -> list[Template]:
        """List what there is: a person whose language is not listed gets the text in another."""
        return [_template(template) for template in templates.values()]

    return router


def _template(template: MessageTemplate) -> Template:
    channels: dict[Channel, list[Language]] = {}
    for language, channel in sorted(template.texts):
        reviewed = language not in template.unreviewed
        channels.setdefault(channel, []).append(Language(language=language, reviewed=reviewed))
    return Template(
        template=template.name,
        version=template.version,
        channels=channels,
        read_instead=READ_INSTEAD,
        otherwise=DEFAULT,
    )
