"""Wiring."""

from collections.abc import Sequence

from contracts.events.vocabulary import Channel
from kit.http.subject_access import subject_access_routes
from kit.runtime.loops import Loop
from kit.runtime.service import Service
from services.notify import handlers, metrics
from services.notify.api import messages, receipts
from services.notify.api import templates as templates_api
from services.notify.api.subject_access import SUBJECT_ACCESS
from services.notify.channels.digital_post.memo import Sender
from services.notify.channels.digital_post.sf1601 import Kombipost
from services.notify.channels.email.provider import SmtpProvider
from services.notify.channels.gateway import Gateway, GatewayLimits
from services.notify.channels.provider import DeliveryProvider
from services.notify.channels.sms.provider import SmsProvider
from services.notify.domain.plain_text import one_line
from services.notify.settings import Settings
from services.notify.templates import files
from services.notify.use_cases.accept_receipts import ReceiptIntake
from services.notify.use_cases.compose_message import Composer
from services.notify.use_cases.shared_phones import SharedPhones
from services.notify.workers import gauges
from services.notify.workers.receipt_queue import ReceiptQueue
from services.notify.workers.resolve_unknown import UnknownResolver
from services.notify.workers.send_messages import MessageSender

_UNLIMITED = GatewayLimits(rate=1_000_000, burst=100_000, at_once=1000)  # for a provider in our own process


def build(providers: Sequence[DeliveryProvider] | None = None) -> Service:
    """Wire the service. `providers` replace those of the settings and are called without a rate limit."""
    settings = Settings()
    templates = files.load()
    service = Service("notify", settings)
    service.consume(handlers.WANTED, handlers.handle)
    gateways = (
        _gateways(settings) if providers is None else {p.channel: Gateway(p, _UNLIMITED) for p in providers}
    )

    for gateway in gateways.values():
        metrics.add_provider(gateway.channel, gateway.provider)
    service.collector.add_query("messages", gauges.measure, ages=gauges.AGES, counts=gauges.COUNTS)

    composer = Composer(service.keyring, templates, settings.sender_name)
    sending = MessageSender(service.database, service.clock, composer, gateways, batch=settings.send_batch)
    intake = ReceiptIntake(service.database, service.clock)
    loop = Loop("send", sending.round, every=0.2)
    service.loop(loop)
    service.loop(
        Loop("send-beside", sending.round, every=0.2)
    )  # one renders while the calls of the other wait
    phones = SharedPhones(service.database, service.keyring, service.master)
    service.loop(Loop("telephones", phones.round, every=1.0))
    doubting = UnknownResolver(service.database, service.clock, gateways)
    service.loop(Loop("doubts", doubting.round, every=1.0), after_batch=False)
    service.loop(Loop("late-receipts", intake.match_late, every=2.0), after_batch=False)
    if settings.receipts_amqp_url:
        queue = ReceiptQueue(settings.receipts_amqp_url, intake)
        service.loop(Loop("receipt-queue", queue.round, every=5.0), after_batch=False)

    service.include(
        receipts.routes(intake),
        messages.routes(service.database, service.keyring, gateways, loop),
        templates_api.routes(templates),
        subject_access_routes(service.database, service.keyring, service.clock, SUBJECT_ACCESS),
    )
    return service


def _gateways(settings: Settings) -> dict[Channel, Gateway]:
    at_once, real = settings.calls_at_once, settings.providers_real
    limits = GatewayLimits(
        rate=settings.calls_per_second,
        burst=at_once,
        at_once=at_once,
        breaker_after=at_once,  # failures often return before successes, so fewer of one burst prove nothing
        breaker_pause=10,
    )
    sender = Sender(settings.sender_cvr, one_line(settings.sender_name))
    providers: list[DeliveryProvider] = [
        Kombipost(
            settings.digital_post_url,
            sender=sender,
            real=real,
            at_once=at_once,
            token=settings.digital_post_token,
            certificate=settings.client_certificate,
        ),
        SmsProvider(settings.sms_url, real=real, at_once=at_once, token=settings.sms_token),
        SmtpProvider(settings.smtp_host, settings.smtp_port, sender=settings.email_from, real=real),
    ]
    return {provider.channel: Gateway(provider, limits) for provider in providers}


def main() -> None:
    build().run()
