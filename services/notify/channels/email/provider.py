"""The mail server."""

import asyncio
from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final
from uuid import UUID

import aiosmtplib

from contracts.vocabulary import Channel
from services.notify.domain.message import OutgoingMessage
from services.notify.domain.outcome import (
    Accepted,
    Enquiry,
    InDoubt,
    Outcome,
    Rejected,
    Trouble,
    Unavailable,
    Unknown,
)

_PERMANENT: Final = 500


class MailServer:
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

    async def send(self, message: OutgoingMessage) -> Outcome:
        address = message.addressee.email
        if address is None:
            return Rejected("no-email")
        client = aiosmtplib.SMTP(
            hostname=self._host, port=self._port, timeout=self._limit, start_tls=None if self.real else False
        )
        try:
            async with asyncio.timeout(self._limit):
                outcome = await self._connect(client)
                mail = self._compose(message, address.ascii)
                return outcome or await self._hand_over(client, address.ascii, mail)
        except TimeoutError:
            return InDoubt(Trouble.TIME_LIMIT)
        finally:
            client.close()

    async def enquire(self, idempotency_key: UUID) -> Enquiry:
        del idempotency_key
        return Unknown(Trouble.CANNOT_BE_ASKED)

    async def close(self) -> None:
        """Each message has a connection of its own: none stays open."""

    async def _connect(self, client: aiosmtplib.SMTP) -> Unavailable | None:
        try:
            await client.connect()
        except (aiosmtplib.SMTPException, OSError):
            return Unavailable(Trouble.NO_CONNECTION)
        return None

    async def _hand_over(self, client: aiosmtplib.SMTP, address: str, mail: EmailMessage) -> Outcome:
        """Before DATA nothing can have been taken; from the last dot on it may have been."""
        try:
            await client.mail(self._sender)
            await client.rcpt(address)
        except aiosmtplib.SMTPResponseException as error:
            return _refused(error.code)
        except (aiosmtplib.SMTPException, OSError):
            return Unavailable(Trouble.BROKEN)
        try:
            await client.data(mail.as_bytes())
        except aiosmtplib.SMTPTimeoutError:
            return InDoubt(Trouble.TIME_LIMIT)
        except aiosmtplib.SMTPResponseException as error:
            return _refused(error.code)
        except (aiosmtplib.SMTPException, OSError):
            return InDoubt(Trouble.BROKEN)
        return Accepted("smtp-250")

    def _compose(self, message: OutgoingMessage, address: str) -> EmailMessage:
        mail = EmailMessage()
        mail["From"] = self._sender
        mail["To"] = address
        mail["Subject"] = message.subject
        mail["Date"] = format_datetime(message.created_at)
        mail["Message-ID"] = f"<{message.idempotency_key}@{self._sender.rpartition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday reply comes back
        mail["Content-Language"] = message.language
        mail.set_content(message.body)
        return mail


def _refused(code: int) -> Outcome:
    if code >= _PERMANENT:
        return Rejected(f"smtp-{code}")
    if code <= 0:  # the connection ended while its answer was awaited
        return InDoubt(Trouble.BROKEN)
    return Unavailable(Trouble.RECIPIENT_BUSY)
