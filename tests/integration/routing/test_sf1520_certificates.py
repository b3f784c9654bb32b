"""The SF1520 client proves who it is by its certificate."""

import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from services.routing.domain.register_entry import FailureReason, LookUpFailed, RegisterAnswer
from services.routing.register.sf1520 import Sf1520Register, Sf1520Settings
from tests.unit.routing.register_server import PERSON, Register, running


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

    assert refused == {PERSON: LookUpFailed(FailureReason.UNREACHABLE)}
    assert isinstance(answered[PERSON], RegisterAnswer)
