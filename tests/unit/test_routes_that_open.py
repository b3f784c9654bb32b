"""Every route and command is in the table of opened data, and each that opens data knows its caller."""

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import typer.main
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts

import cli
from cli import http_client
from cli.main import app as commands
from deploy.local.assets import assets_dir
from kit.http import operations
from kit.http.web import _caller
from kit.privacy.keyring import MasterKey
from kit.runtime.service import Service
from tests.routes_that_open import COMMANDS, EVERYWHERE, HELD, NAMED, ON_RECORD, ROUTES

NOWHERE = "127.0.0.1:1"


@pytest.fixture(params=list(ROUTES))
def service(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Service]:
    """One service as it is wired, that has reached nobody yet."""
    (tmp_path / "key").touch(mode=0o600)
    (tmp_path / "key").write_text(MasterKey.new_text())
    neighbours = (*(name.upper() for name in ROUTES), "CPR", "DIGITAL_POST", "SMS")
    settings = {
        "DATABASE_URL": f"postgresql://{NOWHERE}/none", "KEYRING_URL": f"postgresql://{NOWHERE}/none",
        "MASTER_KEY_FILE": str(tmp_path / "key"), "BROKER": NOWHERE, "HTTP_PORT": "1",
        "SMTP_HOST": "127.0.0.1", "SMTP_PORT": "1",
        "ASSETS_DIR": str(assets_dir()), **{f"{name}_URL": f"http://{NOWHERE}" for name in neighbours},
    }  # fmt: skip
    for name, value in settings.items():
        monkeypatch.setenv(f"FOLGESKAB_{name}", value)
    made: Service = import_module(f"services.{request.param}.app").build()
    made.include(operations.router(made.database, made.parking, made.relay, made.consumer))
    return made


def routes(service: Service) -> dict[str, Dependant | None]:
    """Return every route but those of files that are the same for everybody."""
    return {
        f"{method} {route.path}": getattr(route, "dependant", None)
        for route in iter_route_contexts(service.app.routes)
        for method in sorted(set(route.methods or ("MOUNT",)) - {"HEAD"})
        if "/static/" not in f"{route.path}/"
    }


def asks_who(dependant: Dependant) -> bool:
    return dependant.call is _caller or any(asks_who(one) for one in dependant.dependencies)


def test_every_route_says_what_it_opens(service: Service) -> None:
    assert routes(service).keys() == (EVERYWHERE | ROUTES[service.name]).keys()


def test_what_opens_answers_nobody_who_has_not_said_who_they_are(service: Service) -> None:
    found = routes(service)
    nameless = [
        route
        for route, opens in ROUTES[service.name].items()
        if opens in NAMED and not asks_who(found[route] or Dependant())
    ]
    assert nameless == []


def test_every_command_says_what_it_opens() -> None:
    assert set(_named(typer.main.get_command(commands))) == COMMANDS.keys()


def _named(command: Any, name: str = "") -> Iterator[str]:
    own = getattr(command, "commands", None)
    if own is None:
        yield name
    for word, inner in (own or {}).items():
        yield from _named(inner, f"{name} {word}".strip())


def test_commands_open_by_no_other_route_than_they_say() -> None:
    """Read from the source: every call of a service whose words are there."""
    called = {
        f"{service} {route}"
        for path in set(Path(cli.__file__).parent.glob("*.py")) - {Path(http_client.__file__)}
        for service, method, asked in _calls(ast.parse(path.read_text()))
        for route, opens in ROUTES[service].items()
        if opens in ON_RECORD and _may_be(f"{method} {asked}", route)
    }

    held = {HELD.replace("every", name) for name in ROUTES if name != "console"}
    assert called - held == {route for route in COMMANDS.values() if route} - {HELD}
    assert called >= held


def _may_be(asked: str, route: str) -> bool:
    words = list(zip(asked.split("/"), route.split("/"), strict=False))
    same = all(word in {"x", known} or known.startswith("{") for word, known in words)
    return same and asked.count("/") == route.count("/")


def _calls(source: ast.Module) -> Iterator[tuple[str, str, str]]:
    for function in (node for node in ast.walk(source) if isinstance(node, ast.FunctionDef)):
        known = {
            name.id: value
            for node in ast.walk(function)
            if isinstance(node, ast.Assign)
            for name, value in _assigned(node)
            if isinstance(name, ast.Name)
        }
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"call", "fetch"}:
                yield from _called([_plain(one, known) for one in node.args[:3]])


def _assigned(node: ast.Assign) -> Iterator[tuple[ast.expr, ast.expr]]:
    for target in node.targets:
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            yield from zip(target.elts, node.value.elts, strict=False)
        else:
            yield target, node.value


def _plain(node: ast.expr, known: dict[str, ast.expr]) -> str:
    """Write an argument as it would be sent, with an x for every part that is not known yet."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join([_plain(part, known) for part in parts])
        case ast.Name(id=name) if name in known:
            return _plain(known[name], {})
        case _:
            return "x"


def _called(arguments: list[str]) -> Iterator[tuple[str, str, str]]:
    """Of a call to every service in turn, give one to each."""
    service, method, path = arguments
    assert path.startswith("/"), f"the test cannot tell what {arguments} calls: write the path beside it"
    for name in ROUTES if service == "x" else [service]:
        yield name, method, path
