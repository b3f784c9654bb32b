"""Live updates of open pages by server-sent events: one query and one rendering for all viewers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from kit.database.database import Database
from services.console.metrics import VIEWERS
from services.console.projection import queries

Sections = Mapping[str, str]  # HTML by the name of the event
Render = Callable[[UUID, frozenset[str]], Awaitable[Mapping[str, Sections]]]

HEARTBEAT = 15.0  # seconds
_MIN_PAUSE = 0.2  # seconds between rounds


@dataclass(eq=False, slots=True)
class Viewer:
    """One open page. A newer section replaces one that was not sent yet, so a slow page needs no queue."""

    incident_id: UUID
    lang: str
    shown: dict[str, str] = field(default_factory=dict)
    waiting: dict[str, str] = field(default_factory=dict)
    version: int | None = None
    woken: asyncio.Event = field(default_factory=asyncio.Event)

    def offer(self, sections: Sections, version: int) -> None:
        self.version = version
        for name, html in sections.items():
            if self.shown.get(name) != html:
                self.shown[name] = self.waiting[name] = html
                self.woken.set()


class LiveUpdates:
    """Render changed sections and send them. Every batch and every new viewer wakes the loop."""

    def __init__(self, database: Database, render: Render) -> None:
        self._database = database
        self._render = render
        self._viewers: set[Viewer] = set()
        self._ended = False
        self.wake: Callable[[], None] = lambda: None

    async def round(self) -> bool:
        watched = {viewer.incident_id for viewer in self._viewers}
        if not watched:
            return False
        async with self._database.transaction() as session:
            versions = await queries.versions(session, watched)
        for incident_id, version in versions.items():
            behind = [v for v in self._viewers if v.incident_id == incident_id and v.version != version]
            if behind:
                rendered = await self._render(incident_id, frozenset(v.lang for v in behind))
                for viewer in behind:
                    viewer.offer(rendered[viewer.lang], version)
        await asyncio.sleep(_MIN_PAUSE)
        return False

    def end(self) -> None:
        """End all open streams, so that the process can exit."""
        self._ended = True
        for viewer in self._viewers:
            viewer.woken.set()

    async def stream(self, incident_id: UUID, lang: str) -> AsyncIterator[bytes]:
        viewer = Viewer(incident_id, lang)
        self._viewers.add(viewer)
        VIEWERS.set(len(self._viewers))
        self.wake()
        try:
            yield b"retry: 2000\n\n"
            while not self._ended:
                yield await self._next(viewer)
        finally:
            self._viewers.discard(viewer)
            VIEWERS.set(len(self._viewers))

    async def _next(self, viewer: Viewer) -> bytes:
        try:
            async with asyncio.timeout(HEARTBEAT):
                await viewer.woken.wait()
        except TimeoutError:
            return b": still here\n\n"
        viewer.woken.clear()
        sections, viewer.waiting = viewer.waiting, {}
        return b"".join(_event(name, html) for name, html in sections.items())


def _event(name: str, html: str) -> bytes:
    lines = [line for line in html.splitlines() if line.strip()] or [""]
    data = "".join(f"data: {line}\n" for line in lines)
    return f"event: {name}\n{data}\n".encode()
