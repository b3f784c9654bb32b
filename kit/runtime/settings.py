"""The settings of every service, from the environment (FOLGESKAB_...). Services add theirs in a subclass."""

import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlsplit, urlunsplit

from pydantic import ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings import SettingsError as UnreadableSetting

from kit.http import validation_messages
from kit.runtime.clock import GuardedClock

_PREFIX: Final = "FOLGESKAB_"


class SettingsError(SystemExit):
    """Settings are missing or wrong. Ends the process; the text names each setting and never a value."""


class EnvironmentSettings(BaseSettings):
    """Settings from the environment. Raises SettingsError, which shows no value as a traceback would."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, env_ignore_empty=True, frozen=True, extra="ignore"
    )  # compose passes unset variables as empty

    def __init__(self, **given: Any) -> None:
        try:
            super().__init__(**given)
        except ValidationError as error:
            reasons = [
                f"  {_named(one)}: {validation_messages.field_error(one).text}" for one in error.errors()
            ]
        except UnreadableSetting as error:  # of JSON
            field = re.search(r'field "(\w+)"', str(error))
            reasons = [f"  {_PREFIX}{field[1].upper() if field else ''} is not JSON"]
        else:
            return
        raise SettingsError("\n".join(["Some settings are not right; nothing was started:", *reasons, _HELP]))


_HELP: Final = "Set them in the environment. docs/running.md says what each means."


def _named(problem: Mapping[str, Any]) -> str:
    """Return the variable's name. An error about several settings names them in its text."""
    return f"{_PREFIX}{str(problem['loc'][0]).upper()}" if problem["loc"] else ""


class ServiceSettings(EnvironmentSettings):
    database_url: str  # postgresql://role:password@host:port/database
    keyring_url: str
    database_password_file: Path | None = None  # the password of both, if the URLs have none
    master_key_file: Path
    broker: str  # host:port, several with commas
    broker_idempotence: bool = True  # False only on a broker that lacks it
    broker_session_timeout: float = 30.0  # seconds; the embedded broker waits half of it per join
    http_host: str = "127.0.0.1"
    http_port: int
    hosts: str | None = None  # further permitted host names, comma-separated
    batch_size: int = 1000  # messages taken from Kafka at once
    brake_after: int = 20  # parked in a row before the consumer stops
    outbox_days: int = 14  # how long the outbox is kept for republishing
    otlp_endpoint: str | None = None
    traced_share: float = 0.02  # share of the keys with exported traces, 0 to 1
    log_level: str = "INFO"
    clock_offset_seconds: float = 0
    assets_dir: Path = Path(__file__).resolve().parents[2] / "node_modules"  # fonts, style sheets

    @model_validator(mode="before")
    @classmethod
    def _with_the_password(cls, given: dict[str, Any]) -> dict[str, Any]:
        if not (file := given.get("database_password_file")):
            return given
        password = password_in(Path(file))
        urls = {name: given[name] for name in ("database_url", "keyring_url") if name in given}
        return given | {name: with_password(url, password) for name, url in urls.items()}

    def clock(self) -> GuardedClock:
        return GuardedClock(timedelta(seconds=self.clock_offset_seconds))


def password_in(file: Path) -> str:
    """Return the password in a file. Any character is allowed; a trailing line end is removed."""
    try:
        return file.read_text(encoding="utf-8").rstrip("\r\n")
    except OSError:
        raise ValueError(f"{file} with a password cannot be read: is it there, and may this user?") from None


def with_password(url: str, password: str) -> str:
    """Put a password into the address of a database."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{parts.username or ''}:{quote(password, safe='')}@{place}"))


def split_names(text: str | None) -> list[str]:
    """Return the names in a comma-separated text, in lower case."""
    return [name.strip().lower() for name in (text or "").split(",") if name.strip()]
