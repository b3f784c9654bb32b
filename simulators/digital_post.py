"""Digital Post by KOMBIT's SF1601: messages handed over, and their receipts as PKO_PostStatus (SF1461).

Assumption: a repeated X-TransaktionsId takes effect again; no source promises otherwise.
"""

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4
from xml.sax.saxutils import escape

from lxml import etree
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulators.faults import Do, Faults, Plan
from simulators.journal import Journal, hashed
from simulators.receipts import Receipt, Receipts
from simulators.web import answered, misbehave, plan_of

PATH: Final = "/service/KombiPostAfsend_1/memos"
MEMO: Final = "https://DigitalPost.dk/MeMo-1"
RECEIVED, DELIVERED, FAILED = (
    "eb866ca2-b871-4387-b501-12cde577bd58",
    "f7161a89-5068-4023-bc80-d7f4daad2a2e",
    "e225a75c-4b63-46c4-9423-77f5c8762445",
)
_NAMES: Final = {RECEIVED: "Modtaget Digital Post", DELIVERED: "Afleveret Digital Post", FAILED: "Fejlet"}
_XML: Final = "application/xml"


class DigitalPost:
    def __init__(self, journal: Journal, receipts: Receipts) -> None:
        self.journal = journal
        self.faults = Faults()
        self._receipts = receipts
        self.routes = [Route(PATH, self.take, methods=["POST"])]

    async def take(self, request: Request) -> Response:
        key = request.headers.get("x-transaktionsid", "")
        recipient = _recipient(await request.body())
        if not key or recipient is None:
            await self.journal.append("request", key=key, effect=False, answer=400)
            return Response(_refusal("memo.invalid"), 400, media_type=_XML)
        plan = plan_of(self.faults, request, recipient)
        fields = {"key": key, "recipient": hashed(recipient)}

        async def note(answer: int | str) -> None:
            await self.journal.append("request", **fields, effect=False, answer=answer)

        async def answer() -> Response:
            await self.journal.append("request", **fields, effect=True, answer=answered(plan, 200))
            transmission = str(uuid4())
            self._receipts.plan(plan, _receipts(key, transmission, plan))
            return Response(_acceptance(key, transmission), media_type=_XML)

        return await misbehave(request, plan, answer, note)


def _recipient(body: bytes) -> str | None:
    """Return the recipient; None if the document is not a MeMo."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        return None
    return root.findtext(f".//{{{MEMO}}}Recipient/{{{MEMO}}}recipientID")


def _acceptance(key: str, transmission: str) -> bytes:
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return (
        f"<kombi_response><Result>true</Result><TransmissionID>{transmission}</TransmissionID>"
        f"<HovedoplysningerSvarREST><TransaktionIdentifikator>{escape(key)}</TransaktionIdentifikator>"
        f"<TransaktionTid>{now}</TransaktionTid><SvarReaktion><Advis><AdvisIdentifikator>0</AdvisIdentifikator>"
        "<AdvisTekst>RECEIVED</AdvisTekst></Advis></SvarReaktion></HovedoplysningerSvarREST></kombi_response>"
    ).encode()


def _refusal(code: str) -> bytes:
    return (
        "<kombi_response><Result>false</Result><HovedoplysningerSvarREST><SvarReaktion><Fejl>"
        f"<FejlIdentifikator>{code}</FejlIdentifikator><FejlTekst>the document is no MeMo</FejlTekst>"
        "</Fejl></SvarReaktion></HovedoplysningerSvarREST></kombi_response>"
    ).encode()


def _receipts(key: str, transmission: str, plan: Plan) -> list[Receipt]:
    failure = plan.get(Do.FAIL)
    last = (FAILED, failure.code) if failure else (DELIVERED, None)
    return [
        Receipt(key, _NAMES[handling], post_status(key, transmission, handling, code))
        for handling, code in ((RECEIVED, None), last)
    ]


def post_status(key: str, transmission: str, handling: str, code: str | None) -> bytes:
    """Return a receipt as the platform pushes it: PKO_PostStatus in base64, in a Haendelsesbesked."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    failure = f"<FejlKode>{escape(code)}</FejlKode>" if code else ""
    status = (
        '<PKO_PostStatus xmlns="http://serviceplatformen.dk/xml/print/PKO_PostStatus/1/types">'
        f"<TransmissionId>{transmission}</TransmissionId><MessageUUID>{key}</MessageUUID>"
        f"<KanalKode>Digital Post</KanalKode><TransaktionsDatoTid>{now}</TransaktionsDatoTid>"
        f"<TransaktionsStatusKode>{_NAMES[handling]}</TransaktionsStatusKode>"
        f"<CorrelationId>{transmission}</CorrelationId><FejlDetaljer>{failure}</FejlDetaljer></PKO_PostStatus>"
    )
    return _envelope(
        {
            "id": str(uuid4()),
            "message": key,
            "transmission": transmission,
            "handling": handling,
            "now": now,
            "data": base64.b64encode(status.encode()).decode(),
        }
    )


def _envelope(fields: Mapping[str, str]) -> bytes:
    def uuid(value: str) -> str:
        return f"<UUIDIdentifikator>{value}</UUIDIdentifikator>"

    return (
        '<sts:ModtagBeskedInput xmlns="urn:oio:sagdok:3.0.0" xmlns:k="urn:oio:besked:kuvert:1.0"'
        ' xmlns:sts="urn:oio:sts:1.0.0"><k:Haendelsesbesked>'
        f"<k:BeskedId>{uuid(fields['id'])}</k:BeskedId><k:BeskedVersion>1.0</k:BeskedVersion>"
        "<k:Beskedkuvert><k:Filtreringsdata>"
        f"<k:Beskedtype>{uuid('d2bed63c-4853-4008-b6e0-a74c15b15fbf')}</k:Beskedtype>"
        f"<k:BeskedAnsvarligAktoer>{uuid('96514e13-afdd-44d6-95a8-adc2ca19b127')}</k:BeskedAnsvarligAktoer>"
        "<k:ObjektRegistrering>"
        f"<k:ObjektRegistreringId>{uuid(fields['transmission'])}</k:ObjektRegistreringId>"
        f"<k:Registreringstidspunkt><TidsstempelDatoTid>{fields['now']}</TidsstempelDatoTid>"
        f"</k:Registreringstidspunkt><k:ObjektId>{uuid(fields['message'])}</k:ObjektId>"
        f"<k:ObjektHandling>{uuid(fields['handling'])}</k:ObjektHandling></k:ObjektRegistrering>"
        "</k:Filtreringsdata></k:Beskedkuvert><k:Beskeddata>"
        f'<Base64 xmlns="urn:besked:kuvert:1.0" content-type="application/xml">{fields["data"]}</Base64>'
        "</k:Beskeddata></k:Haendelsesbesked></sts:ModtagBeskedInput>"
    ).encode()
