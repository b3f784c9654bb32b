"""Calls to the services' HTTP interfaces, with a time limit, their refusals told in their own words."""

import getpass
import unicodedata
from typing import Any

import httpx

from cli.output import AWAY, refuse
from kit.runtime.settings import EnvironmentSettings

TIMEOUT = httpx.Timeout(30.0, read=600.0)  # seconds; an import or a preview of 100,000 may take minutes
GLANCE_TIMEOUT = 5.0  # seconds


class Addresses(EnvironmentSettings):
    registration_url: str = "http://127.0.0.1:8001"
    routing_url: str = "http://127.0.0.1:8002"
    outreach_url: str = "http://127.0.0.1:8003"
    notify_url: str = "http://127.0.0.1:8004"
    console_url: str = "http://127.0.0.1:8000"
    actor: str = ""  # who is calling, where it is not the user logged in

    def of(self, service: str) -> str:
        return str(getattr(self, f"{service}_url"))


def call(service: str, method: str, path: str, *, actor: str = "", **request: Any) -> Any:
    """Give the JSON answered. A refusal or a silent service ends the command with a clear line."""
    return fetch(service, method, path, actor=actor, **request).json()


def fetch(service: str, method: str, path: str, *, actor: str = "", **request: Any) -> httpx.Response:
    addresses = Addresses()
    headers = httpx.Headers(request.pop("headers", {}), encoding="latin-1")
    headers["X-Actor"] = _as_told(actor or caller())
    try:
        answer = httpx.request(
            method, addresses.of(service) + path, headers=headers, timeout=TIMEOUT, **request
        )
    except httpx.TransportError as error:
        refuse(
            f"{service} does not answer at {addresses.of(service)} ({type(error).__name__}). "
            f"Is it running? FOLGESKAB_{service.upper()}_URL names another address.",
            AWAY,
        )
    if answer.is_success:
        return answer
    return refuse(_problem(answer))


def glance(service: str, path: str, *, actor: str = "") -> Any | None:
    """Return the JSON answered, or None: for a look now and then, which may fail."""
    answer = answer_of(service, path, actor=actor)
    return answer.json() if answer is not None and answer.is_success else None


def answer_of(service: str, path: str, *, actor: str = "") -> httpx.Response | None:
    """Return the answer, whatever its status; None where the service does not answer."""
    headers = {"X-Actor": actor or "cli"}
    try:
        return httpx.get(Addresses().of(service) + path, headers=headers, timeout=GLANCE_TIMEOUT)
    except httpx.TransportError:
        return None


def caller() -> str:
    return Addresses().actor or getpass.getuser()


def _as_told(name: str) -> str:
    """Give a name as a header carries it: Latin-1; one that does not fit without accents, else with `?`.

    The console writes it the same way, so that nobody approves their own wave under another spelling.
    """
    try:
        name.encode("latin-1")
    except UnicodeEncodeError:
        plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
        return plain.encode("latin-1", "replace").decode("latin-1")
    return name


def _problem(answer: httpx.Response) -> str:
    if "json" not in answer.headers.get("content-type", ""):
        return f"The service answered {answer.status_code}."
    body = answer.json()
    lines = [str(body.get("title", answer.status_code))]
    flaws = [(problem["field"], problem["reason"]) for problem in body.get("errors", ())]
    lines += [f"  {field}: {reason}" if field else f"  {reason}" for field, reason in flaws]
    return "\n".join(lines)
