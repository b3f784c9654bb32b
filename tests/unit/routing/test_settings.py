from pathlib import Path
from uuid import UUID

import pytest

from services.routing.authorities.files import OfficialCode
from services.routing.register.request import Agreement
from services.routing.settings import Settings

NEEDED = {
    "DATABASE_URL": "postgresql://routing:secret@localhost:5432/folgeskab",
    "KEYRING_URL": "postgresql://routing:secret@localhost:5432/keyring",
    "MASTER_KEY_FILE": "/run/secrets/master.key",
    "BROKER": "localhost:9092",
    "HTTP_PORT": "8002",
    "CPR_URL": "https://register.example.dk/cpr",
}


@pytest.fixture(autouse=True)
def needed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in NEEDED.items():
        monkeypatch.setenv(f"FOLGESKAB_{name}", value)


def test_what_is_needed_is_enough() -> None:
    settings = Settings()

    assert settings.official_authorities == {}
    assert settings.sf1520().agreement is None
    assert settings.sf1520().url == "https://register.example.dk/cpr"


def test_agreement_certificate_and_official_codes_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    one = UUID(int=1)
    names = ("agreement", "user_system", "user", "service")
    agreement = "{" + ", ".join(f'"{name}": "{one}"' for name in names) + "}"
    monkeypatch.setenv("FOLGESKAB_CPR_AGREEMENT", agreement)
    monkeypatch.setenv("FOLGESKAB_CPR_CLIENT_CERTIFICATE", "/run/secrets/client.pem")
    official = '{"region-oestdanmark": {"code": "1086", "cvr": "29190623"}}'
    monkeypatch.setenv("FOLGESKAB_OFFICIAL_AUTHORITIES", official)

    settings = Settings()

    assert settings.official_authorities == {"region-oestdanmark": OfficialCode("1086", "29190623")}
    assert settings.sf1520().agreement == Agreement(one, one, one, one)
    assert settings.sf1520().client_certificate == Path("/run/secrets/client.pem")
