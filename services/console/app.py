"""Wiring."""

import logging
from functools import partial

from kit.runtime.logs import event
from kit.runtime.loops import Loop
from kit.runtime.service import Service
from services.console import expiry, gauges, handlers, reconciling, static_files, trouble, watch
from services.console.api import (
    accepting,
    calls,
    doubts,
    duplicates,
    follow_ups,
    funnel,
    handovers,
    imports,
    incidents,
    parked,
    triage,
    waves,
    who,
)
from services.console.desk import Desk, live_sections
from services.console.expiry import ConsentExpiry
from services.console.live import Hub
from services.console.names import Names
from services.console.neighbours import Neighbours
from services.console.pages import Pages
from services.console.reconciling import Reconciler
from services.console.settings import Settings
from services.console.watch import Watch

log = logging.getLogger(__name__)


def build() -> Service:
    settings = Settings()
    service = Service("console", settings)
    service.consume(handlers.WANTED, handlers.handle)

    service.edge.large |= imports.LARGE
    neighbours = Neighbours(settings.urls(), timeout=settings.call_timeout_seconds)
    service.clients.append(neighbours.close)
    names, watching = Names(neighbours), Watch(neighbours)
    static = static_files.serve(service.app, settings.assets_dir)
    pages = Pages(watching, static=static, loopback=settings.on_loopback)
    trouble.install(service.app, pages)
    desk = Desk(
        service.database,
        service.clock,
        neighbours,
        names,
        pages,
        settings.preview_timeout_seconds,
        settings.import_timeout_seconds,
    )
    hub = Hub(service.database, partial(live_sections, desk))
    live = Loop("live", hub.round, every=2.0)  # other processes handle batches too
    hub.wake = live.wake
    service.loop(live, decides=False)
    service.loop(Loop("watch", watching.round, every=watch.EVERY), decides=False)
    service.loop(
        Loop("reconcile", Reconciler(service.database).round, every=reconciling.EVERY), decides=False
    )
    service.loop(Loop("expiry", ConsentExpiry(service.database, service.clock).round, every=expiry.EVERY))
    service.ending.append(hub.end)
    service.collector.add_query("waves", gauges.measure, counts=gauges.COUNTS)

    service.include(
        funnel.routes(service.database, service.clock, names),
        incidents.routes(desk, hub),
        waves.routes(desk),
        doubts.routes(desk),
        triage.routes(desk),
        handovers.routes(desk),
        accepting.routes(desk),
        imports.routes(desk),
        duplicates.routes(desk),
        calls.routes(desk),
        follow_ups.routes(desk),
        parked.routes(desk),
        who.routes(),
    )
    event(log, "no login yet: nobody but this machine may reach the port", host=settings.http_host)
    return service


def main() -> None:
    build().run()
