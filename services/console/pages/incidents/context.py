"""Template context of an incident's page and its live sections."""

from typing import Any
from uuid import UUID

from services.console.pages.incidents import view
from services.console.projection import queries
from services.console.web.dependencies import Dependencies

SECTIONS = ("funnel", "buckets", "channels", "calls", "places")
WAVES = "waves"  # event without a section: the page reloads its list of waves


async def incident_context(deps: Dependencies, incident_id: UUID) -> dict[str, Any] | None:
    """Return the context of an incident's page and its live sections; None if unknown."""
    names = await deps.authority_names()
    async with deps.database.transaction() as session:
        found = await queries.incident(session, incident_id)
        if found is None:
            return None
        funnel = await queries.funnel(session, incident_id)
        waves = await queries.waves(session, incident_id)
    return {
        "incident": view.head(found, names),
        "f": view.figures(funnel, names),
        "wave_states": {str(wave_id): wave.state.value for wave_id, wave in waves.items()},
    }


async def head_context(deps: Dependencies, incident_id: UUID) -> dict[str, Any] | None:
    """Return the heading context of a page below an incident; None if unknown."""
    names = await deps.authority_names()
    async with deps.database.transaction() as session:
        found = await queries.incident(session, incident_id)
    return None if found is None else {"incident": view.head(found, names), "incident_id": incident_id}


async def live_sections(
    deps: Dependencies, incident_id: UUID, langs: frozenset[str]
) -> dict[str, dict[str, str]]:
    context = await incident_context(deps, incident_id)
    if context is None:
        return {lang: {} for lang in langs}
    states = " ".join(f"{wave_id}={state}" for wave_id, state in context["wave_states"].items())
    return {lang: _sections(deps, lang, context) | {WAVES: states} for lang in langs}


def _sections(deps: Dependencies, lang: str, context: dict[str, Any]) -> dict[str, str]:
    sections = {name: deps.renderer.partial(f"incidents/_{name}.html", lang, context) for name in SECTIONS}
    for wave_id, lines in context["f"].progress.items():
        html = deps.renderer.partial("incidents/_progress.html", lang, {"lines": lines})
        sections[f"progress-{wave_id}"] = html
    return sections
