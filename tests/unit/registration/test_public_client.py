"""Whom the public form counts as one: what a proxy says is believed only from our own proxy."""

import pytest
from fastapi import Request

from kit.runtime.settings import SettingsError
from services.registration.public.rate_limit import Limits, client_of, proxies_in
from services.registration.settings import Settings

OURS = Limits(40, 3000, "X-Forwarded-For", proxies_in("192.0.2.7, 10.0.0.0/8"))
NEEDED = {
    "database_url": "x", "keyring_url": "x", "master_key_file": "x", "broker": "x", "http_port": 1,
}  # fmt: skip


def asked_by(address: str) -> Request:
    headers = [(b"x-forwarded-for", b"203.0.113.1, 203.0.113.2")]
    return Request({"type": "http", "client": (address, 1), "headers": headers})


@pytest.mark.parametrize("proxy", ["192.0.2.7", "10.1.2.3"])
def test_our_proxy_says_who_calls(proxy: str) -> None:
    assert client_of(asked_by(proxy), OURS) == "203.0.113.2"


@pytest.mark.parametrize("other", ["192.0.2.8", "127.0.0.1", "testclient"])
def test_anybody_else_speaks_for_themselves_only(other: str) -> None:
    assert client_of(asked_by(other), OURS) == other


def test_a_header_without_a_proxy_that_writes_it_is_refused_at_the_start() -> None:
    with pytest.raises(SettingsError, match="PUBLIC_PROXIES"):
        Settings(**NEEDED, public_proxy_header="X-Forwarded-For")
