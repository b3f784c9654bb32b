"""Send e-mail through an SMTP server."""

import asyncio
import re
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final
from uuid import UUID

import aiosmtplib

from contracts.events.vocabulary import Channel
from services.notify.domain.message import Composed, OutgoingMessage
from services.notify.domain.outcome import (
    Accepted,
    Enquiry,
    EnquiryFailed,
    Fault,
    InDoubt,
    Outcome,
    ProviderUnavailable,
    Rejected,
)

_TAKEN, _GO_ON, _TEMPORARY, _PERMANENT = 250, 354, 400, 500
_LINE_END: Final = re.compile(rb"\r\n|\r|\n")
_LEADING_DOT: Final = re.compile(rb"(?m)^\.")


class SmtpProvider:
    name = "smtp"
    channel = Channel.EMAIL
    promises_idempotency = False
    enquiry_after: timedelta | None = None

    def __init__(self, host: str, port: int, *, sender: str, real: bool, limit: float = 10.0) -> None:
        self.real = real
        self._host = host
        self._port = port
        self._sender = sender
        self._limit = limit

    def compose(self, message: OutgoingMessage) -> Composed | Rejected:
        address = message.addressee.email
        if address is None:
            return Rejected("no-email")
        mail = self._mail(message, address.ascii).as_bytes(policy=SMTP)
        lines = _LINE_END.sub(b"\r\n", mail.rstrip(b"\r\n"))
        return Composed(message, _LEADING_DOT.sub(b"..", lines) + b"\r\n.\r\n")

    async def send(self, composed: Composed) -> Outcome:
        """Send a mail. The server may have accepted it from the last dot on (RFC 5321, 4.2.5)."""
        address = composed.message.addressee.email
        if address is None:
            return Rejected("no-email")
        client = aiosmtplib.SMTP(
            hostname=self._host, port=self._port, timeout=self._limit, start_tls=None if self.real else False
        )
        dotted = False
        try:
            async with asyncio.timeout(self._limit):
                refused = await self._until_data(client, address.ascii)
                if refused is not None:
                    return refused
                dotted = True
                return await _hand_over(client, composed.content)
        except TimeoutError:
            return InDoubt(Fault.TIME_LIMIT) if dotted else ProviderUnavailable(Fault.TIME_LIMIT)
        finally:
            client.close()

    async def enquire(self, idempotency_key: UUID) -> Enquiry:
        del idempotency_key
        return EnquiryFailed(Fault.CANNOT_BE_ASKED)

    async def close(self) -> None:
        """Do nothing: each message has its own connection, and none stays open."""

    async def _until_data(
        self, client: aiosmtplib.SMTP, address: str
    ) -> Rejected | ProviderUnavailable | None:
        """Continue until the server is ready for the data. Return None if it is."""
        try:
            await client.connect()
        except (aiosmtplib.SMTPException, OSError, ValueError):
            return ProviderUnavailable(Fault.NO_CONNECTION)
        try:
            await client.mail(self._sender)
            await client.rcpt(address)
            answer = await client.execute_command(b"DATA")
        except aiosmtplib.SMTPResponseException as error:
            return _refused(error.code)
        except aiosmtplib.SMTPTimeoutError:
            return ProviderUnavailable(Fault.TIME_LIMIT)
        except (aiosmtplib.SMTPException, OSError, ValueError):
            return ProviderUnavailable(Fault.BROKEN)
        return None if answer.code == _GO_ON else _refused(answer.code)

    def _mail(self, message: OutgoingMessage, address: str) -> EmailMessage:
        mail = EmailMessage()
        mail["From"] = self._sender
        mail["To"] = address
        mail["Subject"] = message.subject
        mail["Date"] = format_datetime(message.created_at)
        mail["Message-ID"] = f"<{message.idempotency_key}@{self._sender.rpartition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: prevents automatic replies
        mail["Content-Language"] = message.language
        mail.set_content(message.body)
        return mail


async def _hand_over(client: aiosmtplib.SMTP, content: bytes) -> Outcome:
    if client.protocol is None:
        return ProviderUnavailable(Fault.BROKEN)
    try:
        client.protocol.write(content)
        answer = await client.protocol.read_response()
    except aiosmtplib.SMTPResponseException:  # a malformed answer
        return InDoubt(Fault.UNREADABLE)
    except (aiosmtplib.SMTPException, OSError):
        return InDoubt(Fault.BROKEN)
    if answer.code == _TAKEN:
        return Accepted("smtp-250")
    return _refused(answer.code) if answer.code >= _TEMPORARY else InDoubt(Fault.UNREADABLE)


def _refused(code: int) -> Rejected | ProviderUnavailable:
    if code >= _PERMANENT:
        return Rejected(f"smtp-{code}")
    return ProviderUnavailable(Fault.RECIPIENT_BUSY if code >= _TEMPORARY else Fault.BROKEN)
