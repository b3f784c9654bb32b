"""HTTP client of the services, with a time limit. An error response becomes an error line."""

import getpass
import unicodedata
from typing import Any

import httpx

from cli.output import UNAVAILABLE, exit_with_error
from kit.runtime.settings import EnvironmentSettings

TIMEOUT = httpx.Timeout(30.0, read=600.0)  # seconds; an import or a preview of 100,000 people takes minutes
SHORT_TIMEOUT = 5.0  # seconds


class Addresses(EnvironmentSettings):
    registration_url: str = "http://127.0.0.1:8001"
    routing_url: str = "http://127.0.0.1:8002"
    outreach_url: str = "http://127.0.0.1:8003"
    notify_url: str = "http://127.0.0.1:8004"
    console_url: str = "http://127.0.0.1:8000"
    actor: str = ""  # default: the user logged in to the operating system

    def url_of(self, service: str) -> str:
        return str(getattr(self, f"{service}_url"))


def call(service: str, method: str, path: str, *, actor: str = "", **request: Any) -> Any:
    """Return the JSON of the response. End the command where the service refuses or does not answer."""
    return fetch(service, method, path, actor=actor, **request).json()


def fetch(service: str, method: str, path: str, *, actor: str = "", **request: Any) -> httpx.Response:
    """Return the response. End the command where the service refuses or does not answer."""
    addresses = Addresses()
    headers = httpx.Headers(request.pop("headers", {}), encoding="latin-1")
    headers["X-Actor"] = _header_value(actor or caller_name())
    try:
        answer = httpx.request(
            method, addresses.url_of(service) + path, headers=headers, timeout=TIMEOUT, **request
        )
    except httpx.TransportError as error:
        exit_with_error(
            f"{service} does not answer at {addresses.url_of(service)} ({type(error).__name__}). "
            f"Start it, or set FOLGESKAB_{service.upper()}_URL to its address.",
            UNAVAILABLE,
        )
    if answer.is_success:
        return answer
    return exit_with_error(_error_text(answer))


def try_call(service: str, path: str, *, actor: str = "") -> Any | None:
    """Return the JSON of a GET, or None where it fails."""
    answer = try_fetch(service, path, actor=actor)
    return answer.json() if answer is not None and answer.is_success else None


def try_fetch(service: str, path: str, *, actor: str = "") -> httpx.Response | None:
    """Return the response to a GET, whatever its status, or None where the service does not answer."""
    headers = {"X-Actor": actor or "cli"}
    try:
        return httpx.get(Addresses().url_of(service) + path, headers=headers, timeout=SHORT_TIMEOUT)
    except httpx.TransportError:
        return None


def caller_name() -> str:
    return Addresses().actor or getpass.getuser()


def _header_value(name: str) -> str:
    """Return a name in Latin-1, the encoding of headers.

    Remove accents that Latin-1 lacks; replace other characters by `?`. The console does the same, so
    that nobody can approve their own wave under another spelling.
    """
    try:
        name.encode("latin-1")
    except UnicodeEncodeError:
        plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
        return plain.encode("latin-1", "replace").decode("latin-1")
    return name


def _error_text(answer: httpx.Response) -> str:
    if "json" not in answer.headers.get("content-type", ""):
        return f"The service answered with status {answer.status_code}. Its log gives the cause."
    body = answer.json()
    lines = [str(body.get("title", answer.status_code))]
    errors = [(error["field"], error["reason"]) for error in body.get("errors", ())]
    lines += [f"  {field}: {reason}" if field else f"  {reason}" for field, reason in errors]
    return "\n".join(lines)
