"""Prometheus and promtool for the tests of the alerts: the system's, else from Debian's package.

`python -m deploy.local.prometheus`. The package is only unpacked: installing it would start a server.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from deploy.local.assets import ROOT

PROGRAMS = ("promtool", "prometheus")
_OWN = ROOT / ".venv" / "prometheus"  # a folder


class NoPrometheusError(RuntimeError):
    pass


def find(program: str) -> Path | None:
    """Return the system's program, else the unpacked one."""
    if path := shutil.which(program):
        return Path(path)
    return own if (own := _OWN / program).exists() else None


def ensure(program: str) -> Path:
    """Return one of PROGRAMS. Unpack them if needed, with one line on stderr. Raise NoPrometheusError."""
    if found := find(program):
        return found
    if not shutil.which("apt-get"):
        raise NoPrometheusError("there is none, and no apt-get: install Prometheus, which brings it")
    sys.stderr.write(f"{program}: none found, unpacking Debian's prometheus\n")
    with tempfile.TemporaryDirectory() as folder:
        try:
            _run("apt-get", "download", "-q", "prometheus", within=folder)
        except NoPrometheusError:  # no package lists yet
            _run("apt-get", "update", "-q", within=folder)
            _run("apt-get", "download", "-q", "prometheus", within=folder)
        [package] = Path(folder).glob("prometheus_*.deb")
        _run("dpkg-deb", "-x", str(package), "unpacked", within=folder)
        _OWN.mkdir(exist_ok=True)
        for name in PROGRAMS:
            shutil.copy2(Path(folder) / "unpacked" / "usr" / "bin" / name, _OWN)
    return _OWN / program


def _run(*command: str, within: str) -> None:
    result = subprocess.run(  # noqa: S603 - our own arguments
        command, capture_output=True, text=True, check=False, cwd=within
    )
    if result.returncode:
        last = (result.stderr.strip() or result.stdout.strip()).splitlines()[-1:]
        raise NoPrometheusError(f"`{' '.join(command)}` failed: {' '.join(last)}")


def main() -> None:
    try:
        paths = [ensure(program) for program in PROGRAMS]
    except NoPrometheusError as error:
        sys.exit(f"prometheus: {error}")
    sys.stdout.write(f"prometheus: {', '.join(map(str, paths))}\n")


if __name__ == "__main__":
    main()
