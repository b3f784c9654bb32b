"""Prometheus's promtool for the tests of the alerts: the system's, else out of Debian's package.

`python -m deploy.local.promtool`. The package is only unpacked: installing it would start a server.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from deploy.local.assets import ROOT

_OWN = ROOT / ".venv" / "promtool"


class PromtoolError(RuntimeError):
    pass


def find() -> Path | None:
    """Return the system's promtool, else the one that was unpacked."""
    if path := shutil.which("promtool"):
        return Path(path)
    return _OWN if _OWN.exists() else None


def ensure() -> Path:
    """Find promtool, or unpack it and say so in one line on stderr. Raises PromtoolError."""
    if found := find():
        return found
    if not shutil.which("apt-get"):
        raise PromtoolError("there is none, and no apt-get: install Prometheus, which brings it")
    sys.stderr.write("promtool: none found, unpacking Debian's prometheus\n")
    with tempfile.TemporaryDirectory() as folder:
        try:
            _run("apt-get", "download", "-q", "prometheus", within=folder)
        except PromtoolError:  # no package lists yet
            _run("apt-get", "update", "-q", within=folder)
            _run("apt-get", "download", "-q", "prometheus", within=folder)
        [package] = Path(folder).glob("prometheus_*.deb")
        _run("dpkg-deb", "-x", str(package), "unpacked", within=folder)
        shutil.copy2(Path(folder) / "unpacked" / "usr" / "bin" / "promtool", _OWN)
    return _OWN


def _run(*command: str, within: str) -> None:
    result = subprocess.run(  # noqa: S603 - our own arguments
        command, capture_output=True, text=True, check=False, cwd=within
    )
    if result.returncode:
        last = (result.stderr.strip() or result.stdout.strip()).splitlines()[-1:]
        raise PromtoolError(f"`{' '.join(command)}` failed: {' '.join(last)}")


def main() -> None:
    try:
        path = ensure()
    except PromtoolError as error:
        sys.exit(f"promtool: {error}")
    sys.stdout.write(f"promtool: {path}\n")


if __name__ == "__main__":
    main()
