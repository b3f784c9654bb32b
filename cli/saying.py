"""How the command speaks: one plain line for what was done, one for why not, and an exit code."""

from typing import NoReturn

import typer
from rich.console import Console

console = Console(highlight=False)
_errors = Console(stderr=True, highlight=False)

REFUSED, AWAY = 1, 3


def say(text: str) -> None:
    console.print(text)


def refuse(text: str, code: int = REFUSED) -> NoReturn:
    _errors.print(text, markup=False)
    raise typer.Exit(code)
