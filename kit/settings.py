"""The settings every service has, from the environment (FOLGESKAB_...).

A service adds its own in a subclass.
"""

from datetime import timedelta
from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict

from kit.clock import GuardedClock


class ServiceSettings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix="FOLGESKAB_", env_ignore_empty=True, frozen=True, extra="ignore"
    )  # compose passes what is not set as empty

    database_url: str  # postgresql://role:password@host:port/database
    keyring_url: str
    master_key_file: Path
    broker: str  # host:port, several with commas
    broker_idempotence: bool = True  # False only on a broker that lacks it
    broker_session_timeout: float = 30.0  # seconds; the embedded broker waits half of it at every join
    http_host: str = "127.0.0.1"
    http_port: int
    hosts: str | None = None  # further names under which it may be asked, with commas
    batch_size: int = 1000  # messages taken from Kafka at once
    brake_after: int = 20  # parked in a row before the consumer stops
    outbox_days: int = 14  # how long the outbox is kept for republishing
    otlp_endpoint: str | None = None
    traced_share: float = 0.02  # of the people whose way through the services is exported, 0 to 1
    log_level: str = "INFO"
    clock_offset_seconds: float = 0
    assets_dir: Path = Path(__file__).resolve().parents[1] / "node_modules"  # fonts, style sheets

    def clock(self) -> GuardedClock:
        return GuardedClock(timedelta(seconds=self.clock_offset_seconds))


def names_in(text: str | None) -> list[str]:
    """Return the names in a text that has them with commas."""
    return [name.strip().lower() for name in (text or "").split(",") if name.strip()]
