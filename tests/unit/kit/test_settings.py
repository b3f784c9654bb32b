"""Missing or wrong settings are named by their variables, with what to do and without any value."""

import subprocess
import sys

import pytest

from cli.runtime import ProvisionSettings
from kit.runtime.settings import ServiceSettings, SettingsError
from services.routing.settings import Settings as RoutingSettings

SECRET = "hemmelig-7"
GIVEN = {
    "FOLGESKAB_DATABASE_URL": f"postgresql://routing:{SECRET}@localhost/folgeskab",
    "FOLGESKAB_KEYRING_URL": f"postgresql://routing:{SECRET}@localhost/keyring",
    "FOLGESKAB_BROKER": "localhost:9092",
    "FOLGESKAB_CPR_URL": "https://register.example.dk",
}


@pytest.fixture(autouse=True)
def given(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in GIVEN.items():
        monkeypatch.setenv(name, value)


def test_a_missing_setting_is_named_by_its_variable() -> None:
    with pytest.raises(SettingsError) as told:
        ServiceSettings()

    text = str(told.value)
    assert "FOLGESKAB_MASTER_KEY_FILE: Missing" in text
    assert "FOLGESKAB_HTTP_PORT: Missing" in text
    assert "FOLGESKAB_BROKER " not in text
    assert "docs/running.md" in text
    assert SECRET not in text


def test_a_setting_that_is_not_json_is_named_and_not_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOLGESKAB_ADMIN_DATABASE_URL", "postgresql://localhost")
    monkeypatch.setenv("FOLGESKAB_ROLE_PASSWORDS", f"{{registration: {SECRET}}}")

    with pytest.raises(SettingsError) as told:
        ProvisionSettings()

    assert "FOLGESKAB_ROLE_PASSWORDS is not JSON" in str(told.value)
    assert SECRET not in str(told.value)


def test_a_wrong_setting_is_named_with_what_to_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOLGESKAB_MASTER_KEY_FILE", "key")
    monkeypatch.setenv("FOLGESKAB_HTTP_PORT", SECRET)

    with pytest.raises(SettingsError) as told:
        RoutingSettings()

    assert "FOLGESKAB_HTTP_PORT" in str(told.value)
    assert SECRET not in str(told.value)


def test_a_process_that_cannot_start_says_so_without_a_traceback() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "cli.main", "serve", "routing"],
        capture_output=True, text=True, timeout=60, check=False, env=GIVEN,
    )  # fmt: skip

    assert run.returncode == 1
    assert "FOLGESKAB_HTTP_PORT: Missing" in run.stderr
    assert "Traceback" not in run.stderr
    assert SECRET not in run.stdout + run.stderr
