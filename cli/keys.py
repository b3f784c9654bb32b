"""Keys of the personal data: a new master key, and forgetting a person."""

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from cli.calling import call
from cli.saying import refuse, say
from kit.keyring import MasterKey

app = typer.Typer(no_args_is_help=True)


@app.command()
def new(path: Annotated[Path, typer.Argument(help="The file to write; it must not exist.")]) -> None:
    """Write a new master key to a file only you can read."""
    try:
        path.touch(mode=0o600, exist_ok=False)
    except FileExistsError:
        refuse(f"{path} exists. A master key is never overwritten: what it sealed could not be opened again.")
    path.write_text(MasterKey.new_text())
    say(f"A new master key lies in {path}. Keep a copy in a safe place: without it nothing can be opened.")


@app.command()
def forget(
    registration_id: Annotated[UUID, typer.Argument(help="The person's registration.")],
    why: Annotated[str, typer.Option(help="The reason, kept with the record.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete a person's key: nothing sealed opens any more, in any database, topic or backup.

    Cannot be undone.
    """
    if not yes:
        typer.confirm("This cannot be undone. Forget this person?", abort=True)
    call("registration", "POST", f"/registrations/{registration_id}/forget", json={"why": why})
    say("Forgotten: the key is deleted.")
