"""Wiring."""

import logging
from functools import partial

from kit.runtime.logs import log_event
from kit.runtime.loops import Loop
from kit.runtime.service import Service
from services.console.clients import health_monitor
from services.console.clients.authority_names import AuthorityNames
from services.console.clients.health_monitor import HealthMonitor
from services.console.clients.service_client import ServiceClient
from services.console.pages.bulk_acceptance import routes as bulk_acceptance
from services.console.pages.calls import follow_ups
from services.console.pages.calls import routes as calls
from services.console.pages.duplicates import routes as duplicates
from services.console.pages.handovers import routes as handovers
from services.console.pages.imports import routes as imports
from services.console.pages.incidents import figures_api
from services.console.pages.incidents import routes as incidents
from services.console.pages.incidents.context import live_sections
from services.console.pages.parked import routes as parked
from services.console.pages.session import routes as session
from services.console.pages.triage import routes as triage
from services.console.pages.unknown_outcomes import routes as unknown_outcomes
from services.console.pages.waves import routes as waves
from services.console.projection import expiry, gauges, handlers, reconciler
from services.console.projection.expiry import ConsentExpiry
from services.console.projection.reconciler import Reconciler
from services.console.settings import Settings
from services.console.web import errors, static_files
from services.console.web.dependencies import Dependencies
from services.console.web.live_updates import LiveUpdates
from services.console.web.renderer import Renderer

log = logging.getLogger(__name__)


def build() -> Service:
    settings = Settings()
    service = Service("console", settings)
    service.consume(handlers.WANTED, handlers.handle)

    service.edge.large |= imports.LARGE
    services = ServiceClient(settings.urls(), timeout=settings.call_timeout_seconds)
    service.clients.append(services.close)
    names, monitor = AuthorityNames(services), HealthMonitor(services)
    static = static_files.serve(service.app, settings.assets_dir)
    renderer = Renderer(monitor, static=static, loopback=settings.on_loopback)
    errors.install(service.app, renderer)
    deps = Dependencies(
        service.database,
        service.clock,
        services,
        names,
        renderer,
        settings.preview_timeout_seconds,
        settings.import_timeout_seconds,
    )
    live_updates = LiveUpdates(service.database, partial(live_sections, deps))
    _add_loops(service, live_updates, monitor)
    service.collector.add_query("waves", gauges.measure, counts=gauges.COUNTS)

    service.include(
        figures_api.routes(service.database, service.clock, names),
        incidents.routes(deps, live_updates),
        waves.routes(deps),
        unknown_outcomes.routes(deps),
        triage.routes(deps),
        handovers.routes(deps),
        bulk_acceptance.routes(deps),
        imports.routes(deps),
        duplicates.routes(deps),
        calls.routes(deps),
        follow_ups.routes(deps),
        parked.routes(deps),
        session.routes(),
    )
    log_event(log, "no login yet: only this machine may reach the port", host=settings.http_host)
    return service


def _add_loops(service: Service, live_updates: LiveUpdates, monitor: HealthMonitor) -> None:
    live = Loop("live", live_updates.round, every=2.0)  # other processes handle batches too: it polls
    live_updates.wake = live.wake
    service.ending.append(live_updates.end)
    service.loop(live, decides=False)
    service.loop(Loop("health", monitor.round, every=health_monitor.EVERY), decides=False)
    service.loop(Loop("reconcile", Reconciler(service.database).round, every=reconciler.EVERY), decides=False)
    service.loop(Loop("expiry", ConsentExpiry(service.database, service.clock).round, every=expiry.EVERY))


def main() -> None:
    build().run()
