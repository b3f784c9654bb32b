"""Settings of the simulators. Ports: None is not started, 0 is any free port (in process only)."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

PORTS = ("cpr", "digital_post", "sms", "smtp", "control")
LOOPBACK = "127.0.0.1"
_PREFIX = "SIMULATORS_"


@dataclass(frozen=True, slots=True)
class Settings:
    """`receipts_url` unset: no receipts are sent."""

    journal_dir: Path
    cpr_port: int | None = None
    digital_post_port: int | None = None
    sms_port: int | None = None
    smtp_port: int | None = None
    control_port: int | None = None
    receipts_url: str | None = None
    host: str = LOOPBACK  # other addresses only within a network of containers

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the environment. Raise KeyError without a journal directory, ValueError for a bad port."""

        def setting(name: str) -> str | None:
            return environment.get(_PREFIX + name) or None

        ports = {f"{name}_port": int(setting(f"{name.upper()}_PORT") or 0) or None for name in PORTS}
        return cls(
            journal_dir=Path(environment[_PREFIX + "JOURNAL_DIR"]),
            receipts_url=setting("RECEIPTS_URL"),
            host=setting("HOST") or LOOPBACK,
            **ports,
        )

    def port(self, name: str) -> int | None:
        port: int | None = getattr(self, f"{name}_port")
        return port
