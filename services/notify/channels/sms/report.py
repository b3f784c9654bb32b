"""Read the delivery reports of the SMS gateway."""

from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, ValidationError

from contracts.events.vocabulary import Channel
from kit.http.timestamps import Timestamp
from services.notify.domain.receipt import Receipt, ReceiptStatus, flaw

_STATUS: Final = {
    "accepted": ReceiptStatus.PROGRESS,
    "sent": ReceiptStatus.RECEIVED,
    "delivered": ReceiptStatus.DELIVERED,
    "failed": ReceiptStatus.FAILED,
}


class _Report(BaseModel):
    model_config = ConfigDict(extra="ignore")

    reference: UUID
    status: Literal["accepted", "sent", "delivered", "failed"]
    code: str | None = None
    at: Timestamp


def read_report(body: bytes) -> Receipt | None:
    """Read a report. Return None if it is invalid."""
    try:
        report = _Report.model_validate_json(body)
    except ValidationError:
        return None
    at: datetime = report.at
    receipt = Receipt(
        report.reference, _STATUS[report.status], report.status, at, report.code or None, Channel.SMS
    )
    return None if flaw(receipt) else receipt
