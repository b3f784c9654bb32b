"""Call the SMS gateway: POST /messages, GET /messages/{reference}."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import msgspec
from pydantic import SecretStr

from contracts.events.vocabulary import Channel
from services.notify.channels.http import ProviderAnswer, ProviderClient
from services.notify.domain.message import Composed, OutgoingMessage
from services.notify.domain.outcome import (
    Absent,
    Accepted,
    Enquiry,
    EnquiryFailed,
    Fault,
    InDoubt,
    Outcome,
    ProviderUnavailable,
    Rejected,
    word,
)


class _Message(msgspec.Struct):
    reference: str
    to: str
    text: str


class _Answer(msgspec.Struct):
    id: str = ""
    reference: str = ""
    code: str = ""


class SmsProvider:
    """The SMS gateway. No document promises that a repeated reference has one effect, so ask instead."""

    name = "sms-gateway"
    channel = Channel.SMS
    promises_idempotency = False
    enquiry_after: timedelta | None = timedelta(seconds=5)

    def __init__(
        self,
        url: str,
        *,
        real: bool,
        at_once: int,
        token: SecretStr | None = None,
        certificate: Path | None = None,
        limit: float = 10.0,
    ) -> None:
        self.real = real
        headers = {"Content-Type": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token.get_secret_value()}"
        self._client = ProviderClient(
            url, at_once=at_once, limit=limit, headers=headers, certificate=certificate
        )

    def compose(self, message: OutgoingMessage) -> Composed | Rejected:
        phone = message.addressee.phone
        if phone is None:
            return Rejected("no-phone")
        body = _Message(str(message.idempotency_key), phone.e164, message.body.strip())
        return Composed(message, msgspec.json.encode(body))

    async def send(self, composed: Composed) -> Outcome:
        answer = await self._client.call("POST", "/messages", content=composed.content)
        match answer:
            case ProviderAnswer(200 | 201 | 202, body):
                return _accepted(body, str(composed.message.idempotency_key)) or InDoubt(Fault.UNREADABLE)
            case ProviderAnswer(400 | 422, body):
                found = _read(body)
                return Rejected(word(found.code if found is not None else None, "sms-rejected"))
            case ProviderAnswer(404, _):
                return ProviderUnavailable(Fault.NOT_ADMITTED)
            case ProviderAnswer():
                return InDoubt(Fault.UNREADABLE)
            case _:
                return answer

    async def enquire(self, idempotency_key: UUID) -> Enquiry:
        answer = await self._client.call("GET", f"/messages/{idempotency_key}")
        match answer:
            case ProviderAnswer(404, _):
                return Absent()
            case ProviderAnswer(200, body):
                return _accepted(body, str(idempotency_key)) or EnquiryFailed(Fault.UNREADABLE)
            case ProviderAnswer():
                return EnquiryFailed(Fault.UNREADABLE)
            case InDoubt(why) | ProviderUnavailable(why):
                return EnquiryFailed(why)

    async def close(self) -> None:
        await self._client.close()


def _accepted(body: bytes, reference: str) -> Accepted | None:
    found = _read(body)
    return Accepted(word(found.id, "")) if found is not None and found.reference == reference else None


def _read(body: bytes) -> _Answer | None:
    try:
        return msgspec.json.decode(body, type=_Answer)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
