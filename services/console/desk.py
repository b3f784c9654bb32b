"""What the pages work with, in one place."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from kit.database.database import Database
from kit.runtime.clock import Clock
from services.console.names import Names
from services.console.neighbours import Neighbours
from services.console.pages import Pages
from services.console.store import reading
from services.console.tongue import Lang
from services.console.views import incident as views

SECTIONS = ("funnel", "buckets", "channels", "calls", "places")
WAVES = "waves"  # an event without a section: the page asks for its list of waves again


@dataclass(frozen=True, slots=True)
class Desk:
    database: Database
    clock: Clock
    neighbours: Neighbours
    names: Names
    pages: Pages
    preview_timeout: float
    import_timeout: float

    async def place_names(self) -> dict[str, str]:
        return await self.names.now(self.clock.now().date())


async def incident_context(desk: Desk, incident_id: UUID) -> dict[str, Any] | None:
    """Give what a page of an incident and each of its live sections show; None if it is not known."""
    names = await desk.place_names()
    async with desk.database.transaction() as session:
        found = await reading.incident(session, incident_id)
        if found is None:
            return None
        funnel = await reading.funnel(session, incident_id)
        waves = await reading.waves(session, incident_id)
    return {
        "incident": views.head(found, names),
        "f": views.figures(funnel, names),
        "wave_states": {str(wave_id): wave.state.value for wave_id, wave in waves.items()},
    }


async def head_context(desk: Desk, incident_id: UUID) -> dict[str, Any] | None:
    """Give what a page about one side of an incident shows of the incident; None if it is not known."""
    names = await desk.place_names()
    async with desk.database.transaction() as session:
        found = await reading.incident(session, incident_id)
    return None if found is None else {"incident": views.head(found, names), "incident_id": incident_id}


async def live_sections(desk: Desk, incident_id: UUID, langs: frozenset[Lang]) -> dict[Lang, dict[str, str]]:
    context = await incident_context(desk, incident_id)
    if context is None:
        return {lang: {} for lang in langs}
    states = " ".join(f"{wave_id}={state}" for wave_id, state in context["wave_states"].items())
    return {lang: _sections(desk, lang, context) | {WAVES: states} for lang in langs}


def _sections(desk: Desk, lang: Lang, context: dict[str, Any]) -> dict[str, str]:
    sections = {name: desk.pages.partial(f"incident/_{name}.html", lang, context) for name in SECTIONS}
    for wave_id, lines in context["f"].progress.items():
        html = desk.pages.partial("incident/_progress.html", lang, {"lines": lines})
        sections[f"progress-{wave_id}"] = html
    return sections
