"""Wiring."""

from kit.service import Service
from services.console import handlers
from services.console.api import funnel
from services.console.names import Names
from services.console.neighbours import Neighbours
from services.console.settings import Settings


def build() -> Service:
    settings = Settings()
    service = Service("console", settings)
    service.consume(handlers.WANTED, handlers.handle)
    neighbours = Neighbours(settings.urls(), timeout=settings.call_timeout_seconds)
    names = Names(neighbours)
    service.include(funnel.routes(service.database, service.clock, names))
    return service


def main() -> None:
    build().run()
