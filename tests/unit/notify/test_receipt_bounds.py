"""Limits of a receipt: it must fit into the table and have a comparable time."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.channels.digital_post import post_status
from services.notify.channels.digital_post.post_status import UnreadableReceipt
from services.notify.channels.sms.report import read_report
from tests.unit.notify.test_receipts import KEY, envelope

UNFIT_TIMES = (
    "0001-01-01T00:00:00+23:59",
    "1999-12-31T23:59:59Z",
    "2100-01-01T00:00:00Z",
    "9999-12-31T23:59:59-23:59",
)


def report(**told: Any) -> bytes:
    body = {"reference": str(KEY), "status": "failed", "code": "busy", "at": "2026-11-25T06:30:00Z"} | told
    return json.dumps(body).encode()


@pytest.mark.parametrize("at", UNFIT_TIMES)
def test_a_receipt_of_another_century_is_refused(at: str) -> None:
    assert read_report(report(at=at)) is None
    assert isinstance(post_status.read(envelope(at=at)), UnreadableReceipt)


@pytest.mark.parametrize("code", ["no\x00mailbox", "x" * 65, "line\nend"])
def test_a_code_that_cannot_be_stored_is_refused(code: str) -> None:
    assert read_report(report(code=code)) is None


def test_a_handling_that_is_no_uuid_is_refused() -> None:
    assert isinstance(post_status.read(envelope(handling="e225a75c" * 2000)), UnreadableReceipt)


def test_base64_outside_ascii_is_refused_and_does_not_raise() -> None:
    document = envelope().decode().replace("<Base64>", "<Base64>æ").encode()

    assert isinstance(post_status.read(document), UnreadableReceipt)


@given(st.binary(max_size=300))
def test_no_bytes_raise(body: bytes) -> None:
    read_report(body)
    post_status.read(body)
    post_status.read(envelope().replace(b"<Base64>", b"<Base64>" + body))
