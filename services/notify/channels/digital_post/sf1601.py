"""SF1601, KombiPost: hand a message over to the platform. Receipts arrive later.

No document promises that a repeated X-TransaktionsId has one effect, so the provider counts as not
idempotent. It offers no enquiry either.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from lxml import etree
from pydantic import SecretStr

from contracts.events.vocabulary import Channel
from services.notify.channels.digital_post import memo, xml
from services.notify.channels.http import ProviderAnswer, ProviderClient
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
    word,
)

PATH: Final = "/service/KombiPostAfsend_1/memos"


class Kombipost:
    name = "sf1601"
    channel = Channel.DIGITAL_POST
    promises_idempotency = False
    enquiry_after: timedelta | None = None

    def __init__(
        self,
        url: str,
        *,
        sender: memo.Sender,
        real: bool,
        at_once: int,
        token: SecretStr | None = None,
        certificate: Path | None = None,
        version: memo.MemoVersion = memo.MemoVersion.V1_1,
        limit: float = 10.0,
    ) -> None:
        self.real = real
        self._sender = sender
        self._version = version
        headers = {"Content-Type": "application/xml; charset=utf-8", "Accept": "application/xml"}
        if token is not None:
            headers["Authorization"] = f"Holder-of-key {token.get_secret_value()}"
        self._client = ProviderClient(
            url, at_once=at_once, limit=limit, headers=headers, certificate=certificate
        )

    def compose(self, message: OutgoingMessage) -> Composed | Rejected:
        if message.addressee.cpr is None:
            return Rejected("no-cpr")
        return Composed(message, request(message, self._sender, self._version))

    async def send(self, composed: Composed) -> Outcome:
        at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        headers = {"X-TransaktionsId": str(composed.message.idempotency_key), "X-TransaktionsTid": at}
        answer = await self._client.call("POST", PATH, content=composed.content, headers=headers)
        match answer:
            case ProviderAnswer(400 | 422 as status, body):
                return Rejected(word(_code(body), f"http-{status}"))
            case ProviderAnswer(404, _):
                return ProviderUnavailable(Fault.NOT_ADMITTED)
            case ProviderAnswer(_, body):
                return _read(body)
            case _:
                return answer

    async def enquire(self, idempotency_key: UUID) -> Enquiry:
        del idempotency_key
        return EnquiryFailed(Fault.CANNOT_BE_ASKED)

    async def close(self) -> None:
        await self._client.close()


def request(message: OutgoingMessage, sender: memo.Sender, version: memo.MemoVersion) -> bytes:
    root = etree.Element("kombi_request")
    etree.SubElement(root, "KombiValgKode").text = "Digital Post"
    root.append(memo.build(message, sender, version))
    return etree.tostring(root, encoding="utf-8", xml_declaration=True)


def _read(body: bytes) -> Outcome:
    root = xml.parse(body)
    if root is None:
        return InDoubt(Fault.UNREADABLE)
    match (xml.text(root, "Result") or "").lower():
        case "true":
            return Accepted(word(xml.text(root, "TransmissionID"), ""))
        case "false":
            return Rejected(word(_code(body), "sf1601-rejected"))
        case _:
            return InDoubt(Fault.UNREADABLE)


def _code(body: bytes) -> str | None:
    root = xml.parse(body)
    return None if root is None else xml.text(root, "SvarReaktion/Fejl/FejlIdentifikator")
