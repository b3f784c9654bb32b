"""Keys of the personal data: a new master key, and forgetting a person."""

import os
import secrets
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.markup import escape

from cli.http_client import call
from cli.output import console, refuse, say
from cli.runtime import ServiceName
from kit.privacy.keyring import MasterKey

app = typer.Typer(no_args_is_help=True)
_ROLES = ("postgres", *(service.value for service in ServiceName))


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
def prepare(
    folder: Annotated[Path, typer.Argument(help="Where the files go, on a volume that only services see.")],
    owner: Annotated[int | None, typer.Option(help="The user who may read them, by number.")] = None,
) -> None:
    """Write the master key and a password for each role of the database, where there is none yet.

    Only the owner can read them. Nothing that is there is changed.
    """
    texts = {"master.key": MasterKey.new_text()} | {role: secrets.token_urlsafe(32) for role in _ROLES}
    made = [name for name in texts if not (folder / name).exists()]
    for name in made:
        path = folder / name
        path.touch(mode=0o600)
        path.write_text(texts[name])
        path.chmod(0o400)
        if owner is not None:
            os.chown(path, owner, owner)
    say(f"Written to {folder}: {', '.join(made) or 'nothing, all of it was there'}.")


@app.command()
def forget(
    registration_id: Annotated[UUID, typer.Argument(help="The person's registration.")],
    why: Annotated[str, typer.Option(help="The reason, kept with the record.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete a person's keys: nothing sealed opens any more, in any database, topic or backup.

    Every registration taken for the same person goes with it: you are shown them before you are asked, and
    that you looked is on record. Cannot be undone.
    """
    if not yes:
        person = call("registration", "GET", f"/registrations/{registration_id}")
        if first := person["merged_into"]:
            person = call("registration", "GET", f"/registrations/{first}")
        _show(person)
        typer.confirm("This cannot be undone. Forget all of it?", abort=True)
    answer = call("registration", "POST", f"/registrations/{registration_id}/forget", json={"why": why})
    say(f"Forgotten: {answer['keys_deleted']} registrations' keys are deleted.")


def _show(person: dict[str, Any]) -> None:
    """Name whoever goes: a registration taken by mistake for the same person could not come back."""
    console.print(f"To be forgotten: {escape(person['name'])}")
    for one in person["repeats"]:
        console.print(
            f"  and registration {one['registration_id']}, {escape(one['name'])}, from {one['place']}"
        )
    if any(one["name"] != person["name"] for one in person["repeats"]):
        say(
            "Is one of them another person? Answer no, and part them first:"
            " `folgeskab duplicates undo` a merge, or `folgeskab duplicates part` what a number joined."
        )
