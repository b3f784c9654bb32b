"""Settings of outreach, beside those of every service."""

from kit.runtime.settings import ServiceSettings


class Settings(ServiceSettings):
    due_batch: int = 1000  # contacts claimed at once
    due_lease_seconds: float = 30.0
    call_lease_seconds: float = 15 * 60
    launch_batch: int = 5000  # people whose contacts are written in one transaction
