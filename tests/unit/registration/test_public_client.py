"""The client address of the rate limit: the proxy header counts only from our own proxy."""

import pytest
from fastapi import Request

from kit.runtime.settings import SettingsError
from services.registration.public.rate_limit import RateLimits, client_address, parse_proxies
from services.registration.settings import Settings

OURS = RateLimits(40, 3000, "X-Forwarded-For", parse_proxies("192.0.2.7, 10.0.0.0/8"))
NEEDED = {
    "database_url": "x", "keyring_url": "x", "master_key_file": "x", "broker": "x", "http_port": 1,
}  # fmt: skip


def asked_by(address: str) -> Request:
    headers = [(b"x-forwarded-for", b"203.0.113.1, 203.0.113.2")]
    return Request({"type": "http", "client": (address, 1), "headers": headers})


@pytest.mark.parametrize("proxy", ["192.0.2.7", "10.1.2.3"])
def test_our_proxy_names_the_client(proxy: str) -> None:
    assert client_address(asked_by(proxy), OURS) == "203.0.113.2"


@pytest.mark.parametrize("other", ["192.0.2.8", "127.0.0.1", "testclient"])
def test_the_header_of_any_other_peer_is_ignored(other: str) -> None:
    assert client_address(asked_by(other), OURS) == other


def test_a_header_without_a_proxy_that_writes_it_is_refused_at_the_start() -> None:
    with pytest.raises(SettingsError, match="PUBLIC_PROXIES"):
        Settings(**NEEDED, public_proxy_header="X-Forwarded-For")
