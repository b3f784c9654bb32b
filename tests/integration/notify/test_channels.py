"""The providers over real sockets: the outcome of each answer and of each missing answer."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from email import message_from_bytes
from email.message import Message
from email.policy import default
from typing import Protocol
from uuid import uuid4

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from lxml import etree
from pydantic import SecretStr

from contracts.events.vocabulary import Channel
from deploy.local.ports import free_port
from services.notify.channels.digital_post.memo import NAMESPACE, Sender
from services.notify.channels.digital_post.sf1601 import Kombipost
from services.notify.channels.email.provider import SmtpProvider
from services.notify.channels.gateway import Gateway, GatewayLimits
from services.notify.channels.sms.provider import SmsProvider
from services.notify.domain.message import Composed, OutgoingMessage
from services.notify.domain.outcome import (
    Absent,
    Accepted,
    EnquiryFailed,
    Fault,
    GuardReason,
    GuardRefused,
    InDoubt,
    Outcome,
    ProviderUnavailable,
    Rejected,
)
from tests.unit.notify.cases import CPR, EMAIL, PHONE, Scripted, message
from tests.unit.notify.wire_server import DROP, HANG, answering

OK = b"<kombi_response><Result>true</Result><TransmissionID>t-1</TransmissionID></kombi_response>"
NO = (
    b"<kombi_response><Result>false</Result><HovedoplysningerSvarREST><SvarReaktion><Fejl>"
    b"<FejlIdentifikator>memo.invalid</FejlIdentifikator><FejlTekst>0104909989</FejlTekst>"
    b"</Fejl></SvarReaktion></HovedoplysningerSvarREST></kombi_response>"
)


def kombipost(url: str, limit: float = 5.0) -> Kombipost:
    return Kombipost(
        url,
        sender=Sender("12345678", "Region Test"),
        real=False,
        at_once=2,
        token=SecretStr("token"),
        limit=limit,
    )


class Caller(Protocol):
    def compose(self, message: OutgoingMessage) -> Composed | Rejected: ...

    send: Callable[..., Awaitable[Outcome]]


async def call(by: Caller, one: OutgoingMessage, **limits: float) -> Outcome:
    """Compose and send a message."""
    made = by.compose(one)
    return made if isinstance(made, Rejected) else await by.send(made, **limits)


async def test_digital_post_carries_the_key_and_the_token_and_no_cpr_outside_the_body() -> None:
    one = message()
    async with answering((200, OK, "")) as server:
        provider = kombipost(server.url)

        assert await call(provider, one) == Accepted("t-1")

        await provider.close()
    [seen] = server.seen
    assert seen.line == "POST /service/KombiPostAfsend_1/memos HTTP/1.1"
    assert seen.headers["x-transaktionsid"] == str(one.idempotency_key)
    assert seen.headers["authorization"] == "Holder-of-key token"
    assert CPR not in seen.line + str(seen.headers)
    assert etree.fromstring(seen.body).findtext(f".//{{{NAMESPACE}}}recipientID") == CPR


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ((200, NO, ""), Rejected("memo.invalid")),
        ((400, NO, ""), Rejected("memo.invalid")),
        ((422, b"", ""), Rejected("http-422")),
        ((200, b"<html><body>Velkommen", ""), InDoubt(Fault.UNREADABLE)),
        ((403, b"", ""), ProviderUnavailable(Fault.NOT_ADMITTED)),
        ((404, b"", ""), ProviderUnavailable(Fault.NOT_ADMITTED)),
        ((409, b"", ""), InDoubt(Fault.CONFLICT)),
        ((429, b"", "Retry-After: 7\r\n"), ProviderUnavailable(Fault.TOLD_TO_WAIT, 7)),
        ((503, b"", "Retry-After: 7\r\n"), ProviderUnavailable(Fault.TOLD_TO_WAIT, 7)),
        ((503, b"", ""), InDoubt(Fault.SERVER_ERROR)),
        ((500, b"", ""), InDoubt(Fault.SERVER_ERROR)),
        (DROP, InDoubt(Fault.BROKEN)),
    ],
)
async def test_each_answer_of_digital_post_has_its_outcome(
    answer: tuple[int, bytes, str] | str, outcome: Outcome
) -> None:
    async with answering(answer) as server:
        provider = kombipost(server.url)

        assert await call(provider, message()) == outcome

        await provider.close()


async def test_a_timeout_is_in_doubt_and_a_missing_server_is_certainly_not_sent() -> None:
    async with answering(HANG) as server:
        silent = kombipost(server.url, limit=0.2)
        assert await call(silent, message()) == InDoubt(Fault.TIME_LIMIT)
        await silent.close()
    absent = kombipost(f"http://127.0.0.1:{free_port()}")

    assert await call(absent, message()) == ProviderUnavailable(Fault.NO_CONNECTION)

    await absent.close()


async def test_a_text_message_is_sent_and_enquired_about_by_its_reference() -> None:
    one = message(channel=Channel.SMS, body="Hej æøå\n")
    key = str(one.idempotency_key)
    taken = json.dumps({"reference": key, "id": "g-1", "status": "accepted"}).encode()
    async with answering((202, taken, ""), (200, taken, ""), (404, b"", ""), (500, b"", "")) as server:
        gateway = SmsProvider(server.url, real=False, at_once=1)

        assert await call(gateway, one) == Accepted("g-1")
        assert await gateway.enquire(one.idempotency_key) == Accepted("g-1")
        assert await gateway.enquire(one.idempotency_key) == Absent()
        assert await gateway.enquire(one.idempotency_key) == EnquiryFailed(Fault.SERVER_ERROR)

        await gateway.close()
    assert json.loads(server.seen[0].body) == {"reference": key, "to": PHONE, "text": "Hej æøå"}
    assert server.seen[1].line == f"GET /messages/{key} HTTP/1.1"


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ((422, b'{"code": "invalid_number"}', ""), Rejected("invalid_number")),
        ((400, b"?", ""), Rejected("sms-rejected")),
        ((202, b'{"reference": "another", "id": "g-1"}', ""), InDoubt(Fault.UNREADABLE)),
        ((202, b"<html>", ""), InDoubt(Fault.UNREADABLE)),
    ],
)
async def test_each_answer_of_the_sms_gateway_has_its_outcome(
    answer: tuple[int, bytes, str], outcome: Outcome
) -> None:
    async with answering(answer) as server:
        gateway = SmsProvider(server.url, real=False, at_once=1)

        assert await call(gateway, message(channel=Channel.SMS)) == outcome

        await gateway.close()


class Mailbox:
    """The handler of a mail server: store the mails, answer as configured."""

    def __init__(self, rcpt: str = "250 OK", data: str = "250 OK") -> None:
        self.rcpt, self.data = rcpt, data
        self.taken: list[Message] = []

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.taken.append(message_from_bytes(envelope.content or b"", policy=default))
        if self.data == DROP:
            server.transport.abort()
        return self.data


@asynccontextmanager
async def mail_server(mailbox: Mailbox) -> AsyncIterator[SmtpProvider]:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(mailbox, enable_SMTPUTF8=True, loop=loop), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    yield SmtpProvider("127.0.0.1", port, sender="noreply@region.dk", real=False, limit=5)
    server.close()
    await server.wait_closed()


async def test_an_email_has_a_message_id_of_the_key() -> None:
    one, mailbox = message(channel=Channel.EMAIL, body="Kære Anna\n"), Mailbox()
    async with mail_server(mailbox) as provider:
        assert await call(provider, one) == Accepted("smtp-250")

    [mail] = mailbox.taken
    assert mail["Message-ID"] == f"<{one.idempotency_key}@region.dk>"
    assert (mail["To"], mail["Subject"]) == (EMAIL, one.subject)
    assert "Kære Anna" in mail.get_content()  # type: ignore[attr-defined] # the policy's message has it


@pytest.mark.parametrize(
    ("mailbox", "outcome"),
    [
        (Mailbox(rcpt="550 no such user"), Rejected("smtp-550")),
        (Mailbox(rcpt="451 later"), ProviderUnavailable(Fault.RECIPIENT_BUSY)),
        (Mailbox(data="554 no"), Rejected("smtp-554")),
        (Mailbox(data=DROP), InDoubt(Fault.BROKEN)),
    ],
)
async def test_each_answer_of_the_mail_server_has_its_outcome(mailbox: Mailbox, outcome: Outcome) -> None:
    async with mail_server(mailbox) as provider:
        assert await call(provider, message(channel=Channel.EMAIL)) == outcome


async def test_without_a_mail_server_nothing_is_sent() -> None:
    provider = SmtpProvider("127.0.0.1", free_port(), sender="noreply@region.dk", real=False)

    assert await call(provider, message(channel=Channel.EMAIL)) == ProviderUnavailable(Fault.NO_CONNECTION)


async def test_the_gateway_sends_exercise_messages_to_simulators_only() -> None:
    real, simulator = Scripted(real=True), Scripted(real=False)

    refused = await call(Gateway(real, GatewayLimits()), message(exercise=True))
    taken = await call(Gateway(simulator, GatewayLimits()), message(exercise=True))

    assert refused == GuardRefused(GuardReason.EXERCISE)
    assert (real.sent, len(simulator.sent)) == ([], 1)
    assert isinstance(taken, Accepted)


async def test_the_gateway_stops_calling_a_failing_provider_and_tries_one_call_later() -> None:
    seconds = 0.0
    provider = Scripted(answers=[InDoubt(Fault.TIME_LIMIT)] * 3)
    gateway = Gateway(provider, GatewayLimits(breaker_after=3, breaker_pause=30), now=lambda: seconds)
    for _ in range(3):
        await call(gateway, message())

    assert await call(gateway, message()) == ProviderUnavailable(Fault.CIRCUIT_OPEN, 30)
    seconds = 31.0
    assert isinstance(await call(gateway, message()), Accepted)
    assert gateway.status().next_try_in is None
    assert len(provider.sent) == 4


async def test_an_enquiry_is_allowed_while_the_circuit_is_open_and_uses_up_no_try() -> None:
    seconds = 0.0
    provider = Scripted(
        answers=[InDoubt(Fault.TIME_LIMIT)] * 3, enquiries=[Absent()], enquiry_after=timedelta()
    )
    gateway = Gateway(provider, GatewayLimits(breaker_after=3, breaker_pause=30), now=lambda: seconds)
    for _ in range(3):
        await call(gateway, message())

    assert await gateway.enquire(uuid4()) == Absent()
    assert await call(gateway, message()) == ProviderUnavailable(Fault.CIRCUIT_OPEN, 30)
    seconds = 31.0
    assert isinstance(await gateway.enquire(uuid4()), EnquiryFailed)
    assert isinstance(await call(gateway, message()), Accepted)


async def test_the_gateway_starts_no_call_after_its_deadline() -> None:
    provider = Scripted()
    gateway = Gateway(provider, GatewayLimits())

    assert await call(gateway, message(), start_by=time.monotonic() - 1) == ProviderUnavailable(
        Fault.TOO_LATE, 0
    )
    assert (provider.sent, gateway.status().busy) == ([], 0)


async def test_the_gateway_sends_no_enquiry_to_a_provider_without_enquiries() -> None:
    provider = Scripted(enquiry_after=None)

    assert await Gateway(provider, GatewayLimits()).enquire(uuid4()) == EnquiryFailed(Fault.CANNOT_BE_ASKED)
    assert provider.asked == []


@pytest.mark.parametrize("told", ["9" * 30, "Fri, 31 Dec 9999 23:59:59 GMT", "9" * 400])
async def test_a_very_long_retry_after_is_limited_to_an_hour(told: str) -> None:
    async with answering((429, b"", f"Retry-After: {told}\r\n")) as server:
        provider = kombipost(server.url)

        outcome = await call(provider, message())

        await provider.close()
    assert outcome == ProviderUnavailable(Fault.TOLD_TO_WAIT, 3600)


class Silent:
    """A mail server that answers up to a given command and is silent afterwards."""

    def __init__(self, until: bytes) -> None:
        self._until = until
        self._open: set[asyncio.Task[None]] = set()

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(asyncio.create_task(self._talk(reader, writer)))

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        said = b"" if self._until == b"CONNECT" else b"220 mail.test\r\n"
        try:
            writer.write(said)
            while line := await reader.readline():
                if self._until == b"CONNECT" or line.startswith(self._until):
                    continue
                writer.write(b"354 go on\r\n" if line.startswith(b"DATA") else b"250 OK\r\n")
                if line.startswith(b"DATA"):
                    await reader.readuntil(b"\r\n.\r\n")
        finally:
            writer.close()

    async def stop(self) -> None:
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)


@pytest.mark.parametrize(
    ("until", "outcome"),
    [
        (b"CONNECT", ProviderUnavailable),
        (b"EHLO", ProviderUnavailable),
        (b"MAIL", ProviderUnavailable),
        (b"RCPT", ProviderUnavailable),
        (b"DATA", ProviderUnavailable),
        (b"the dot", InDoubt),
    ],
)
async def test_a_silent_mail_server_leaves_a_doubt_only_after_the_last_dot(
    until: bytes, outcome: type[Outcome]
) -> None:
    silent = Silent(until)
    server = await asyncio.start_server(silent.accept, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    provider = SmtpProvider("127.0.0.1", port, sender="noreply@region.dk", real=False, limit=0.3)

    said = await call(provider, message(channel=Channel.EMAIL))

    server.close()
    await silent.stop()
    assert isinstance(said, outcome)
