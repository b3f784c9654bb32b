"""Receipts of the platform and the SMS gateway are read, and their order does not matter."""

import base64
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.events.vocabulary import Channel
from services.notify.channels.digital_post import post_status
from services.notify.channels.digital_post.post_status import ForeignReceipt, UnreadableReceipt
from services.notify.channels.sms.report import read_report
from services.notify.domain.receipt import FINAL, AttemptState, Receipt, ReceiptStatus
from services.notify.domain.receipt_effect import apply_receipt
from services.notify.domain.transition import Delivered, DeliveryFailed, FallBack, HandedOver, MessageState
from tests import published

AT = datetime(2026, 11, 25, 6, 30, tzinfo=UTC)
KEY = UUID("8853363b-43ec-4d0a-a54d-65447f9447ed")
STATUS = """<PKO_PostStatus xmlns="http://serviceplatformen.dk/xml/print/PKO_PostStatus/1/types">
<MessageUUID>{key}</MessageUUID><TransaktionsDatoTid>{at}</TransaktionsDatoTid>
<FejlDetaljer><FejlKode>memo.invalid</FejlKode><FejlTekst>CPR 0104909989</FejlTekst></FejlDetaljer>
</PKO_PostStatus>"""
ENVELOPE = """<k:Haendelsesbesked xmlns:k="urn:oio:besked:kuvert:1.0" xmlns="urn:oio:sagdok:3.0.0">
<k:Beskedkuvert><k:Filtreringsdata>
<k:Beskedtype><UUIDIdentifikator>{kind}</UUIDIdentifikator></k:Beskedtype>
<k:ObjektRegistrering><k:ObjektHandling><UUIDIdentifikator>{handling}</UUIDIdentifikator></k:ObjektHandling>
</k:ObjektRegistrering></k:Filtreringsdata></k:Beskedkuvert>
<k:Beskeddata><Base64>{status}</Base64></k:Beskeddata></k:Haendelsesbesked>"""
FAILED = "e225a75c-4b63-46c4-9423-77f5c8762445"


def envelope(
    *,
    kind: str = post_status.POST_STATUS,
    handling: str = FAILED,
    key: str = str(KEY),
    at: str = "2026-11-25T06:30:00Z",
) -> bytes:
    status = base64.b64encode(STATUS.format(key=key, at=at).encode()).decode()
    return ENVELOPE.format(kind=kind, handling=handling, status=status).encode()


@pytest.mark.published
def test_the_published_receipt_is_read() -> None:
    document = published.path("schemas/poststatus/PostStatusBeskedModtag.success.xml").read_bytes()

    found = post_status.read(document)

    assert found == Receipt(
        KEY,
        ReceiptStatus.DELIVERED,
        "f7161a89-5068-4023-bc80-d7f4daad2a2e",
        datetime(2023, 2, 13, 11, 22, 5, 154000, tzinfo=UTC),
    )


def test_a_failure_keeps_its_code_and_not_its_text() -> None:
    assert post_status.read(envelope()) == Receipt(KEY, ReceiptStatus.FAILED, FAILED, AT, "memo.invalid")


@pytest.mark.parametrize(
    "document",
    [envelope(kind=str(uuid4())), envelope(handling=str(uuid4())), envelope(key="")],
)
def test_a_receipt_of_another_system_is_foreign(document: bytes) -> None:
    assert isinstance(post_status.read(document), ForeignReceipt)


@pytest.mark.parametrize(
    "document",
    [
        b"not XML",
        b'<!DOCTYPE x [<!ENTITY e "e">]><x>&e;</x>',
        b"<x/>",
        envelope(at="yesterday"),
        envelope(at="2026-11-25T06:30:00"),
        envelope(key="not a UUID"),
        envelope().replace(b"<Base64>", b"<Base64>A"),
    ],
)
def test_an_unreadable_receipt_is_reported_without_quoting_it(document: bytes) -> None:
    found = post_status.read(document)

    assert isinstance(found, UnreadableReceipt)
    assert "not a UUID" not in found.reason


def test_a_delivery_report_is_read() -> None:
    body = b'{"reference": "%s", "status": "failed", "code": "busy", "at": "2026-11-25T06:30:00Z"}'

    assert read_report(body % str(KEY).encode()) == Receipt(KEY, ReceiptStatus.FAILED, "failed", AT, "busy")
    assert read_report(body % b"x") is None
    assert read_report(b"{}") is None


INTERIM = (ReceiptStatus.PROGRESS, ReceiptStatus.RECEIVED)
ENDS = (ReceiptStatus.DELIVERED, ReceiptStatus.FAILED, ReceiptStatus.RETURNED, ReceiptStatus.CANCELLED)


@st.composite
def histories(draw: st.DrawFn) -> list[Receipt]:
    """One final and any number of interim receipts, repeated and in any order."""
    end = draw(st.sampled_from(ENDS))
    statuses = [end, *draw(st.lists(st.sampled_from((*INTERIM, end)), max_size=6))]
    seconds = draw(st.lists(st.integers(0, 5), min_size=len(statuses), max_size=len(statuses)))
    receipts = [
        Receipt(KEY, status, status.value, AT + timedelta(seconds=after))
        for status, after in zip(statuses, seconds, strict=True)
    ]
    return draw(st.permutations(receipts + draw(st.lists(st.sampled_from(receipts), max_size=4))))


def follow(receipts: list[Receipt]) -> tuple[AttemptState, list[object], bool]:
    """Apply receipts to a new attempt; return its state, the effects and whether one contradicts."""
    message, attempt = MessageState.SENDING, AttemptState.STARTED
    effects: list[object] = []
    against = False
    for receipt in receipts:
        step = apply_receipt(message, attempt, receipt, current=True, left=())
        attempt, against = step.attempt, against or step.contradicts
        match step.message:
            case HandedOver(_, delivered):
                message = MessageState.DELIVERED if delivered else MessageState.HANDED_OVER
            case Delivered():
                message = MessageState.DELIVERED
            case DeliveryFailed():
                message = MessageState.FAILED
            case FallBack() | None:
                continue
        effects.append(step.message)
    return attempt, effects, against


@given(histories())
def test_repeated_and_reordered_receipts_lead_to_the_same_state(receipts: list[Receipt]) -> None:
    in_order = sorted(set(receipts), key=lambda r: (r.status in ENDS, r.at))

    state, effects, against = follow(receipts)

    assert state in FINAL
    assert state is follow(in_order)[0]
    assert (
        len(
            [
                e
                for e in effects
                if isinstance(e, Delivered | DeliveryFailed) or e == HandedOver("", delivered=True)
            ]
        )
        == 1
    )
    assert not against


@given(st.permutations([Receipt(KEY, status, status.value, AT) for status in ENDS]))
def test_a_second_final_state_contradicts_the_first_and_changes_nothing(receipts: list[Receipt]) -> None:
    first, effects, _ = follow(receipts[:1])

    state, all_effects, against = follow(receipts)

    assert (state, all_effects) == (first, effects)
    assert against


def test_only_a_delivery_counts_for_an_earlier_attempt() -> None:
    failed = Receipt(KEY, ReceiptStatus.FAILED, "failed", AT)
    arrived = Receipt(KEY, ReceiptStatus.DELIVERED, "delivered", AT)
    before = AttemptState.IN_DOUBT

    late_failure = apply_receipt(MessageState.SENDING, before, failed, current=False, left=(Channel.SMS,))
    late_arrival = apply_receipt(MessageState.SENDING, before, arrived, current=False, left=(Channel.SMS,))

    assert late_failure.message is None
    assert late_arrival.message == HandedOver("", delivered=True)
