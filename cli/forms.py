"""The form on paper, and the page where the public registers itself."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from cli.http_client import call, fetch
from cli.incidents import IncidentArgument
from cli.output import say

app = typer.Typer(no_args_is_help=True)
Out = Annotated[Path, typer.Option("--out", "-o", help="The PDF to write.")]


class FormLanguage(StrEnum):
    DA = "da"
    EN = "en"
    UK = "uk"
    AR = "ar"


@app.command("open")
def open_form(incident_id: IncidentArgument) -> None:
    """Let the public register themselves, and print the address. It stays the same when opened again."""
    say(call("registration", "POST", f"/incidents/{incident_id}/public-form")["url"])


@app.command("close")
def close_form(incident_id: IncidentArgument) -> None:
    """Close the page: it says so, and gives the hotline's number."""
    call("registration", "POST", f"/incidents/{incident_id}/public-form/close")
    say("Closed.")


@app.command("print")
def print_form(
    incident_id: IncidentArgument,
    out: Out,
    language: Annotated[FormLanguage, typer.Option(help="Of the form.")] = FormLanguage.DA,
    copies: Annotated[int, typer.Option(min=1, max=50, help="Each has a number of its own.")] = 1,
    number: Annotated[str | None, typer.Option(help="That of a form that is printed again.")] = None,
) -> None:
    """Write the form of registration and consent as a PDF, with a code that opens the page."""
    wanted = {"language": language.value, "copies": copies, **({"number": number} if number else {})}
    out.write_bytes(fetch("registration", "GET", f"/incidents/{incident_id}/form.pdf", params=wanted).content)
    say(f"Written to {out}.")


@app.command("receipt")
def print_receipt(
    registration_id: Annotated[UUID, typer.Argument(help="Whose consent it is.")],
    consent_id: Annotated[UUID, typer.Argument(help="As the registration shows it among its consents.")],
    out: Out,
) -> None:
    """Write the receipt for a consent as a PDF, for the person. That it was seen is on record."""
    path = f"/registrations/{registration_id}/consents/{consent_id}/receipt.pdf"
    out.write_bytes(fetch("registration", "GET", path).content)
    say(f"Written to {out}.")
