"""Wiring."""

import logging
from functools import partial

from kit.runtime.logs import log_event
from kit.runtime.loops import Loop
from kit.runtime.service import Service
from services.console.clients import health_monitor
from services.console.clients.authority_names import Names
from services.console.clients.health_monitor import Watch
from services.console.clients.service_client import Neighbours
from services.console.pages.bulk_acceptance import routes as accepting
from services.console.pages.calls import follow_ups
from services.console.pages.calls import routes as calls
from services.console.pages.duplicates import routes as duplicates
from services.console.pages.handovers import routes as handovers
from services.console.pages.imports import routes as imports
from services.console.pages.incidents import figures_api
from services.console.pages.incidents import routes as incidents
from services.console.pages.incidents.context import live_sections
from services.console.pages.parked import routes as parked
from services.console.pages.session import routes as who
from services.console.pages.triage import routes as triage
from services.console.pages.unknown_outcomes import routes as doubts
from services.console.pages.waves import routes as waves
from services.console.projection import expiry, gauges, handlers, reconciler
from services.console.projection.expiry import ConsentExpiry
from services.console.projection.reconciler import Reconciler
from services.console.settings import Settings
from services.console.web import errors, static_files
from services.console.web.dependencies import Desk
from services.console.web.live_updates import Hub
from services.console.web.renderer import Pages

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
    errors.install(service.app, pages)
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
    service.loop(Loop("watch", watching.round, every=health_monitor.EVERY), decides=False)
    service.loop(Loop("reconcile", Reconciler(service.database).round, every=reconciler.EVERY), decides=False)
    service.loop(Loop("expiry", ConsentExpiry(service.database, service.clock).round, every=expiry.EVERY))
    service.ending.append(hub.end)
    service.collector.add_query("waves", gauges.measure, counts=gauges.COUNTS)

    service.include(
        figures_api.routes(service.database, service.clock, names),
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
    log_event(log, "no login yet: nobody but this machine may reach the port", host=settings.http_host)
    return service


def main() -> None:
    build().run()
