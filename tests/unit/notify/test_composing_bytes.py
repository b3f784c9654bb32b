"""A message is complete before any byte is sent; no name breaks a subject, a header or XML."""

import json
from email import message_from_bytes
from email.policy import SMTP

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from contracts.events.vocabulary import Channel
from services.notify.channels.digital_post.memo import Sender
from services.notify.channels.digital_post.sf1601 import Kombipost
from services.notify.channels.email.provider import SmtpProvider
from services.notify.channels.gateway import Gateway, GatewayLimits
from services.notify.channels.sms.provider import SmsProvider
from services.notify.domain.message import Composed, OutgoingMessage
from services.notify.domain.outcome import Rejected
from services.notify.domain.plain_text import one_line
from tests.unit.notify.cases import Scripted, message

POST = Kombipost("http://nobody", sender=Sender("12345678", "Region Test"), real=False, at_once=1)
SMS = SmsProvider("http://nobody", real=False, at_once=1)
MAIL = SmtpProvider("nobody", 25, sender="noreply@region.dk", real=False)


def content(made: Composed | Rejected) -> bytes:
    assert isinstance(made, Composed)
    return made.content


@pytest.mark.parametrize(
    ("told", "line"),
    [
        ("Anna\r\nBcc: alle@example.dk", "Anna Bcc: alle@example.dk"),
        ("An\x00na\x1b[31m Øst", "Anna[31m Øst"),
        ("\u202eAnna\u202c \u2028Øst\u0085", "Anna Øst"),
        (
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        ),
        ("An\ud800na", "Anna"),
        ("Anna\ufffe\uffff", "Anna"),
        ("  Anna \t Øst ", "Anna Øst"),
    ],
)
def test_a_name_is_one_line_without_control_characters(told: str, line: str) -> None:
    assert one_line(told) == line


@given(st.text())
def test_any_name_can_be_composed_for_every_channel(name: str) -> None:
    line = one_line(name)
    subject, body = f"Information til {line}", f"Kære {line}\n\n.\n"

    post = content(POST.compose(message(subject=subject, body=body)))
    sms = content(SMS.compose(message(channel=Channel.SMS, body=body)))
    mail = content(MAIL.compose(message(channel=Channel.EMAIL, subject=subject, body=body)))

    assert etree.fromstring(post) is not None
    assert json.loads(sms)["text"] == body.strip()
    parsed = message_from_bytes(mail, policy=SMTP)
    assert set(parsed.keys()) >= {"From", "To", "Subject"}
    assert "Bcc" not in parsed


def test_an_email_contains_one_terminating_dot() -> None:
    mail = content(MAIL.compose(message(channel=Channel.EMAIL, body="a\n.\n.b\n")))

    lines = mail.split(b"\r\n")
    assert lines[-2:] == [b".", b""]
    assert b"." not in lines[:-2]
    assert {b"..", b"..b"} <= set(lines)
    assert b"\n" not in mail.replace(b"\r\n", b"")


class Broken(Scripted):
    def compose(self, message: OutgoingMessage) -> Composed | Rejected:
        raise ValueError(message.subject)


def test_an_impossible_message_is_rejected_with_a_code() -> None:
    assert Gateway(Broken(), GatewayLimits()).compose(message()) == Rejected("not-composed")
