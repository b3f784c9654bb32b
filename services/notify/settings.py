"""What notify can be told on top of what every service can."""

from pathlib import Path

from pydantic import SecretStr

from kit.runtime.settings import ServiceSettings


class Settings(ServiceSettings):
    digital_post_url: str  # of the platform: SF1601's own path is appended
    digital_post_token: SecretStr | None = None  # holder-of-key, as the access token service gave it
    client_certificate: Path | None = None  # PEM with its key, for the platform
    sms_url: str
    sms_token: SecretStr | None = None
    smtp_host: str
    smtp_port: int = 25
    email_from: str = "noreply@example.dk"  # its domain is the Message-ID's
    sender_cvr: str = "00000000"  # nobody's: the platform refuses it until the authority's own is set
    sender_name: str = "Følgeskab"
    providers_real: bool = True  # False only where what stands there is a simulator
    receipts_amqp_url: str | None = None
    calls_per_second: float = 200.0  # by each channel
    calls_at_once: int = 64  # by each channel
    send_batch: int = 500  # messages claimed at once
