"""Wiring."""

from datetime import timedelta

from kit.http.subject_access import subject_access_routes
from kit.runtime.loops import Loop
from kit.runtime.service import Service
from services.outreach import handlers
from services.outreach.api import calls, follow_ups, waves
from services.outreach.api.subject_access import SUBJECT_ACCESS
from services.outreach.dependencies import Dependencies
from services.outreach.plans import files
from services.outreach.settings import Settings
from services.outreach.workers.due_contacts import DueWork
from services.outreach.workers.gauges import AGES, measure_with
from services.outreach.workers.launcher import Launcher
from services.outreach.workers.sweeper import Sweeper


def build() -> Service:
    settings = Settings()
    plans = files.load()
    service = Service("outreach", settings)
    service.consume(handlers.WANTED, handlers.handler(service.clock))

    launcher = Launcher(service.database, service.clock, batch=settings.launch_batch)
    due_work = DueWork(
        service.database,
        service.clock,
        batch=settings.due_batch,
        lease=timedelta(seconds=settings.due_lease_seconds),
    )
    service.collector.add_query("contacts", measure_with(service.clock), ages=AGES)
    sweeper = Sweeper(service.database, service.clock)
    launching = Loop("launch", launcher.round, every=1.0)
    service.loop(launching, after_batch=False)
    for name in ("due", "due-beside"):  # one decides while the rows of the other are written
        due = Loop(name, due_work.round, every=0.5)
        launcher.when_launched.append(due.wake)
        service.loop(due, after_batch=False)
    service.loop(Loop("sweep", sweeper.round, every=1.0), after_batch=False)

    dependencies = Dependencies(
        service.database, service.keyring, service.clock, timedelta(seconds=settings.call_lease_seconds)
    )
    service.include(
        waves.routes(service.database, service.clock, plans, launching),
        calls.routes(dependencies),
        follow_ups.routes(dependencies),
        subject_access_routes(service.database, service.keyring, service.clock, SUBJECT_ACCESS),
    )
    return service


def main() -> None:
    build().run()
