"""Settings of notify, beside those of every service."""

from pathlib import Path

from pydantic import SecretStr

from kit.runtime.settings import ServiceSettings


class Settings(ServiceSettings):
    digital_post_url: str  # of the platform; the path of SF1601 is appended
    digital_post_token: SecretStr | None = None  # holder-of-key token of the access token service
    client_certificate: Path | None = None  # PEM with its key, for the platform
    sms_url: str
    sms_token: SecretStr | None = None
    smtp_host: str
    smtp_port: int = 25
    email_from: str = "noreply@example.dk"  # its domain is used in the Message-ID
    sender_cvr: str = "00000000"  # a placeholder that the platform refuses; set the authority's own
    sender_name: str = "Følgeskab"
    providers_real: bool = True  # False only where all providers are simulators
    receipts_amqp_url: str | None = None
    calls_per_second: float = 200.0  # per channel
    calls_at_once: int = 64  # per channel
    send_batch: int = 500  # messages claimed at once
