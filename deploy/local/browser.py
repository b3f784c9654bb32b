"""Chromium for the browser tests: the system's, else installed (`python -m deploy.local.browser`)."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class BrowserError(RuntimeError):
    pass


def find() -> Path | None:
    """Return the system's Chromium, else the one installed by Playwright."""
    for name in NAMES:
        if path := shutil.which(name):
            return Path(path)
    with sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
    return own if own.exists() else None


def ensure() -> Path:
    """Return a Chromium. Install one if needed, with one line on stderr. Raise BrowserError."""
    if found := find():
        return found
    if os.geteuid() == 0 and shutil.which("apt-get"):
        sys.stderr.write("browser: none found, installing Debian's chromium by apt-get\n")
        _run("apt-get", "update", "-q")
        _run("apt-get", "install", "-q", "-y", "--no-install-recommends", "chromium")
    else:
        sys.stderr.write("browser: none found, installing Playwright's own chromium\n")
        _run(sys.executable, "-m", "playwright", "install", "chromium")
    found = find()
    if found is None:
        raise BrowserError("the installation went well, but there is still no Chromium")
    return found


def _run(*command: str) -> None:
    result = subprocess.run(  # noqa: S603 - our own arguments
        command,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
    )
    if result.returncode:
        last = (result.stderr.strip() or result.stdout.strip()).splitlines()[-1:]
        raise BrowserError(f"`{' '.join(command)}` failed: {' '.join(last)}")


def main() -> None:
    try:
        path = ensure()
    except BrowserError as error:
        sys.exit(f"browser: {error}")
    sys.stdout.write(f"browser: {path}\n")


if __name__ == "__main__":
    main()
