"""HTTP in, from the providers: receipts of the platform, delivery reports of the SMS gateway."""

from fastapi import APIRouter, Request, Response

from kit.http.web import Problem
from services.notify import metrics
from services.notify.channels.digital_post import post_status
from services.notify.channels.sms.report import read_report
from services.notify.domain.receipt import Receipt
from services.notify.use_cases.accept_receipts import BadReceiptError, ReceiptIntake

_LARGEST = 1_000_000  # bytes


def routes(intake: ReceiptIntake) -> APIRouter:
    router = APIRouter(tags=["receipts"])

    @router.post("/receipts")
    async def post_status_receipt(request: Request) -> Response:
        """Accept a ModtagBeskedInput or a Haendelsesbesked (XML). 200: stored, or of another system."""
        found = post_status.read(await _body(request))
        if isinstance(found, post_status.UnreadableReceipt):
            raise Problem(
                400,
                f"The receipt cannot be read: {found.reason}. Do not send it again.",
                code="unreadable-receipt",
            )
        if isinstance(found, post_status.ForeignReceipt):
            metrics.RECEIPTS.labels("foreign").inc()
        else:
            await _take(intake, found)
        return Response(post_status.ACKNOWLEDGEMENT, media_type="application/xml")

    @router.post("/receipts/sms", status_code=204)
    async def delivery_report(request: Request) -> None:
        """Accept a report of the SMS gateway: {"reference", "status", "code"?, "at"}."""
        found = read_report(await _body(request))
        if found is None:
            raise Problem(
                400, "The delivery report cannot be read. Do not send it again.", code="unreadable-receipt"
            )
        await _take(intake, found)

    return router


async def _take(intake: ReceiptIntake, found: Receipt) -> None:
    try:
        await intake.take([found])
    except BadReceiptError:
        raise Problem(
            400, "The receipt cannot be stored. Do not send it again.", code="unreadable-receipt"
        ) from None


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST:
            raise Problem(413, "The receipt is too large. Do not send it again.", code="too-large")
    return bytes(body)
