"""Passwords and the master key of one stack: created once, stored in its home, readable by its owner only."""

import base64
import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Credentials:
    superuser: str
    roles: dict[str, str]  # role: password


def credentials(home: Path, roles: Sequence[str]) -> Credentials:
    path = home / "passwords.json"
    if path.exists():
        return Credentials(**json.loads(path.read_text("utf-8")))
    fresh = Credentials(secrets.token_urlsafe(24), {role: secrets.token_urlsafe(24) for role in roles})
    write_secret(path, json.dumps(asdict(fresh)))
    return fresh


def master_key(home: Path) -> Path:
    """Return the path of the file with 32 random bytes in base64."""
    path = home / "master.key"
    if not path.exists():
        write_secret(path, base64.b64encode(secrets.token_bytes(32)).decode("ascii"))
    return path


def write_secret(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(text, "utf-8")
