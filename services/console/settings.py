"""Settings of the console, beside those of every service."""

from kit.runtime.settings import ServiceSettings


class Settings(ServiceSettings):
    registration_url: str = "http://127.0.0.1:8001"
    routing_url: str = "http://127.0.0.1:8002"
    outreach_url: str = "http://127.0.0.1:8003"
    notify_url: str = "http://127.0.0.1:8004"
    console_url: str = "http://127.0.0.1:8000"
    call_timeout_seconds: float = 10.0  # a command, a list
    import_timeout_seconds: float = 600.0  # for the answer, after the whole file is sent
    preview_timeout_seconds: float = 120.0  # the preview of a wave of hundreds of thousands

    @property
    def on_loopback(self) -> bool:
        """Return whether the process binds to loopback. In a container, the published port must."""
        return self.http_host in {"127.0.0.1", "localhost", "::1"}

    def urls(self) -> dict[str, str]:
        return {
            "registration": self.registration_url,
            "routing": self.routing_url,
            "outreach": self.outreach_url,
            "notify": self.notify_url,
            "console": self.console_url,
        }
