"""The SF1520 client over real sockets, against a register that is told how to behave."""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from lxml import etree

from services.routing.domain.register import CprStatus, NotFound, RegisterAnswer
from services.routing.register.port import Failed, FailedReason
from services.routing.register.request import PNR, SERVICE, SOAP
from services.routing.register.sf1520 import Sf1520Register, Sf1520Settings

PERSON, OTHER = "0504909995", "0201609996"
Reply = tuple[int, bytes]


def person(cpr: str) -> Reply:
    content = (
        f"<persondata><personnummer>{cpr}</personnummer><antalBoernUnder18>0</antalBoernUnder18>"
        "<status><status>1</status></status></persondata>"
        "<adresse><aktuelAdresse><kommunekode>751</kommunekode></aktuelAdresse></adresse>"
    )
    return 200, envelope(f'<PersonLookupResponse xmlns="{SERVICE}">{content}</PersonLookupResponse>')


def fault(text: str) -> Reply:
    return 500, envelope(
        f"<s:Fault><faultcode>s:Server</faultcode><faultstring>{text}</faultstring></s:Fault>"
    )


def envelope(content: str) -> bytes:
    return f'<s:Envelope xmlns:s="{SOAP}"><s:Body>{content}</s:Body></s:Envelope>'.encode()


class Register:
    """Speaks just enough HTTP to answer a POST; what it answers is the test's."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.paths: list[str] = []
        self.connections = 0
        self.url = ""
        self.open: set[asyncio.Task[None]] = set()

    async def reply(self, cpr: str) -> Reply | None:
        """Answer, or with None hang up."""
        return person(cpr)

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open.add(asyncio.create_task(self._serve(reader, writer)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                await self._answer(head.decode(), reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        fields = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in head.split("\r\n"))
        }
        body = await reader.readexactly(int(fields["content-length"]))
        cpr = etree.fromstring(body).findtext(f".//{{{PNR}}}PNR") or ""
        self.asked.append(cpr)
        self.paths.append(head.split(" ")[1])
        reply = await self.reply(cpr)
        if reply is None:
            raise ConnectionError
        writer.write(f"HTTP/1.1 {reply[0]} X\r\nContent-Length: {len(reply[1])}\r\n\r\n".encode() + reply[1])
        await writer.drain()


@asynccontextmanager
async def running(register: Register, tls: ssl.SSLContext | None = None) -> AsyncIterator[Register]:
    server = await asyncio.start_server(register.accept, "127.0.0.1", 0, ssl=tls)
    host, port = server.sockets[0].getsockname()
    register.url = f"{'https' if tls else 'http'}://{host}:{port}/service/CPR/PersonBaseDataExtended/4"
    try:
        yield register
    finally:
        server.close()
        for task in register.open:
            task.cancel()
        await asyncio.gather(*register.open, return_exceptions=True)
        await server.wait_closed()


@pytest.fixture
async def register() -> AsyncIterator[Register]:
    async with running(Register()) as started:
        yield started


Client = Callable[..., Sf1520Register]


@pytest.fixture
async def client(register: Register) -> AsyncIterator[Client]:
    made: list[Sf1520Register] = []

    def make(**changes: object) -> Sf1520Register:
        settings = Sf1520Settings(register.url, first_pause=0.001, longest_pause=0.002)
        made.append(Sf1520Register(replace(settings, **changes)))  # type: ignore[arg-type]  # the test's own words
        return made[-1]

    yield make
    for one in made:
        await one.close()


def answering(register: Register, reply: Callable[[str], Reply | None]) -> None:
    async def answer(cpr: str) -> Reply | None:
        return reply(cpr)

    behave(register, answer)


def behave(register: Register, reply: Callable[[str], Awaitable[Reply | None]]) -> None:
    register.reply = reply  # type: ignore[method-assign,assignment]  # the test tells it how to behave


async def test_answers_for_each_number_once_over_kept_connections(register: Register, client: Client) -> None:
    cprs = [PERSON, OTHER, PERSON, *(f"{number:010}" for number in range(200))]

    answers = await client(at_once=4).look_up(cprs)

    assert list(answers) == list(dict.fromkeys(cprs))
    assert answers[PERSON] == RegisterAnswer(PERSON, status=CprStatus.RESIDENT, municipality="0751")
    assert sorted(register.asked) == sorted(answers)
    assert register.connections <= 4


async def test_nobody_to_look_up_is_no_call(register: Register, client: Client) -> None:
    assert await client().look_up([]) == {}
    assert register.asked == []


async def test_never_more_calls_at_once_than_allowed(register: Register, client: Client) -> None:
    in_flight, peak, full = 0, 0, asyncio.Event()

    async def reply(cpr: str) -> Reply:
        nonlocal in_flight, peak
        in_flight += 1
        peak = max(peak, in_flight)
        if in_flight == 3:
            full.set()
        await full.wait()
        in_flight -= 1
        return person(cpr)

    behave(register, reply)

    shared = client(at_once=3)
    await asyncio.gather(
        *(shared.look_up([f"{start + number:010}" for number in range(10)]) for start in (0, 100))
    )

    assert peak == 3


async def test_an_unknown_person_is_not_found_and_not_asked_again(register: Register, client: Client) -> None:
    answering(register, lambda cpr: fault("PNR not found") if cpr == PERSON else person(cpr))

    answers = await client().look_up([PERSON, OTHER])

    assert answers[PERSON] == NotFound()
    assert isinstance(answers[OTHER], RegisterAnswer)
    assert register.asked.count(PERSON) == 1


async def test_a_register_that_does_not_answer_in_time_has_failed(register: Register, client: Client) -> None:
    never = asyncio.Event()

    async def reply(cpr: str) -> Reply:
        await never.wait()
        return person(cpr)

    behave(register, reply)

    answers = await client(time_limit=0.05, attempts=2).look_up([PERSON])

    assert answers == {PERSON: Failed(FailedReason.TIME_LIMIT)}
    assert len(register.asked) == 2


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ((500, b"oops"), FailedReason.SERVER_ERROR),
        ((503, b""), FailedReason.SERVER_ERROR),
        ((429, b""), FailedReason.SERVER_ERROR),
        (fault("The system is not available"), FailedReason.SERVER_ERROR),
        (None, FailedReason.UNREACHABLE),
    ],
)
async def test_a_passing_trouble_is_tried_again_and_then_failed(
    register: Register, client: Client, reply: Reply | None, reason: FailedReason
) -> None:
    answering(register, lambda _: reply)

    answers = await client(attempts=3).look_up([PERSON])

    assert answers == {PERSON: Failed(reason)}
    assert len(register.asked) == 3


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ((200, b"<html>a proxy in between"), FailedReason.MALFORMED),
        ((200, b"x" * 2_000_000), FailedReason.MALFORMED),
        (person(OTHER), FailedReason.MALFORMED),
        ((403, b""), FailedReason.REFUSED),
        ((302, b""), FailedReason.REFUSED),
        ((404, fault("PNR not found")[1]), FailedReason.REFUSED),
    ],
)
async def test_what_another_try_cannot_mend_fails_at_once(
    register: Register, client: Client, reply: Reply, reason: FailedReason
) -> None:
    answering(register, lambda _: reply)

    assert await client().look_up([PERSON]) == {PERSON: Failed(reason)}
    assert len(register.asked) == 1


async def test_recovers_when_a_later_try_answers(register: Register, client: Client) -> None:
    answering(register, lambda cpr: person(cpr) if len(register.asked) > 2 else (503, b""))

    answers = await client(attempts=3).look_up([PERSON])

    assert isinstance(answers[PERSON], RegisterAnswer)


async def test_after_many_failures_in_a_row_nobody_is_asked_about(register: Register, client: Client) -> None:
    answering(register, lambda _: (503, b""))

    answers = await client(at_once=1, attempts=2, breaker_after=4).look_up([f"{n:010}" for n in range(50)])

    assert len(register.asked) == 4
    assert set(answers.values()) == {Failed(FailedReason.SERVER_ERROR), Failed(FailedReason.CIRCUIT_OPEN)}


async def test_a_register_that_is_not_there_has_failed(client: Client, register: Register) -> None:
    nowhere = register.url.replace(register.url.split(":")[2].split("/")[0], "1")

    assert await client(url=nowhere).look_up([PERSON]) == {PERSON: Failed(FailedReason.UNREACHABLE)}


async def test_no_log_and_no_address_ever_holds_a_number(
    register: Register, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    await client().look_up([PERSON])

    assert caplog.records
    assert PERSON not in caplog.text
    assert PERSON not in "".join(register.paths)


def certificate(
    folder: Path, name: str, signer: tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    issuer, issuer_key = (signer[0].subject, signer[1]) if signer else (subject, key)
    built = (
        x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=signer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )
    (folder / f"{name}.pem").write_bytes(built.public_bytes(serialization.Encoding.PEM))
    (folder / f"{name}.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return built, key


async def test_the_client_shows_its_certificate_and_is_refused_without(tmp_path: Path) -> None:
    authority = certificate(tmp_path, "authority", None)
    for name in ("register", "us"):
        certificate(tmp_path, name, authority)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=tmp_path / "authority.pem")
    tls.load_cert_chain(tmp_path / "register.pem", tmp_path / "register.key")
    tls.verify_mode = ssl.CERT_REQUIRED

    async with running(Register(), tls) as register:
        url = register.url.replace("127.0.0.1", "localhost")
        bare = Sf1520Settings(url, trusted=tmp_path / "authority.pem", attempts=1)
        known = replace(bare, client_certificate=tmp_path / "us.pem", client_key=tmp_path / "us.key")
        async with Sf1520Register(bare) as stranger, Sf1520Register(known) as us:
            refused, answered = await stranger.look_up([PERSON]), await us.look_up([PERSON])

    assert refused == {PERSON: Failed(FailedReason.UNREACHABLE)}
    assert isinstance(answered[PERSON], RegisterAnswer)
