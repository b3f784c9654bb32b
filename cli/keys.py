"""Commands for the encryption keys: create a master key, write secrets, delete a person's keys."""

import os
import secrets
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.markup import escape

from cli.http_client import call
from cli.output import console, exit_with_error, print_line
from cli.runtime import ServiceName
from kit.privacy.keyring import MasterKey

app = typer.Typer(no_args_is_help=True)
_ROLES = ("postgres", *(service.value for service in ServiceName))


@app.command("new")
def create_master_key(
    path: Annotated[Path, typer.Argument(help="The file to write. It must not exist.")],
) -> None:
    """Write a new master key to a file that only you can read."""
    try:
        path.touch(mode=0o600, exist_ok=False)
    except FileExistsError:
        exit_with_error(
            f"{path} exists. Choose another file: overwriting a master key makes its data unreadable."
        )
    path.write_text(MasterKey.new_text())
    print_line(
        f"The new master key is in {path}. Keep a copy in a safe place: without it no data can be decrypted."
    )


@app.command("prepare")
def write_secrets(
    folder: Annotated[
        Path, typer.Argument(help="Folder for the files, on a volume that only services can read.")
    ],
    owner: Annotated[int | None, typer.Option(help="Numeric id of the user who can read the files.")] = None,
) -> None:
    """Write a master key and a password for each database role, where the file does not exist.

    Only the owner can read the files. Existing files are not changed.
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
    print_line(f"Written to {folder}: {', '.join(made) or 'nothing; all files existed'}.")


@app.command("forget")
def forget_person(
    registration_id: Annotated[UUID, typer.Argument(help="The person's registration id.")],
    why: Annotated[str, typer.Option(help="The reason. It is stored.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
) -> None:
    """Delete a person's encryption keys. Their data becomes unreadable in databases, topics and backups.

    Every registration matched to the same person is included. The command lists them before it asks for
    confirmation; this access is logged. Cannot be undone.
    """
    if not yes:
        person = call("registration", "GET", f"/registrations/{registration_id}")
        if first := person["merged_into"]:
            person = call("registration", "GET", f"/registrations/{first}")
        _print_people_to_forget(person)
        typer.confirm("This cannot be undone. Forget all of it?", abort=True)
    answer = call("registration", "POST", f"/registrations/{registration_id}/forget", json={"why": why})
    print_line(f"Forgotten: {answer['keys_deleted']} registrations' keys are deleted.")


def _print_people_to_forget(person: dict[str, Any]) -> None:
    """Print every registration that will be erased, so that a wrong match is noticed before."""
    console.print(f"To be forgotten: {escape(person['name'])}")
    for registration in person["repeats"]:
        console.print(
            f"  and registration {registration['registration_id']},"
            f" {escape(registration['name'])}, from {registration['place']}"
        )
    if any(registration["name"] != person["name"] for registration in person["repeats"]):
        print_line(
            "Is one of them another person? Answer no and separate them first:"
            " `folgeskab duplicates undo` for a merge, `folgeskab duplicates split` for a match by ID number."
        )
